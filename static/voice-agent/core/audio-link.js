// The sound of a call, between the worklets' ports and the wire, and what is told of it: who speaks, how loud.

import { perceivedLevel } from '../worklets/dsp/level.js';
import { MicrophoneLink } from './uplink/microphone-link.js';
import { QuietMoment } from './connection/reconnect/roll-over.js';
import { SpeakerLink } from './downlink/speaker-link.js';

/** Shortest time between two levels that are passed on; a meter needs no more than 15 a second. */
const LEVEL_INTERVAL_MS = 66;

/** Steps of a meter: a change that nobody can see is none. */
const LEVEL_STEPS = 100;

/** @typedef {import('./connection/protocol.js').ServerMessage} ServerMessage */

/**
 * @typedef {object} AudioLinkOptions
 * @property {import('./ports.js').Environment} environment
 * @property {(event: import('./session-types.js').SessionEvent) => void} emit
 * @property {import('./ports.js').AudioLine} line audio is kept while it is not open
 * @property {import('./telemetry/stats.js').SessionStats} stats
 * @property {(heard: import('./downlink/speaker-link.js').Heard) => void} onHeard
 */

export class AudioLink {
  #environment;
  #emit;
  #stats;
  #microphone;
  #speaker;
  #quietMoment = new QuietMoment();
  #isUserSpeaking = false;
  #isAgentSpeaking = false;
  #levels = { microphone: 0, agent: 0 };
  #shownLevels = { microphone: 0, agent: 0 };
  #levelsAtMs = -Infinity;
  /** @type {import('./downlink/speaker-link.js').Heard | null} how far a reply has been heard, not shown yet */
  #heard = null;

  /** @param {AudioLinkOptions} options */
  constructor({ environment, emit, line, stats, onHeard }) {
    this.#environment = environment;
    this.#emit = emit;
    this.#stats = stats;
    this.#microphone = new MicrophoneLink({
      environment,
      line,
      stats,
      onLevel: (level) => this.#showMicrophone(level),
      onSilence: (silent) => {
        stats.log.note('trouble', 'microphone', { silent });
        emit({ type: 'microphone', silent });
      },
      onUnheard: (speaking) => emit({ type: 'unheard', speaking }),
      isAgentSounding: () => this.#isAgentSpeaking,
    });
    this.#speaker = new SpeakerLink({
      environment,
      stats,
      onSound: (isSounding, level) => this.#showAgent(isSounding, level),
      onHeard: (heard) => {
        this.#showHeard(heard);
        onHeard(heard);
      },
    });
  }

  /** Frames out: what is kept, and what is sent again. */
  get microphone() {
    return this.#microphone;
  }

  /** Whether nobody would notice a change of session now. */
  get isPause() {
    const isAnyoneSpeaking =
      this.#isUserSpeaking || this.#speaker.isReplying || this.#speaker.isSounding;
    const { quietMs } = this.#microphone;
    return this.#quietMoment.isNow(this.#environment.nowMs(), { isAnyoneSpeaking, quietMs });
  }

  /** @param {MessagePort | null} capture @param {MessagePort | null} playback */
  attach(capture, playback) {
    this.#microphone.attach(capture);
    this.#speaker.attach(playback);
    this.#showAgent(false, 0);
  }

  /**
   * A call begins.
   * @param {number} [keepSpeechSeconds] how much speech is kept while there is no session
   */
  reset(keepSpeechSeconds) {
    this.#microphone.reset(keepSpeechSeconds);
  }

  /** The call is over: ports closed, meters at rest, nothing kept. */
  release() {
    this.silence();
    this.#microphone.forgetUnsent();
    this.#microphone.forgetSent();
    this.#levelsAtMs = -Infinity;
    this.#levels.microphone = 0;
    this.attach(null, null);
  }

  /**
   * Take in what the service says of the sound.
   * @param {ServerMessage} message
   * @returns {number | undefined} for `reply-done`: how much of that reply has arrived, in milliseconds
   */
  apply(message) {
    switch (message.type) {
      case 'speech-started':
        this.#stats.firstSounds.forget();
        this.#setSpeaking(true, this.#isAgentSpeaking);
        return void this.#speaker.duck();
      case 'speech-stopped':
        this.#stats.firstSounds.asked('speech', this.#microphone.quietMs);
        this.#setSpeaking(false, this.#isAgentSpeaking);
        this.expectAnswer();
        return void this.#speaker.unduck();
      case 'reply-started':
        return void this.#speaker.start(message.replyId);
      case 'reply-audio':
        return void this.#speaker.play(message);
      case 'reply-done':
        this.#quietMoment.expectNothing();
        return this.#speaker.finish(message);
      default:
        return undefined;
    }
  }

  /** The agent was given something, and will say what it makes of it. */
  expectAnswer() {
    this.#quietMoment.expectAnswer(this.#environment.nowMs());
  }

  /**
   * A reply that must never be heard.
   * @param {string} replyId
   */
  refuseReply(replyId) {
    this.#speaker.refuse(replyId);
  }

  /** Whatever was being said is over at once: its session is gone, or the user ends the call. */
  silence() {
    this.#quietMoment.expectNothing();
    this.#speaker.silence();
    this.#setSpeaking(false, this.#isAgentSpeaking);
  }

  /** @param {number} level root mean square, 0 to 1 */
  #showMicrophone(level) {
    this.#levels.microphone = meterLevel(level);
    this.#showLevels();
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
    if (agent && !this.#isAgentSpeaking) this.#stats.firstSounds.heard();
    this.#isUserSpeaking = user;
    this.#isAgentSpeaking = agent;
    this.#emit({ type: 'speaking', user, agent });
  }

  /** @param {import('./downlink/speaker-link.js').Heard} heard */
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
    shown.microphone = microphone;
    shown.agent = agent;
    this.#emit({ type: 'level', microphone, agent, playback: this.#heard });
    this.#heard = null;
  }
}

/** @param {number} rms 0 to 1 */
function meterLevel(rms) {
  return Math.round(perceivedLevel(rms) * LEVEL_STEPS) / LEVEL_STEPS;
}
