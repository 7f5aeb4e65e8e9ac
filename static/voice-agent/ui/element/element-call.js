// The calls of one element, one at a time. Makes the client's object that the element asks for, and stays the same when
// that is made anew. Whatever keeps a call from starting comes as its events too.

import { VoiceAgentError } from '../../errors.js';
import { Emitter } from '../../emitter.js';
import { loadAgent } from './gate.js';
import { areServedAlike, makeAgent } from './make-agent.js';
import { sessionFor } from './element-session.js';
import { setUpHint, tellDeveloper } from './developer-hints.js';

/** States in which no call is under way. */
export const AT_REST = new Set(['idle', 'ended', 'failed']);

/** @typedef {import('../../index.js').AgentEvents} AgentEvents */
/** @typedef {AgentEvents & {mute: {muted: boolean}, title: string}} CallEvents */
/** @typedef {import('./make-agent.js').Wishes} Wishes */

export class Call {
  #wishes;
  /** @type {Emitter<CallEvents>} */
  #events = new Emitter();
  /** @type {import('../../index.js').Agent | null} */
  #agent = null;
  /** @type {Wishes | null} what that one was made of */
  #madeOf = null;
  /** @type {{key: string, answer: Promise<import('./gate.js').PublicAgent>} | null} */
  #lookup = null;
  #title = '';
  /** @type {AgentEvents['state']['state']} */
  #state = 'idle';
  #isMuted = false;
  /** Tells a start under way that it is no longer wanted. */
  #attempt = 0;

  /** @param {() => Wishes} wishes   looked up whenever a call begins */
  constructor(wishes) {
    this.#wishes = wishes;
  }

  get state() {
    return this.#state;
  }

  /** Of the agent, as the gate names it; empty while that is not known. */
  get title() {
    return this.#title;
  }

  get muted() {
    return this.#isMuted;
  }

  /** Of the call under way or the last one. */
  get turns() {
    return this.#agent?.turns ?? [];
  }

  get secondsLeft() {
    return this.#agent?.secondsLeft ?? null;
  }

  /** The client's object: another one once gate, tools or access token have changed. */
  get agent() {
    const wishes = this.#wishes();
    const isGood = !AT_REST.has(this.#state) || areServedAlike(wishes, this.#madeOf);
    if (this.#agent && isGood) return this.#agent;
    void this.#agent?.dispose();
    const agent = makeAgent(wishes, {
      state: (change) => agent === this.#agent && this.#change(change),
      other: (type, value) => agent === this.#agent && this.#events.emit(type, value),
    });
    this.#agent = agent;
    this.#madeOf = wishes;
    if (this.#isMuted) agent.mute();
    return agent;
  }

  /**
   * @template {keyof CallEvents} Type
   * @param {Type} type
   * @param {(value: CallEvents[Type]) => void} listener
   * @param {{signal?: AbortSignal}} [options]
   */
  on(type, listener, options) {
    return this.#events.on(type, listener, options);
  }

  /** Asks the gate for the agent, ahead of a call; the answer counts for those of the same name. */
  async lookUp() {
    const { gate, agent } = this.#wishes();
    const key = `${gate} ${agent}`;
    if (this.#lookup?.key !== key) this.#lookup = { key, answer: loadAgent(gate, agent) };
    try {
      const found = await this.#lookup.answer;
      this.#title = found.title;
      this.#events.emit('title', found.title);
      return found;
    } catch (error) {
      this.#lookup = null; // asked for again by the next
      this.#hint(/** @type {VoiceAgentError} */ (error));
      throw error;
    }
  }

  /** A press seems to be coming. */
  prepare() {
    if (AT_REST.has(this.#state)) this.agent.prepare();
  }

  /**
   * @param {{takeOver?: boolean}} [how]
   * @throws {VoiceAgentError} as the client's own `start`
   */
  async start({ takeOver = false } = {}) {
    if (!AT_REST.has(this.#state)) return;
    const attempt = (this.#attempt += 1);
    const { agent } = this;
    agent.prepare(); // in the press itself: later the browser would not let it sound
    this.#change({ state: 'connecting' });
    try {
      const found = await this.lookUp();
      if (attempt !== this.#attempt) return;
      const { session, refused } = sessionFor(found, this.#wishes().session);
      if (refused.length > 0)
        tellDeveloper(`the gate does not let a page set ${refused.join(', ')} of "${found.name}".`);
      await agent.start({ session, takeOver });
    } catch (thrown) {
      const error = VoiceAgentError.from(thrown, 'internal-error');
      if (attempt === this.#attempt && this.#state === 'connecting') this.#fail(error);
      throw error;
    }
  }

  async stop() {
    this.#attempt += 1;
    const isAhead = this.#state === 'connecting' && this.#agent && AT_REST.has(this.#agent.state);
    if (isAhead) return this.#change({ state: 'ended', reason: 'by-user' });
    await this.#agent?.stop();
  }

  /** @param {boolean} muted */
  setMuted(muted) {
    this.#isMuted = muted;
    if (muted) this.agent.mute();
    else this.agent.unmute();
    this.#events.emit('mute', { muted });
  }

  /** Ends the call and lets go of everything; the next one begins anew. */
  close() {
    void this.stop();
    void this.#agent?.dispose();
    this.#madeOf = null;
  }

  /** @param {VoiceAgentError} error */
  #fail(error) {
    this.#events.emit('error', error);
    this.#change({ state: 'failed', error });
  }

  /** @param {Partial<AgentEvents['state']> & {state: AgentEvents['state']['state']}} change */
  #change({ state, error = null, recovery = null, reason = null }) {
    const previous = this.#state;
    if (state === 'connecting' && previous === 'connecting') return; // said already, by start()
    this.#state = state;
    if (error) this.#hint(error);
    this.#events.emit('state', { state, previous, error, recovery, reason });
  }

  /** @param {VoiceAgentError} error */
  #hint(error) {
    const hint = setUpHint(error, { gate: this.#wishes().gate.origin, origin: location.origin });
    if (hint) tellDeveloper(hint);
  }
}
