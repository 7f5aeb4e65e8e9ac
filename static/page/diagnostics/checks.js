// All checks, in the order in which a call would meet them.

import { blockOf } from './check-sound.js';
import { judgeAddress, judgeFeatures, judgePermission } from './judge-browser.js';
import { judgeCall, judgeRoundTrip, judgeSocket, judgeToken } from './judge-line.js';
import { isVoiceHeard, judgeEcho, judgeLevel, judgeRates } from './judge-sound.js';
import { decibels, NOTES_HZ, playPhrase, powerAt, powerOf } from './measure.js';
import { SESSION_SECONDS } from './passes.js';
import { createTrial } from './trial.js';
import { announcedError } from '../../voice-agent/core/connection/failures.js';
import { perceivedLevel } from '../../voice-agent/worklets/dsp/level.js';

/** @typedef {import('./diagnostics-types.js').Check} Check */

/**
 * The session that the checks open: as the operator configured it, so that its settings are tried too, but without a
 * greeting: here the visitor speaks first. Of a stored agent there is only its id, and that must be sent alone.
 *
 * @param {{[name: string]: unknown}} session
 */
export function silentSession({ greeting: _, ...session }) {
  return session;
}

/**
 * Browsers share the microphone only with pages that nobody on the way could have changed.
 *
 * @type {Check}
 */
const secureContext = {
  id: 'secureContext',
  needs: [],
  limitMs: 1_000,
  async run({ platform }) {
    return judgeAddress(platform.isSecure());
  },
};

/**
 * Whether this browser has what a live call is made of.
 *
 * @type {Check}
 */
const features = {
  id: 'features',
  needs: ['secureContext'],
  limitMs: 1_000,
  async run({ platform }) {
    return judgeFeatures(platform.features());
  },
};

/**
 * What the visitor has decided before, and what a page around this one allows. Asks nothing yet.
 *
 * @type {Check}
 */
const permission = {
  id: 'permission',
  needs: ['secureContext'],
  limitMs: 5_000,
  async run({ platform }) {
    return judgePermission(await platform.permission());
  },
};

/** Long enough to read the words and say something. */
const LISTEN_MS = 9_000;

/**
 * Opens the microphone, asks the visitor to speak, and says how loud that arrives.
 *
 * @type {Check}
 */
const microphone = {
  id: 'microphone',
  needs: ['secureContext', 'features', 'permission'],
  limitMs: 75_000, // the browser's own question waits for the visitor
  async run({ sound, stage, texts, signal }) {
    const { steps } = texts.checks.microphone;
    stage.say(steps.allow);
    const track = await sound.microphone();
    stage.say(steps.speak);
    /** @type {import('./judge-sound.js').Block[]} */
    const blocks = [];
    await sound.listen(LISTEN_MS, signal, (samples) => {
      blocks.push(blockOf(samples));
      stage.showLevel(perceivedLevel(Math.sqrt(powerOf(samples))));
      return isVoiceHeard(blocks);
    });
    stage.showLevel(null);
    const verdict = judgeLevel(blocks);
    return { ...verdict, values: { deviceLabel: track.label || null, ...verdict.values } };
  },
};

/**
 * Plays a phrase and asks whether it was heard: no browser can know.
 *
 * @type {Check}
 */
const speaker = {
  id: 'speaker',
  needs: ['features'],
  limitMs: 120_000,
  async run({ sound, stage, texts, signal }) {
    const { steps, answers } = texts.checks.speaker;
    const context = await sound.context(signal);
    if (context.state !== 'running') return { status: 'attention', reason: 'heldBack' };
    const question = {
      text: steps.ask,
      answers: [
        { id: 'heard', label: answers.heard },
        { id: 'unheard', label: answers.unheard },
        { id: 'again', label: answers.again },
      ],
    };
    for (;;) {
      const phrase = playPhrase(context, 1);
      const answer = await stage.ask(question, signal).finally(phrase.stop);
      if (answer === 'heard') return { status: 'passed', reason: 'heard' };
      if (answer === 'unheard') return { status: 'failed', reason: 'unheard' };
    }
  },
};

const BEFORE_MS = 700;
/** Echo cancellers take about a second to learn the room; a call has that second too. */
const LEARN_MS = 1_300;
const DURING_MS = 1_700;

/**
 * How much of what sounds comes back through the microphone, echo cancellation at work as in a call.
 *
 * @type {Check}
 */
const echo = {
  id: 'echo',
  needs: ['microphone', 'speaker'],
  limitMs: 40_000,
  async run({ sound, stage, texts, signal }) {
    const { steps } = texts.checks.echo;
    const context = await sound.context(signal);
    if (context.state !== 'running') return { status: 'skipped', reason: 'heldBack' };
    const track = await sound.microphone();
    stage.say(steps.quiet);
    const beforeDb = await toneIn(sound, BEFORE_MS, signal);
    const phrase = playPhrase(context, 4);
    try {
      await toneIn(sound, LEARN_MS, signal);
      const duringDb = await toneIn(sound, DURING_MS, signal);
      const verdict = judgeEcho({ beforeDb, duringDb });
      const { echoCancellation = null } = track.getSettings();
      const values = { ...verdict.values, echoCancellation: wordFor(echoCancellation) };
      return { ...verdict, values };
    } finally {
      phrase.stop();
    }
  },
};

/**
 * How loud the phrase's notes are in the microphone.
 * @param {import('./check-sound.js').Sound} sound
 * @param {number} durationMs
 * @param {AbortSignal} signal
 */
async function toneIn(sound, durationMs, signal) {
  /** @type {number[]} */
  const powers = [];
  await sound.listen(durationMs, signal, (samples, rateHz) => {
    powers.push(NOTES_HZ.reduce((sum, noteHz) => sum + powerAt(samples, noteHz, rateHz), 0));
  });
  return decibels(powers.reduce((sum, power) => sum + power, 0) / Math.max(1, powers.length));
}

/** Browsers say yes, no, or which kind. @param {unknown} setting */
function wordFor(setting) {
  return typeof setting === 'boolean' || typeof setting === 'string' ? setting : null;
}

/** Of the wire: a browser that gives it needs no resampling. */
const WIRE_RATE_HZ = 24_000;

/**
 * The rates and delays that the devices really run at.
 *
 * @type {Check}
 */
const rates = {
  id: 'rates',
  needs: ['microphone'],
  limitMs: 40_000,
  async run({ platform, sound, signal }) {
    const context = await sound.context(signal);
    const track = await sound.microphone();
    const wire = platform.createContext({ sampleRate: WIRE_RATE_HZ });
    const givesWireRate = wire.sampleRate === WIRE_RATE_HZ;
    await wire.close();
    const {
      sampleRate = null,
      noiseSuppression = null,
      autoGainControl = null,
    } = track.getSettings();
    const baseLatencyMs = context.baseLatency * 1000;
    // Not every browser has it, and it is 0 until something has sounded.
    const outputLatencyMs = (context.outputLatency ?? 0) * 1000;
    const measured = {
      outputRateHz: context.sampleRate,
      microphoneRateHz: sampleRate,
      latencyMs: baseLatencyMs + outputLatencyMs,
    };
    const { outputRateHz, microphoneRateHz } = measured;
    sound.releaseMicrophone(); // nothing after this needs it open
    return {
      ...judgeRates(measured),
      values: {
        outputRateHz,
        microphoneRateHz,
        givesWireRate,
        baseLatencyMs,
        outputLatencyMs,
        noiseSuppression,
        autoGainControl,
      },
    };
  },
};

/**
 * Asks the token route as a call would: the smallest session there is, for half a minute. No session is opened.
 *
 * @type {Check}
 */
const token = {
  id: 'token',
  needs: [],
  limitMs: 15_000,
  async run({ passes, signal }) {
    return judgeToken(await passes.mint(signal));
  },
};

/**
 * Opens the socket to the voice service and says nothing on it: without a first message there is no session.
 *
 * @type {Check}
 */
const socket = {
  id: 'socket',
  needs: ['token'],
  limitMs: 30_000,
  async run({ platform, passes, signal }) {
    const { opening, wsUrl } = await passes.open(signal);
    if (opening.outcome === 'open' || opening.error) return judgeSocket(opening, null);
    return judgeSocket(opening, await platform.isHostReached(wsUrl, signal));
  },
};

const QUESTIONS = 7;
/** Source: the service gives up after 10 s without a ready agent. */
const READY_MS = 12_000;
const ROUND_TRIP_MS = 3_000;
/** A service that stays silent to so many does not answer such questions. */
const MAX_UNANSWERED = 2;

/**
 * How long the voice service takes to answer. A session that is ended at once after it: the service answers nobody
 * else. The question is the one that a call asks when it doubts its line: a change that changes nothing.
 *
 * @type {Check}
 */
const roundTrip = {
  id: 'roundTrip',
  needs: ['socket'],
  limitMs: 45_000,
  async run({ platform, passes, signal }) {
    const line = await passes.line(signal);
    if (!line.isOpen) return { status: 'failed', reason: 'noLine' };
    const startedMs = platform.nowMs();
    line.begin(silentSession(platform.session));
    try {
      const answer = await line.next(['ready', 'error'], READY_MS, signal);
      const error = answer?.type === 'error' ? announcedError(answer, 'opening') : null;
      if (error) return { status: 'failed', reason: 'refused', error };
      if (answer === null) return { status: 'failed', reason: 'notReady' };
      const readyMs = platform.nowMs() - startedMs;
      const verdict = judgeRoundTrip(await timeAnswers(line, platform, signal));
      return { ...verdict, values: { ...verdict.values, readyMs } };
    } finally {
      await line.end();
      passes.release();
    }
  },
};

/**
 * @param {import('./check-line.js').Line} line
 * @param {import('./platform.js').Platform} platform
 * @param {AbortSignal} signal
 * @returns {Promise<number[]>}
 */
async function timeAnswers(line, platform, signal) {
  /** @type {number[]} */
  const timesMs = [];
  let unanswered = 0;
  for (let i = 0; i < QUESTIONS && unanswered < MAX_UNANSWERED; i += 1) {
    const askedMs = platform.nowMs();
    line.send({ type: 'session.update', session: {} });
    const answer = await line.next(['updated', 'error'], ROUND_TRIP_MS, signal);
    if (answer) timesMs.push(platform.nowMs() - askedMs);
    else unanswered += 1;
  }
  return timesMs;
}

const UNDERSTAND_MS = 25_000;
const ANSWER_MS = 15_000;
/** The answer may be long; enough of it was heard by then. */
const FINISH_MS = 8_000;

/**
 * A short real call: the visitor says a sentence, sees what was understood, and hears the answer. Only after a press,
 * because it costs a session; always ended.
 *
 * @type {Check}
 */
const call = {
  id: 'call',
  needs: ['secureContext', 'features', 'permission', 'microphone', 'token', 'socket'],
  limitMs: 180_000,
  async run({ platform, sound, stage, texts, signal }) {
    const { steps, answers } = texts.checks.call;
    const question = {
      text: steps.ask,
      answers: [
        { id: 'start', label: answers.start },
        { id: 'skip', label: answers.skip },
      ],
    };
    if ((await stage.ask(question, signal)) === 'skip')
      return { status: 'skipped', reason: 'notWanted' };
    sound.release(); // the call opens its own
    const agent = platform.createAgent(
      { max_session_duration_seconds: SESSION_SECONDS },
      silentSession(platform.session),
    );
    const stop = () => void agent.stop();
    signal.addEventListener('abort', stop);
    try {
      const trial = createTrial(agent, { platform, stage, steps });
      const startedMs = platform.nowMs();
      stage.say(steps.connecting);
      await agent.start();
      signal.throwIfAborted();
      const connectMs = platform.nowMs() - startedMs;
      stage.say(steps.speak);
      const isUnderstood = await trial.until('understood', UNDERSTAND_MS, signal);
      if (isUnderstood) stage.say(steps.waiting);
      const isAnswered = isUnderstood && (await trial.until('answered', ANSWER_MS, signal));
      if (isAnswered) await trial.until('finished', FINISH_MS, signal);
      if (trial.error) throw trial.error;
      const verdict = judgeCall({ isUnderstood, answerMs: isAnswered ? trial.answerMs : null });
      return { ...verdict, values: { connectMs, ...verdict.values } };
    } finally {
      signal.removeEventListener('abort', stop);
      await agent.dispose();
    }
  },
};

/** @type {readonly import('./diagnostics-types.js').Check[]} */
export const CHECKS = [
  secureContext,
  features,
  permission,
  microphone,
  speaker,
  echo,
  rates,
  token,
  socket,
  roundTrip,
  call,
];
