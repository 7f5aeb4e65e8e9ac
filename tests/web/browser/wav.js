// WAV files with one channel of 16-bit samples at the wire's rate: all that the tests need.

import { readFileSync, writeFileSync } from 'node:fs';
import { seeded } from '../unit/random.js';

export const RATE_HZ = 24_000;
const HEADER_BYTES = 44;

/**
 * @param {string} path
 * @returns {Int16Array}
 */
export function readWav(path) {
  const file = readFileSync(path);
  const at = file.indexOf('data', 12, 'latin1') + 4;
  const bytes = file.subarray(at + 4, at + 4 + file.readUInt32LE(at));
  return new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

/**
 * @param {string} path
 * @param {Int16Array[]} parts
 */
export function writeWav(path, parts) {
  const dataBytes = parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const header = Buffer.alloc(HEADER_BYTES);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(HEADER_BYTES - 8 + dataBytes, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16); // size of the format chunk
  header.writeUInt16LE(1, 20); // PCM
  header.writeUInt16LE(1, 22); // channels
  header.writeUInt32LE(RATE_HZ, 24);
  header.writeUInt32LE(RATE_HZ * 2, 28);
  header.writeUInt16LE(2, 32); // bytes a frame
  header.writeUInt16LE(16, 34); // bits a sample
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(dataBytes, 40);
  writeFileSync(path, Buffer.concat([header, ...parts.map((part) => Buffer.from(part.buffer))]));
}

/**
 * @param {number} seconds
 * @returns {Int16Array}
 */
export function silence(seconds) {
  return new Int16Array(Math.round(seconds * RATE_HZ));
}

/**
 * A quiet room: nobody speaks, and yet the microphone works.
 * @param {number} seconds
 * @returns {Int16Array}
 */
export function room(seconds) {
  const random = seeded(1);
  return silence(seconds).map(() => (random() - 0.5) * 80);
}
