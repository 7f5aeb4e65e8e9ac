// The sound of a call, between the worklets' ports and the wire, and what is told of it: who speaks, how loud.

import { perceivedLevel } from '../worklets/dsp/level.js';
import { EchoMonitor } from './uplink/echo-monitor.js';
import { MicrophoneLink } from './uplink/microphone-link.js';
import { SilenceTimer } from './uplink/silence-timer.js';
import { SpeakerLink } from './downlink/speaker-link.js';

/** Shortest time between two levels that are passed on; a meter needs no more than 15 a second. */
const LEVEL_INTERVAL_MS = 66;

/** Steps of a meter: a change that nobody can see is none. */
const LEVEL_STEPS = 100;

/** The microphone has been quiet for so long, or a word may have begun that the service has not noticed. */
const QUIET_MS = 300;

/** Where the room is never quiet: the service has heard nobody for so long. */
const CALM_MS = 3_000;

/** After the user has spoken, or a tool has answered, a reply is on its way for so long. Source: 2 to 6 s until it is heard, live. */
const ANSWER_MS = 6_000;

/** @typedef {import('./downlink/speaker-link.js').Heard} Heard */

/**
 * @typedef {object} AudioLinkOptions
 * @property {import('./ports.js').Environment} environment
 * @property {(event: AudioEvent) => void} emit
 * @property {import('./ports.js').AudioLine} line audio is kept while it is not open
 * @property {import('./telemetry/stats.js').SessionStats} stats
 * @property {(heard: Heard, onsetMs: number | null) => void} onHeard see `SpeakerLink`
 * @property {(replyId: string, heardMs: number) => number} sentenceAt see `SpeakerLink`
 * @property {() => void} onMicrophone it has begun to give sound
 *
 * `level`: and how much of a reply has been heard so far, where that has changed. `playback`: how much of it was heard
 * in the end. `microphone`: it seems dead. `unheard`: the user speaks although it is muted, or does so no more.
 * `echo`: the agent was stopped by its own echo, so the microphone gives nothing while it speaks; or not any more.
 * @typedef {{type: 'speaking', user: boolean, agent: boolean}
 *   | {type: 'level', microphone: number, agent: number, playback: Heard | null}
 *   | {type: 'playback'} & Heard
 *   | {type: 'microphone', silent: boolean}
 *   | {type: 'unheard', speaking: boolean}
 *   | {type: 'echo', halfDuplex: boolean}} AudioEvent
 */

export class AudioLink {
  #environment;
  #emit;
  #stats;
  #speaker;
  #silence;
  #echo;
  #agentStoppedAtMs = -Infinity;
  #isUserSpeaking = false;
  #isAgentSpeaking = false;
  #calmSinceMs = Infinity;
  #answerUntilMs = -Infinity;
  #levels = { microphone: 0, agent: 0 };
  #shownLevels = { microphone: 0, agent: 0 };
  #levelsAtMs = -Infinity;
  /** @type {Heard | null} how far a reply has been heard, not shown yet */
  #heard = null;

  /** Frames out: what is kept, and what is sent again. */
  microphone;

  /** @param {AudioLinkOptions} options */
  constructor({ environment, emit, line, stats, onHeard, onMicrophone, sentenceAt }) {
    this.#environment = environment;
    this.#emit = emit;
    this.#stats = stats;
    this.#echo = new EchoMonitor((halfDuplex, lagMs) => {
      stats.log.note('trouble', 'echo', { halfDuplex, lagMs });
      emit({ type: 'echo', halfDuplex });
    });
    this.microphone = new MicrophoneLink({
      environment,
      line,
      stats,
      onSound: onMicrophone,
      onLevel: (level) => {
        this.#levels.microphone = meterLevel(level);
        this.#showLevels();
      },
      onSilence: (silent) => {
        stats.log.note('trouble', 'microphone', { silent });
        emit({ type: 'microphone', silent });
      },
      onUnheard: (speaking) => emit({ type: 'unheard', speaking }),
      isAgentSounding: () => this.#isAgentSpeaking,
      onSamples: (...frame) => this.#echo.captured(...frame),
      isEchoing: () => this.#isEchoing,
    });
    this.#silence = new SilenceTimer({ environment, line, onSent: () => stats.offer() });
    this.#speaker = new SpeakerLink({
      environment,
      stats,
      onSound: (isSounding, level) => this.#showAgent(isSounding, level),
      onLevels: (...played) => this.#echo.played(...played),
      sentenceAt,
      onHeard: (heard, onsetMs) => {
        this.#showHeard(heard);
        onHeard(heard, onsetMs);
      },
    });
  }

  /** Whether nobody would notice a change of session now. To be asked again and again: how long it is calm counts. */
  get isPause() {
    const nowMs = this.#environment.nowMs();
    const { isReplying, isSounding } = this.#speaker;
    const isBusy = this.#isUserSpeaking || isReplying || isSounding || nowMs < this.#answerUntilMs;
    this.#calmSinceMs = isBusy ? Infinity : Math.min(this.#calmSinceMs, nowMs);
    const isQuiet = this.microphone.uplink.quietMs >= QUIET_MS;
    return !isBusy && (isQuiet || nowMs - this.#calmSinceMs >= CALM_MS);
  }

  get #isEchoing() {
    if (!this.#echo.isOn) return false;
    const overAtMs = this.#agentStoppedAtMs + this.#echo.tailMs;
    return this.#isAgentSpeaking || this.#environment.nowMs() < overAtMs;
  }

  /** @param {MessagePort | null} capture @param {MessagePort | null} playback */
  attach(capture, playback) {
    this.#echo.forget();
    this.microphone.attach(capture);
    this.#speaker.attach(playback);
    this.#showAgent(false, 0);
  }

  /**
   * A call begins.
   * @param {{textOnly: boolean, keepSpeechSeconds?: number}} call `textOnly`: without any sound
   */
  reset({ textOnly, keepSpeechSeconds }) {
    this.microphone.reset(keepSpeechSeconds);
    this.#speaker.isSilent = textOnly;
    if (textOnly) this.#silence.start();
  }

  /** Neither side hears the other, or both do again. @param {boolean} isOnHold */
  hold(isOnHold) {
    this.microphone.isOnHold = isOnHold;
    this.#speaker.hold(isOnHold);
    this.#levels.microphone = 0;
    if (isOnHold) this.#setSpeaking(false, this.#isAgentSpeaking);
  }

  /** The call is over: ports closed, meters at rest, nothing kept. */
  release() {
    this.silence();
    this.#silence.stop();
    this.microphone.uplink.clear();
    this.microphone.uplink.forgetSent();
    this.#levelsAtMs = -Infinity;
    this.#levels.microphone = 0;
    this.#echo.reset();
    this.attach(null, null);
    this.hold(false);
  }

  /**
   * Take in what the service says of the sound.
   * @param {import('./connection/protocol.js').ServerMessage} message
   * @returns {number | undefined} for `reply-done`: how much of that reply has arrived, in milliseconds
   */
  apply(message) {
    switch (message.type) {
      case 'speech-started':
        this.microphone.uplink.turnBegan();
        this.#stats.firstSounds.forget();
        this.#setSpeaking(true, this.#isAgentSpeaking);
        this.#echo.speechStarted(this.#environment.nowMs());
        return void this.#speaker.duck();
      case 'speech-stopped':
        this.#stats.firstSounds.asked('speech', this.microphone.uplink.quietMs);
        this.#setSpeaking(false, this.#isAgentSpeaking);
        this.expectAnswer();
        return void this.#speaker.unduck();
      case 'user-text':
        if (message.final) this.microphone.uplink.turnOver();
        return undefined;
      case 'reply-started':
        return void this.#speaker.start(message.replyId);
      case 'reply-audio':
        return void this.#speaker.play(message);
      case 'reply-done':
        this.#answerUntilMs = -Infinity;
        return this.#speaker.finish(message);
      default:
        return undefined;
    }
  }

  /** The agent was given something, and will say what it makes of it. */
  expectAnswer() {
    this.#answerUntilMs = this.#environment.nowMs() + ANSWER_MS;
  }

  /** @param {string} replyId of one that must never be heard */
  refuseReply(replyId) {
    this.#speaker.refuse(replyId);
  }

  /** Whatever was being said is over at once: its session is gone, or the user ends the call. */
  silence() {
    this.#answerUntilMs = -Infinity;
    this.#speaker.silence();
    this.#setSpeaking(false, this.#isAgentSpeaking);
  }

  /** @param {boolean} isSounding @param {number} level root mean square, 0 to 1 */
  #showAgent(isSounding, level) {
    const shown = isSounding ? meterLevel(level) : 0;
    // Replies begin with silence and preambles are silent throughout: only sound counts as speaking.
    this.#setSpeaking(this.#isUserSpeaking, isSounding && (shown > 0 || this.#isAgentSpeaking));
    this.#levels.agent = shown;
    this.#showLevels();
  }

  /**
   * @param {boolean} user as the service hears it
   * @param {boolean} agent as the loudspeaker gives it
   */
  #setSpeaking(user, agent) {
    if (user === this.#isUserSpeaking && agent === this.#isAgentSpeaking) return;
    if (agent !== this.#isAgentSpeaking) this.#turnAgent(agent);
    this.#isUserSpeaking = user;
    this.#isAgentSpeaking = agent;
    this.#emit({ type: 'speaking', user, agent });
  }

  /** @param {boolean} isSpeaking */
  #turnAgent(isSpeaking) {
    if (isSpeaking) {
      this.#stats.firstSounds.heard();
      return this.#echo.agentStarted();
    }
    this.#agentStoppedAtMs = this.#environment.nowMs();
    this.#echo.agentStopped();
  }

  /** @param {Heard} heard */
  #showHeard(heard) {
    this.#heard = heard.done ? null : heard;
    if (heard.done) this.#emit({ type: 'playback', ...heard });
    else this.#showLevels();
  }

  /** One event with all that moves: each one costs the page's thread a tenth of a millisecond, however small. */
  #showLevels() {
    const { microphone, agent } = this.#levels;
    const shown = this.#shownLevels;
    const isSame = microphone === shown.microphone && agent === shown.agent;
    if (isSame && this.#heard === null) return;
    const nowMs = this.#environment.nowMs();
    if (nowMs - this.#levelsAtMs < LEVEL_INTERVAL_MS) return;
    this.#levelsAtMs = nowMs;
    this.#shownLevels = { microphone, agent };
    this.#emit({ type: 'level', microphone, agent, playback: this.#heard });
    this.#heard = null;
  }
}

/** @param {number} rms 0 to 1 */
function meterLevel(rms) {
  return Math.round(perceivedLevel(rms) * LEVEL_STEPS) / LEVEL_STEPS;
}
