// Where in a clip the sound was at the moment at which each of its words appeared on the page. What runs in the page
// stands alone: only its text is sent there.

import { fileURLToPath } from 'node:url';
import { RATE_HZ, readWav } from './wav.js';

/** Sound by which a place in a clip is known again: about a word. */
const PIECE_MS = 300;

/** Every eighth sample is enough to tell one word from another. */
const STEP = 8;

/** Correlation from which a place counts as found. */
const ALIKE = 0.8;

/** Keep, for each change of the row in which the agent speaks, its text and the sound that went out just before. */
export function watchWords() {
  /** @type {AnalyserNode | null} */
  let output = null;
  const connect = /** @type {(this: AudioNode, target: any, ...rest: any[]) => any} */ (
    AudioNode.prototype.connect
  );
  AudioNode.prototype.connect = /** @this {AudioNode} */ function (
    /** @type {any} */ target,
    /** @type {any[]} */ ...rest
  ) {
    if (target instanceof AudioDestinationNode) {
      output = /** @type {AudioContext} */ (this.context).createAnalyser();
      output.fftSize = 16_384;
      connect.call(this, output);
    }
    return connect.call(this, target, ...rest);
  };
  globalThis.appeared = [];
  const watch = () => {
    const row = globalThis
      .shown('log')
      ?.querySelector('.turn[data-role="agent"][data-final="false"] .turn__text');
    const text = row?.textContent ?? '';
    if (text === '' || text === globalThis.appeared.at(-1)?.text || !output) return;
    const sound = new Float32Array(output.fftSize);
    output.getFloatTimeDomainData(sound);
    globalThis.appeared.push({ text, sound: [...sound], rateHz: output.context.sampleRate });
  };
  document.addEventListener('DOMContentLoaded', () => {
    const log = /** @type {HTMLElement} */ (globalThis.shown('log'));
    new MutationObserver(watch).observe(log, {
      subtree: true,
      childList: true,
      characterData: true,
    });
  });
}

/**
 * A bundled clip of the simulator.
 * @param {string} name
 */
export const agentClip = (name) =>
  readWav(
    fileURLToPath(new URL(`../../../app/simulator/audio/clips/${name}.wav`, import.meta.url)),
  );

/**
 * @param {number[]} sound   the latest that went out, at the wire's rate
 * @param {Int16Array} clip
 * @returns {number} how much of the clip has been played, in milliseconds; NaN where that cannot be told
 */
export function placeIn(sound, clip) {
  const piece = thinned(sound.slice(-(PIECE_MS * RATE_HZ) / 1000));
  const whole = [...piece.map(() => 0), ...thinned(clip)];
  let best = { likeness: ALIKE, at: NaN };
  for (let at = 0; at + piece.length <= whole.length; at += 1) {
    const likeness = correlation(piece, whole, at);
    if (likeness > best.likeness) best = { likeness, at };
  }
  return (best.at * STEP * 1000) / RATE_HZ; // the silence put before it is as long as the piece
}

/**
 * Means of a few samples each: coarse, and without what thinning would mirror into it.
 * @param {ArrayLike<number>} samples
 */
function thinned(samples) {
  const thin = [];
  for (let at = 0; at + STEP <= samples.length; at += STEP) {
    let sum = 0;
    for (let i = at; i < at + STEP; i += 1) sum += samples[i];
    thin.push(sum / STEP);
  }
  return thin;
}

/**
 * @param {number[]} piece
 * @param {number[]} whole
 * @param {number} from
 */
function correlation(piece, whole, from) {
  let ab = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < piece.length; i += 1) {
    ab += piece[i] * whole[from + i];
    aa += piece[i] * piece[i];
    bb += whole[from + i] * whole[from + i];
  }
  return aa === 0 || bb === 0 ? 0 : ab / Math.sqrt(aa * bb);
}

/**
 * The times of a reply's words, as the service told them.
 * @param {any[]} log of the simulator
 * @param {string} replyId
 * @returns {{word: string, startMs: number}[]}
 */
export const wordsOf = (log, replyId) =>
  log.flatMap(({ dir, frame }) =>
    dir === 's2c' && frame.type === 'transcript.agent.delta' && frame.reply_id === replyId
      ? { word: frame.delta.trim(), startMs: frame.start_ms }
      : [],
  );
