// One reply of the stub's agent: which message is due when, and a sender that keeps to it.

import { RATE_HZ, seeded, signal } from './signals.js';

const LONG_CHUNKS = 100;
const BREATH_MS = 300;

/**
 * @typedef {object} ReplyOptions
 * @property {import('./signals.js').SignalName} signal
 * @property {number} seconds
 * @property {number} [pace] of sending: 1 is real time, 5 is five times as fast
 * @property {number} [chunkMs] length of the sound in one message
 * @property {number} [jitterMs] each message is late by up to that much, in order
 * @property {number} [seed] of the jitter
 * @property {{atMs: number, forMs: number}} [stall] nothing is sent for a while, then everything due
 * @property {number} [words] how many words of transcript come with it
 */

/**
 * @typedef {object} SentReply
 * @property {string} id
 * @property {number} firstAtMs when its first sound was sent, wall clock
 * @property {number} lastAtMs likewise, its last
 */

/**
 * @param {string} id
 * @param {ReplyOptions} options
 * @returns {{dueMs: number, text: string}[]} encoded before the first is sent, so that sending is cheap
 */
export function replySchedule(id, options) {
  const { signal: name, seconds, pace = 1, chunkMs = 50, jitterMs = 0, seed = 1, stall } = options;
  const samples = signal(name, seconds);
  const chunkSamples = (chunkMs / 1000) * RATE_HZ;
  const random = seeded(seed);
  const schedule = [];
  let earliestMs = 0; // messages never overtake each other
  for (let at = 0; at < samples.length; at += chunkSamples) {
    const plannedMs = ((at / RATE_HZ) * 1000) / pace + jitterMs * random();
    const isStalled = stall && plannedMs >= stall.atMs && plannedMs < stall.atMs + stall.forMs;
    const dueMs = Math.max(earliestMs, isStalled ? stall.atMs + stall.forMs : plannedMs);
    earliestMs = dueMs;
    const bytes = Buffer.from(samples.slice(at, at + chunkSamples).buffer);
    const data = bytes.toString('base64');
    schedule.push({ dueMs, text: JSON.stringify({ type: 'reply.audio', reply_id: id, data }) });
  }
  return schedule;
}

/**
 * @param {import('ws').WebSocket} socket
 * @param {string} id
 * @param {ReplyOptions} options
 * @returns {Promise<SentReply>} once its last sound is sent
 */
export async function sendReply(socket, id, options) {
  const schedule = replySchedule(id, options);
  // Encoding a long reply keeps this process from noting what arrives: it takes a breath before it begins.
  if (schedule.length > LONG_CHUNKS) await new Promise((resolve) => setTimeout(resolve, BREATH_MS));
  const send = (/** @type {object} */ message) => socket.send(JSON.stringify(message));
  send({ type: 'reply.started', reply_id: id, item_id: `item_${id}` });
  const startMs = performance.now();
  let firstAtMs = 0;
  for (const { dueMs, text } of schedule) {
    const waitMs = startMs + dueMs - performance.now();
    if (waitMs > 0.5) await new Promise((resolve) => setTimeout(resolve, waitMs));
    if (socket.readyState !== socket.OPEN) break;
    firstAtMs ||= Date.now();
    socket.send(text);
  }
  const lastAtMs = Date.now();
  const text = 'word '.repeat(options.words ?? 10).trim();
  const ids = { reply_id: id, item_id: `item_${id}` };
  send({ type: 'transcript.agent', ...ids, text, interrupted: false });
  return { id, firstAtMs, lastAtMs };
}
