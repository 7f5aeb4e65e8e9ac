// The element on a page of another origin whose main thread is busy for half of each second.

import { EMBEDDED } from '../subjects.js';
import { measureBlockedCuts } from './barge-in.js';
import { measureBlocked } from './block.js';

/** @param {import('../bench.js').Bench} bench */
export async function measureEmbedded(bench) {
  const blocked = await measureBlocked(bench, EMBEDDED);
  return { ...blocked, staleBlockedMs: await measureBlockedCuts(bench, EMBEDDED) };
}
