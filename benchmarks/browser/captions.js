// `node benchmarks/browser/captions.js`: how far the hosted page's captions are from their sound, measured where the
// sound leaves the page. It prints; it asserts nothing.

/// <reference path="../../tests/web/browser/globals.d.ts" />

import { parseArgs } from 'node:util';
import { frameFrom, openBrowser, serveDemo } from '../../tests/web/browser/harness.js';
import { agentClip, placeIn, watchWords, wordsOf } from '../../tests/web/browser/heard-words.js';
import { median } from './analysis/numbers.js';

const { values } = parseArgs({ options: { replies: { type: 'string', default: '5' } } });

/** The simulator's answer to typed words. */
const ANSWER = agentClip('message');

const demo = await serveDemo();
const { page, close } = await openBrowser();
try {
  await page.addInitScript(watchWords);
  await page.goto(demo.url);
  await page.getByRole('button', { name: 'Start talking' }).click();
  const leadsMs = await measure('the greeting', agentClip('greeting'), new Set());
  const known = new Set(replies());
  for (let reply = 1; reply <= Number(values.replies); reply += 1) {
    await page.evaluate(() => (globalThis.appeared.length = 0));
    await page.getByRole('textbox', { name: 'Message to the agent' }).fill('And?');
    await page.keyboard.press('Enter');
    leadsMs.push(...(await measure(`answer ${reply}`, ANSWER, known)));
  }
  const distancesMs = leadsMs.map(Math.abs);
  console.log(`${leadsMs.length} words; a word appears before its sound (+) or after it (-):`);
  console.log(`  median ${median(leadsMs).toFixed(0)} ms`);
  console.log(
    `  distance: median ${median(distancesMs).toFixed(0)} ms, most ${Math.max(...distancesMs).toFixed(0)} ms`,
  );
} finally {
  await close();
  await demo.stop();
}

/** @returns {string[]} ids of those that are over */
function replies() {
  const isOver = (/** @type {any} */ { dir, frame }) =>
    dir === 's2c' && frame.type === 'reply.done';
  return demo
    .readLog()
    .filter(isOver)
    .map(({ frame }) => frame.reply_id);
}

/**
 * @param {string} name
 * @param {Int16Array} clip
 * @param {Set<string>} known   replies that are no news
 * @returns {Promise<number[]>} for each word by how much it appeared before its sound, in milliseconds
 */
async function measure(name, clip, known) {
  const { reply_id: replyId } = await frameFrom(
    demo,
    (frame) => frame.type === 'reply.done' && !known.has(frame.reply_id),
  );
  known.add(replyId);
  await page
    .locator('.turn[data-role="agent"][data-final="true"]')
    .nth(known.size - 1)
    .waitFor();
  const words = wordsOf(demo.readLog(), replyId);
  const appeared = await page.evaluate(() => globalThis.appeared);
  const leadsMs = appeared.flatMap(({ text, sound }) => {
    const shown = words[text.split(' ').length - 1];
    const leadMs = shown.startMs - placeIn(sound, clip);
    return Number.isNaN(leadMs) ? [] : leadMs;
  });
  console.error(`${name}: ${leadsMs.map((leadMs) => leadMs.toFixed(0)).join(' ')}`);
  return leadsMs;
}
