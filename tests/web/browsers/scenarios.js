// What each browser has to show, by title. Nothing here knows which browser it is.

import assert from 'node:assert/strict';
import { assertFramesAreValid, clip, frameFrom } from '../browser/harness.js';
import { SILENT } from '../browser/listening.js';
import {
  goOn,
  interrupt,
  refuseOtherRates,
  renewElement,
  stopClock,
  tellContexts,
  watchContexts,
} from './contexts.js';
import { agentSentences, isSounding, loudness, partHeard } from './hearing.js';
import { until } from './processes.js';
import { untilHeard, untilPassed } from './world.js';

/** @typedef {import('./world.js').World} World */

/**
 * From the service's word of an interruption to silence in the recording of the loudspeaker, on a busy machine.
 * The rest of the reply, which the page holds already, would sound for longer than that.
 */
const CUT_MS = 1000;

/** @type {Record<string, (world: World) => Promise<void>>} */
export const scenarios = {
  'greeting and answers are heard, an interruption silences the agent, and the end lets go of everything':
    conversation,
  'a socket dropped in mid-sentence comes back by itself, and the answer is heard': recovery,
  'the press itself starts the sound, what the system interrupts is left alone, and a clock that stands still is replaced':
    gestures,
  'where a microphone cannot be brought to the rate of the wire, only the first call builds two audio systems':
    rates,
};

/** @param {World} world */
async function conversation(world) {
  const { demo, sound, page } = world;
  await demo.control({ set: { audio_pace: 'burst' } }); // the page holds whole replies: a cut has something to cut
  await startCall(world);

  await sound.say('question');
  const answer = await replyTo(world);
  await until(() => isSounding(sound.heard(answer.timestamp * 1000)), 'the answer is heard');
  await sound.say('interruption');
  const cut = await frameFrom(demo, isEndOf(answer));
  assert.equal(cut.status, 'interrupted');
  const next = await replyTo(world);
  assertSilent(sound.heard(cut.timestamp * 1000 + CUT_MS, next.timestamp * 1000));
  await untilEndIsHeard(world, next);

  await endCall(world);
  assertOneTokenASocket(await demo.stats(), 1);
  assertFramesAreValid(demo.readLog());
  assert.deepEqual(await page.complaints(), []);
}

/** @param {World} world */
async function recovery(world) {
  const { demo, sound, page } = world;
  await demo.control({ set: { resume: 'ok' } });
  await startCall(world);

  const saying = sound.say('question');
  await frameFrom(demo, ({ type }) => type === 'input.speech.started');
  await demo.control({ drop: true });
  await untilPassed(world, 'live', 'reconnecting', 'live');
  await saying;
  const answer = await replyTo(world);
  await untilEndIsHeard(world, answer);
  assert.equal(await sound.openMicrophones(), 1);
  reportQuestion(world, answer);

  await endCall(world);
  assertOneTokenASocket(await demo.stats(), 2);
  assertFramesAreValid(demo.readLog());
  const complaints = await page.complaints();
  // That the connection broke is for the browser to say.
  assert.deepEqual(
    complaints.filter((text) => !/WebSocket|ws:/.test(text)),
    [],
  );
}

/** @param {World} world */
async function gestures(world) {
  const { demo, sound, page } = world;
  await page.open(demo.url);
  await page.evaluate(watchContexts);
  await page.evaluate(renewElement);
  await talk(world);
  assert.deepEqual(await page.evaluate(tellContexts), [
    { ...{ isPressed: true, isOpen: true }, resumesWhileTaken: 0 },
  ]);
  assert.equal(await page.evaluate(() => globalThis.audioSession.type), 'play-and-record');

  await page.evaluate(interrupt);
  await until(
    () => page.evaluate(() => globalThis.isBlocked),
    'the page tells of the interruption',
  );
  await page.evaluate(goOn);
  await until(() => page.evaluate(() => !globalThis.isBlocked), 'and that it is over');

  await page.evaluate(stopClock);
  const another = async () => (await page.evaluate(tellContexts)).map(({ isOpen }) => isOpen);
  await until(async () => String(await another()) === 'false,true', 'another audio system');
  await sound.say('question');
  const { timestamp } = await replyTo(world);
  await until(() => isSounding(sound.heard(timestamp * 1000)), 'the answer is heard');

  await endCall(world);
  const contexts = await page.evaluate(tellContexts);
  assert.deepEqual(
    contexts.map(({ isOpen, resumesWhileTaken }) => [isOpen, resumesWhileTaken]),
    [
      [false, 0],
      [false, 0],
    ],
  );
  assert.equal(await page.evaluate(() => globalThis.audioSession.type), 'auto');
  assert.deepEqual(await page.complaints(), []);
}

/** @param {World} world */
async function rates(world) {
  const { demo, page } = world;
  await page.open(demo.url);
  await page.evaluate(refuseOtherRates);
  await talk(world);
  await endCall(world);
  assert.equal(await page.evaluate(() => globalThis.made.length), 2);
  await page.press('Start talking');
  await untilPassed(world, 'live', 'ended', 'connecting', 'live');
  await endCall(world);
  assert.equal(await page.evaluate(() => globalThis.made.length), 3);
  assert.equal(new Set(await page.evaluate(() => globalThis.made)).size, 2);
  assert.deepEqual(await page.complaints(), []);
}

/** @param {World} world */
async function startCall(world) {
  await world.page.open(world.demo.url);
  await talk(world);
}

/** @param {World} world */
async function talk(world) {
  const { demo, page } = world;
  await page.press('Start talking');
  await untilPassed(world, 'connecting', 'live');
  await untilHeard(world, agentSentences.greeting);
  await frameFrom(demo, ({ type }) => type === 'reply.done');
}

/** @param {World} world */
async function endCall(world) {
  const { demo, sound, page } = world;
  await page.press('End call');
  await untilPassed(world, 'live', 'ended');
  await frameFrom(demo, ({ type }) => type === 'session.ended');
  await until(async () => (await demo.stats()).sockets_open === 0, 'the socket is closed');
  await until(async () => (await sound.openMicrophones()) === 0, 'the microphone is let go of');
}

/**
 * The reply to what was said last, once all of that is understood: a microphone that stutters on a busy machine
 * makes two sentences of one.
 * @param {World} world
 * @returns {Promise<any>} its reply.started
 */
function replyTo({ demo }) {
  const steps = ['input.speech.started', 'transcript.user', 'reply.started'];
  const isReply = () => {
    const lines = demo
      .readLog()
      .filter(({ dir, frame }) => dir === 's2c' && steps.includes(frame.type));
    const [before, last] = lines.slice(-2).map(({ frame }) => frame);
    return before?.type === 'transcript.user' && last.type === 'reply.started' ? last : null;
  };
  return until(isReply, 'what was said is understood and replied to');
}

/** @param {any} reply its reply.started */
const isEndOf =
  (reply) =>
  (/** @type {any} */ { type, reply_id: id }) =>
    type === 'reply.done' && id === reply.reply_id;

/**
 * Wait until the last sentence of a reply is heard, which is one of the agent's own.
 * @param {World} world
 * @param {any} reply its reply.started
 */
async function untilEndIsHeard(world, reply) {
  const { text } = await frameFrom(
    world.demo,
    ({ type, reply_id: id }) => type === 'transcript.agent' && id === reply.reply_id,
  );
  const closing = Object.values(agentSentences).find((sentence) => text.endsWith(sentence.text));
  assert.ok(closing, text);
  await untilHeard(world, closing, reply.timestamp * 1000);
}

/** @param {Int16Array} recorded */
function assertSilent(recorded) {
  const levels = loudness(recorded);
  assert.ok(levels.length > 20, 'nothing was recorded between the cut and the next reply');
  assert.ok(Math.max(...levels) < SILENT, 'the cut reply is still heard');
}

/**
 * Each socket had a token of its own; at most one more was fetched, to have it at hand.
 * @param {any} stats
 * @param {number} sockets
 */
function assertOneTokenASocket(stats, sockets) {
  assert.equal(stats.sockets_opened, sockets);
  assert.equal(stats.tokens_redeemed, sockets);
  const spare = stats.tokens_minted - sockets;
  assert.ok(spare === 0 || spare === 1, `${stats.tokens_minted} tokens for ${sockets} sockets`);
}

/**
 * The answer repeats the question in the asker's own voice. How much of it went all the way, through microphone,
 * service and loudspeaker, is reported and not asserted: a busy machine takes words out of any microphone.
 * @param {World} world
 * @param {any} answer its reply.started
 */
function reportQuestion({ sound, report }, answer) {
  const part = partHeard(sound.heard(answer.timestamp * 1000), clip('question'));
  report(`${Math.round(part * 100)} % of the question came back in the answer`);
}
