// The settings of a call: what each of its sessions is opened with, and changes to them, sent one after the other, each
// with its answer.

import { VoiceAgentError } from '../../errors.js';
import { encode } from '../connection/protocol.js';
import { languageOfVoice, nearestVoice } from './voices.js';
import { differenceOf, mergedConfig, refusal, withoutNulls } from './session-config.js';

/** Live the answer takes 0.4 s. Older versions do not answer what they accept: silence means yes. */
const ANSWER_PATIENCE_MS = 5_000;

/** Errors that answer something else than an update. Source: documents, "errors". */
const OTHER_ERRORS = new Set([
  'invalid_audio',
  'audio_rate_violation',
  'session_expired',
  'unauthorized',
  'forbidden',
]);

/** @typedef {import('../connection/protocol.js').SessionConfig} SessionConfig */

/**
 * What an update has come to.
 * @typedef {{type: 'update-done', id: number, error: ReturnType<VoiceAgentError['toJSON']> | null}} UpdateEvent
 *
 * The service has not the voice that was asked for, so that another is used.
 * @typedef {{type: 'voice', asked: string, used: string, language: string | null}} VoiceEvent   language: of both
 *
 * An update without an id is our own: the settings of a stored agent, told again to a new session; or, without
 * settings, the prompt once more.
 * @typedef {{id: number | null, session: SessionConfig | null}} Update
 */

export class SessionUpdates {
  #environment;
  #emit;
  #line;
  #retell;
  #continued;
  /** @type {SessionConfig} the first update of the call */
  #base = {};
  /** @type {SessionConfig} what was changed since */
  #changes = {};
  #isUnderWay = false;
  /** @type {SessionConfig} what the successor in a roll-over was opened with */
  #successor = {};
  /** @type {Update[]} oldest first */
  #waiting = [];
  /** @type {Update | null} sent and not answered */
  #sent = null;
  /** @type {unknown} */
  #timer;

  /**
   * @param {object} options
   * @param {import('../ports.js').Environment} options.environment
   * @param {(event: UpdateEvent | VoiceEvent) => void} options.emit
   * @param {import('../ports.js').Line} options.line
   * @param {(update: SessionConfig) => SessionConfig} [options.retell] an update as the session must be sent it
   * @param {(config: SessionConfig) => SessionConfig} [options.continued] the config of a session that goes on with
   *   the conversation
   */
  constructor({
    environment,
    emit,
    line,
    retell = (update) => update,
    continued = (config) => config,
  }) {
    this.#environment = environment;
    this.#emit = emit;
    this.#line = line;
    this.#retell = retell;
    this.#continued = continued;
  }

  /**
   * What a new session of this call begins with: the first update with every change that was accepted. A stored
   * agent stands alone; its changes are sent once the session is ready.
   */
  get config() {
    const isChanged = Object.keys(this.#changes).length > 0;
    if (this.#isStored || !isChanged) return this.#base;
    return withoutNulls(mergedConfig(this.#base, this.#changes));
  }

  /**
   * A call begins, or its first update was changed before the service took it.
   * @param {SessionConfig} config
   */
  begin(config) {
    this.#base = config;
    this.#changes = {};
    this.#isUnderWay = true;
  }

  /**
   * What the next socket is opened with: the session as wanted, the dropped one, or one that carries the conversation.
   * @param {{mode: 'fresh' | 'resume' | 'continue', sessionId: string | null}} call
   * @returns {import('../connection/protocol.js').ClientMessage}
   */
  opening({ mode, sessionId }) {
    if (mode === 'resume' && sessionId !== null)
      return { type: 'session.resume', session_id: sessionId };
    const session = mode === 'continue' ? this.#continued(this.config) : this.config;
    return { type: 'session.update', session };
  }

  /** @param {readonly string[]} offered one of these instead of the voice that was refused */
  replaceVoice(offered) {
    const asked = String(this.config.output?.voice ?? '');
    const voice = nearestVoice(asked, offered);
    this.begin(mergedConfig(this.config, { output: { voice } }));
    const language = languageOfVoice(asked);
    const isAlike = language !== null && languageOfVoice(voice) === language;
    this.#emit({ type: 'voice', asked, used: voice, language: isAlike ? language : null });
  }

  /** @returns {import('../connection/protocol.js').ClientMessage} for a session that is to take over later on */
  successorOpening() {
    this.#successor = this.#continued(this.config);
    return { type: 'session.update', session: this.#successor };
  }

  /**
   * What that session has to be told when it takes over, because the conversation has gone on meanwhile.
   * @returns {string | null} an encoded message; null when it knows everything
   */
  successorChange() {
    const session = differenceOf(this.#successor, this.#continued(this.config));
    return Object.keys(session).length > 0 ? encode({ type: 'session.update', session }) : null;
  }

  /** @param {{id: number, session: SessionConfig}} update */
  request(update) {
    const error = refusal(update.session) ?? (this.#isUnderWay ? null : tooLate());
    if (error) return this.#conclude(update, error);
    this.#waiting.push(update);
    this.#sendNext();
  }

  /**
   * Send the prompt again, since what `retell` adds to it has changed. The prompt of a stored agent is not known here
   * and would be overwritten.
   */
  tellPrompt() {
    const isWaiting = this.#waiting.some(({ session }) => session === null);
    if (isWaiting || !this.#isUnderWay || this.#prompt === null) return;
    this.#waiting.push({ id: null, session: null });
    this.#sendNext();
  }

  /**
   * The service's answer, where it is one to an update.
   * @param {import('../connection/protocol.js').ServerMessage} message
   * @returns {boolean} whether it was one
   */
  apply(message) {
    const isError = message.type === 'error' && !OTHER_ERRORS.has(message.code);
    if (this.#sent === null || (message.type !== 'updated' && !isError)) return false;
    this.#answered(isError ? refused(message) : null);
    return true;
  }

  /** A session is ready, for the first time or again: what waited goes out. */
  ready() {
    this.#takeBack();
    const hasChanges = Object.keys(this.#changes).length > 0;
    if (this.#isStored && hasChanges) this.#waiting.unshift({ id: null, session: this.#changes });
    this.#sendNext();
  }

  /** What waited while nothing could be sent is sent. */
  goOn() {
    this.#sendNext();
  }

  /** The call is over: nobody will answer any more. */
  settle() {
    this.#takeBack();
    this.#isUnderWay = false;
    for (const update of this.#waiting.splice(0)) this.#conclude(update, tooLate());
  }

  get #isStored() {
    return 'agent_id' in this.#base;
  }

  /** As the session has it, without what `retell` adds; null where that is not known. */
  get #prompt() {
    const { system_prompt: prompt } = { ...this.#base, ...this.#changes };
    if (typeof prompt === 'string') return prompt;
    return this.#isStored ? null : '';
  }

  #sendNext() {
    const [update] = this.#waiting;
    if (this.#sent !== null || update === undefined) return;
    const session = this.#retell(update.session ?? { system_prompt: this.#prompt ?? '' });
    if (!this.#line.send(encode({ type: 'session.update', session }))) return;
    this.#sent = update;
    this.#waiting.shift();
    const onSilence = () => this.#line.isOpen() && this.#answered(null);
    this.#timer = this.#environment.schedule(onSilence, ANSWER_PATIENCE_MS);
  }

  /** @param {VoiceAgentError | null} error */
  #answered(error) {
    const update = this.#sent;
    this.#environment.cancel(this.#timer);
    this.#sent = null;
    if (update?.session && error === null)
      this.#changes = mergedConfig(this.#changes, update.session);
    if (update) this.#conclude(update, error);
    this.#sendNext();
  }

  /** The socket is gone on which an update went out: it is sent again, which changes nothing twice. */
  #takeBack() {
    this.#environment.cancel(this.#timer);
    if (this.#sent) this.#waiting.unshift(this.#sent);
    this.#sent = null;
    this.#waiting = this.#waiting.filter(({ id }) => id !== null);
  }

  /** @param {Update} update @param {VoiceAgentError | null} error */
  #conclude({ id }, error) {
    if (id !== null) this.#emit({ type: 'update-done', id, error: error?.toJSON() ?? null });
  }
}

/** @param {Extract<import('../connection/protocol.js').ServerMessage, {type: 'error'}>} message */
function refused({ code, text, param }) {
  const message = text === '' ? undefined : text;
  return new VoiceAgentError('update-refused', { message, upstreamCode: code, param });
}

function tooLate() {
  const message = 'There is no call any more whose settings could be changed.';
  return new VoiceAgentError('update-refused', { message });
}
