// What measured sound means. Pure. The limits are ours: a call takes the microphone without automatic gain, and speech
// at a laptop then lies around -35 dB.

import { quantile } from './measure.js';

/** Less is no voice at all. */
const SILENT_DB = -62;
/** Less is heard badly by anyone. */
const QUIET_DB = -46;
/** A voice stands out from what else there is by at least this much. */
const VOICE_OVER_NOISE_DB = 8;
/** From here on a sample has hit the end of the scale. */
const CLIPPED_PEAK = 0.99;
/** One door that slams is not yet a microphone that is turned up too far. */
const CLIPPED_BLOCKS = 3;

/** What the tone must rise above what was there before, and be at all, to count as echo. */
const ECHO_RISE_DB = 6;
const ECHO_LEAST_DB = -62;
const ECHO_STRONG_DB = -42;

/** A telephone's rate: what Bluetooth headsets fall back to while their microphone is open. */
const TELEPHONE_RATE_HZ = 16_000;
const HIGH_LATENCY_MS = 150;

/**
 * @typedef {{db: number, peak: number}} Block   a tenth of a second of the microphone, or less
 * @param {readonly Block[]} blocks
 * @returns {import('./diagnostics-types.js').Verdict}
 */
export function judgeLevel(blocks) {
  if (blocks.every(({ peak }) => peak === 0)) return { status: 'failed', reason: 'dead' };
  const voiceDb = loudness(blocks);
  const noiseDb = quantile(
    blocks.map(({ db }) => db),
    0.1,
  );
  const values = { voiceDb, noiseDb };
  const clipped = blocks.filter(({ peak }) => peak >= CLIPPED_PEAK).length;
  if (voiceDb < SILENT_DB) return { status: 'failed', reason: 'silent', values };
  if (clipped >= CLIPPED_BLOCKS) return { status: 'attention', reason: 'clipping', values };
  if (voiceDb < QUIET_DB) return { status: 'attention', reason: 'quiet', values };
  if (voiceDb - noiseDb < VOICE_OVER_NOISE_DB)
    return { status: 'attention', reason: 'noisy', values };
  return { status: 'passed', reason: 'good', values };
}

/** Whether somebody has spoken clearly, so that there is no need to listen on. @param {readonly Block[]} blocks */
export function isVoiceHeard(blocks) {
  return blocks.filter(({ db }) => db >= QUIET_DB).length >= 10;
}

/** Of the loudest tenth: a voice pauses. @param {readonly Block[]} blocks */
function loudness(blocks) {
  return quantile(
    blocks.map(({ db }) => db),
    0.9,
  );
}

/**
 * @param {{beforeDb: number, duringDb: number}} measured   at the tone's frequencies, in the microphone
 * @returns {import('./diagnostics-types.js').Verdict}
 */
export function judgeEcho({ beforeDb, duringDb }) {
  const riseDb = Math.max(0, duringDb - beforeDb);
  const values = { echoDb: duringDb, riseDb };
  if (riseDb < ECHO_RISE_DB || duringDb < ECHO_LEAST_DB)
    return { status: 'passed', reason: 'none', values };
  if (duringDb < ECHO_STRONG_DB) return { status: 'attention', reason: 'some', values };
  return { status: 'attention', reason: 'strong', values };
}

/**
 * @param {{outputRateHz: number, microphoneRateHz: number | null, latencyMs: number}} measured
 * @returns {import('./diagnostics-types.js').Verdict}
 */
export function judgeRates({ outputRateHz, microphoneRateHz, latencyMs }) {
  const rates = [outputRateHz, microphoneRateHz ?? Infinity];
  if (rates.some((rate) => rate <= TELEPHONE_RATE_HZ))
    return { status: 'attention', reason: 'telephone' };
  if (latencyMs > HIGH_LATENCY_MS) return { status: 'attention', reason: 'late' };
  return { status: 'passed', reason: 'good' };
}
