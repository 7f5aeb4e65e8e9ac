// Audio contexts with our worklets in them, and one that is made ahead of a call: the first context of a page
// was seen to hold the main thread up for 57 ms, and the worklets take 20 ms more (Chromium 156). Main thread.

import { loadFirst, workletFiles } from './script-url.js';

/**
 * @typedef {object} NewContext
 * @property {AudioContext} context
 * @property {number | undefined} rateHz what was asked for
 * @property {Promise<unknown>} loaded once its worklets are there
 */

/** @type {NewContext & {owner: object} | null} */
let prepared = null;

/**
 * Make the context of the next call now. It makes no sound and holds no device.
 * @param {number | undefined} rateHz the device's own when left out
 * @param {object} owner whoever prepares last: only they may discard it
 */
export function prepareContext(rateHz, owner) {
  if (typeof AudioWorkletNode !== 'function') return;
  if (prepared) return void (prepared.owner = owner);
  prepared = { ...createContext(rateHz), owner };
  prepared.context.suspend().catch(() => {});
  prepared.loaded.catch(() => discardPreparedContext(owner)); // the call will try by itself, and say what is wrong
}

/**
 * The same in the press that asks for a call which cannot begin at once: it may sound later only if it was resumed here.
 * @param {number | undefined} rateHz
 * @param {object} owner
 */
export function unlockContext(rateHz, owner) {
  prepareContext(rateHz, owner);
  prepared?.context.resume().catch(() => {});
}

/** @param {object} owner */
export function discardPreparedContext(owner) {
  if (prepared?.owner !== owner) return;
  prepared?.context.close().catch(() => {});
  prepared = null;
}

/**
 * The context that was made ahead, or a new one.
 * @param {number} [rateHz] the rate to ask for; the device's own when left out
 * @returns {NewContext}
 */
export function takeContext(rateHz) {
  const taken = prepared;
  prepared = null;
  if (taken?.rateHz === rateHz && taken) return taken;
  taken?.context.close().catch(() => {}); // no call will ask for that rate again
  return createContext(rateHz);
}

/**
 * @param {number} [rateHz]
 * @returns {NewContext}
 */
function createContext(rateHz) {
  const context = contextAt(rateHz);
  const loaded = loadFirst(workletFiles(), (file) => context.audioWorklet.addModule(file));
  return { context, rateHz, loaded };
}

/** @param {number | undefined} rateHz */
function contextAt(rateHz) {
  try {
    return new AudioContext({ latencyHint: 'interactive', sampleRate: rateHz });
  } catch {
    return new AudioContext({ latencyHint: 'interactive' });
  }
}
