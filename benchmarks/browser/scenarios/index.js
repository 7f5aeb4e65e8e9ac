// All scenarios, in the order of the table.

import { measureBargeIn } from './barge-in.js';
import { measureBlocked } from './block.js';
import { measureConnect } from './connect.js';
import { measureDownlink } from './downlink.js';
import { measureDrift } from './drift.js';
import { measureEmbedded } from './embedded.js';
import { measureFlood } from './flood.js';
import { measureJitter, measureTrainedJitter } from './jitter.js';
import { measureDrop, measureHalfOpen, measureOutage } from './recovery.js';
import { measureResampler } from './resampler.js';
import { measureUplink } from './uplink.js';

/**
 * @typedef {object} Scenario
 * @property {(bench: import('../bench.js').Bench) => Promise<Record<string, number>>} measure
 * @property {number} limitSeconds it is given up after that
 * @property {{ours: number, quickstart: number}} [mostRuns] of a long one, or of one that is not for both
 */

/** @type {Record<string, Scenario>} */
export const SCENARIOS = {
  'uplink': { measure: measureUplink, limitSeconds: 60 },
  'downlink': { measure: measureDownlink, limitSeconds: 60 },
  'jitter': { measure: measureJitter, limitSeconds: 60 },
  'trained-jitter': { measure: measureTrainedJitter, limitSeconds: 60 },
  'blocked': { measure: measureBlocked, limitSeconds: 60 },
  'barge-in': { measure: measureBargeIn, limitSeconds: 90 },
  'embedded': {
    measure: measureEmbedded,
    limitSeconds: 90,
    mostRuns: { ours: Infinity, quickstart: 0 },
  },
  'connect': { measure: measureConnect, limitSeconds: 60 },
  'drop': { measure: measureDrop, limitSeconds: 60 },
  'outage': { measure: measureOutage, limitSeconds: 60 },
  'half-open': { measure: measureHalfOpen, limitSeconds: 60 },
  'flood': { measure: measureFlood, limitSeconds: 60 },
  'drift': { measure: measureDrift, limitSeconds: 160, mostRuns: { ours: 3, quickstart: 1 } },
  'resampler': {
    measure: measureResampler,
    limitSeconds: 60,
    mostRuns: { ours: 1, quickstart: 0 },
  },
};
