// The client's own change of rate, on its own: no page, no browser.

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** @typedef {typeof import('../../../static/voice-agent/worklets/dsp/resample.js')} Conversion */

const FROM_HZ = 48_000;
const TO_HZ = 24_000;
const NYQUIST_HZ = TO_HZ / 2;
/** -1 dBFS. */
const AMPLITUDE = 10 ** (-1 / 20);
const SECONDS = 0.5;
/** The filter's own onset and end. */
const EDGE_SECONDS = 0.05;
const STEP_HZ = 97;
const LOWEST_HZ = 50;
const PASS_BAND_HZ = 10_500;

/**
 * One sine after another, through the whole band of the microphone.
 * @param {import('../bench.js').Bench} bench
 */
export async function measureResampler({ client }) {
  const file = join(client, 'static/voice-agent/worklets/dsp/resample.js');
  const conversion = /** @type {Conversion} */ (await import(pathToFileURL(file).href));
  let rippleDb = 0;
  let worstDb = -Infinity;
  for (let hz = LOWEST_HZ; hz < FROM_HZ / 2; hz += STEP_HZ) {
    const output = convert(conversion, hz);
    const { gainDb, restDb } = hz < NYQUIST_HZ ? compare(output, hz) : alias(output);
    if (hz <= PASS_BAND_HZ) rippleDb = Math.max(rippleDb, Math.abs(gainDb));
    worstDb = Math.max(worstDb, restDb);
  }
  return { worstDb, rippleDb };
}

/**
 * @param {Conversion} conversion
 * @param {number} hz
 */
function convert({ MAX_BLOCK, Resampler }, hz) {
  const resampler = new Resampler(FROM_HZ, TO_HZ);
  const block = new Float32Array(MAX_BLOCK);
  const converted = new Float32Array(resampler.maxOutput);
  const output = [];
  for (let at = 0; at < SECONDS * FROM_HZ; at += MAX_BLOCK) {
    for (let i = 0; i < MAX_BLOCK; i += 1) {
      block[i] = AMPLITUDE * Math.sin((2 * Math.PI * hz * (at + i)) / FROM_HZ);
    }
    const count = resampler.process(block, MAX_BLOCK, converted);
    output.push(...converted.subarray(0, count));
  }
  return output.slice(EDGE_SECONDS * TO_HZ, (SECONDS - EDGE_SECONDS) * TO_HZ);
}

/**
 * The sine that should be there, and everything else.
 * @param {number[]} output
 * @param {number} hz
 */
function compare(output, hz) {
  const omega = (2 * Math.PI * hz) / TO_HZ;
  const { cosine, sine } = fit(output, omega);
  const rest = output.map((y, i) => y - cosine * Math.cos(omega * i) - sine * Math.sin(omega * i));
  return {
    gainDb: decibels(Math.hypot(cosine, sine) / AMPLITUDE),
    restDb: decibels((rootMeanSquare(rest) * Math.SQRT2) / AMPLITUDE),
  };
}

/**
 * Above the band nothing should be left.
 * @param {number[]} output
 */
function alias(output) {
  return { gainDb: 0, restDb: decibels((rootMeanSquare(output) * Math.SQRT2) / AMPLITUDE) };
}

/**
 * Least squares of one sine.
 * @param {number[]} values
 * @param {number} omega radians a sample
 */
function fit(values, omega) {
  let [cc, ss, cs, cy, sy] = [0, 0, 0, 0, 0];
  values.forEach((y, i) => {
    const c = Math.cos(omega * i);
    const s = Math.sin(omega * i);
    cc += c * c;
    ss += s * s;
    cs += c * s;
    cy += c * y;
    sy += s * y;
  });
  const determinant = cc * ss - cs * cs;
  return { cosine: (cy * ss - sy * cs) / determinant, sine: (sy * cc - cy * cs) / determinant };
}

/** @param {number[]} values */
function rootMeanSquare(values) {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}

/** @param {number} ratio */
function decibels(ratio) {
  return 20 * Math.log10(ratio);
}
