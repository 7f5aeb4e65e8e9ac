// The custom element: attributes, properties, methods and DOM events around a call and what is seen of it.

import { hintAtLostProperties } from './developer-hints.js';
import { Call } from './element-call.js';
import { lookOf, takeEarly, tellAsEvents } from './element-events.js';
import { gateUrl } from '../../main-thread/gate.js';
import { createShell } from './element-shell.js';

/** Set before the element was defined, they stand in the way of ours. */
const PROPERTIES = ['accessToken', 'accesstoken', 'session', 'tools', 'muted', 'disabled'];

/** Those of this page that are in a call. @type {Set<VoiceAgentElement>} */
const inCall = new Set();

/** Where pages are made without a browser the module can be loaded, too. */
const Base = globalThis.HTMLElement ?? /** @type {typeof HTMLElement} */ (class {});

export class VoiceAgentElement extends Base {
  static observedAttributes = ['agent', 'disabled', 'floating', 'gate', 'lang', 'theme', 'variant'];

  #call = new Call(() => this.#wishes());
  #shell;
  /** @type {string | (() => string | Promise<string>) | undefined} */
  #accessToken;
  /** An access code that the visitor gave. @type {string | undefined} */
  #code;
  /** @type {import('./element-session.js').Overrides} */
  #session = {};
  /** @type {Record<string, import('../../index.js').Tool>} */
  #tools = {};

  constructor() {
    super();
    this.#shell = createShell(this.attachShadow({ mode: 'open' }), this.#call, {
      look: () => lookOf(this),
      manner: () => ({ theme: this.getAttribute('theme'), isDisabled: this.disabled }),
      opened: () => this.#lookUp(),
      context: {
        isElsewhere: () => [...inCall].some((other) => other !== this),
        access: {
          gate: () => this.#gate,
          isOurs: () => this.#accessToken === undefined,
          remember: (code) => (this.#code = code),
        },
      },
    });
    tellAsEvents(this, this.#call);
    this.#call.on('state', () => {
      if (this.isActive) inCall.add(this);
      else inCall.delete(this);
    });
  }

  connectedCallback() {
    for (const name of PROPERTIES) takeEarly(this, name);
    hintAtLostProperties(this);
    void this.#shell.open();
    if (!this.hasAttribute('floating')) this.#lookUp();
  }

  /** Whoever moves an element takes it out first (`append`, Turbo, Astro): only one that stays out is gone. */
  disconnectedCallback() {
    setTimeout(() => {
      if (this.isConnected) return;
      this.#call.close();
      this.#shell.close();
    });
  }

  /** Moved within the page without leaving it (`moveBefore`): the call goes on. */
  connectedMoveCallback() {}

  /** @param {string} name @param {string | null} before @param {string | null} now */
  attributeChangedCallback(name, before, now) {
    if (!this.isConnected || before === now) return;
    if (name === 'theme' || name === 'disabled') return this.#shell.adapt();
    if (name === 'gate' || name === 'agent') return this.#lookUp();
    void this.#shell.refresh();
  }

  /** What the page's own login gave it, or a function that gives it; never an attribute. */
  get accessToken() {
    return this.#accessToken;
  }

  set accessToken(value) {
    this.#accessToken = value;
  }

  /** As Solid writes it. */
  get accesstoken() {
    return this.#accessToken;
  }

  set accesstoken(value) {
    this.#accessToken = value;
  }

  /** Voice, system prompt and greeting, as far as the gate lets a page set them; from the next call on. */
  get session() {
    return this.#session;
  }

  set session(value) {
    this.#session = value ?? {};
  }

  /** Functions that the agent may call, by name; from the next call on. */
  get tools() {
    return this.#tools;
  }

  set tools(value) {
    this.#tools = value ?? {};
  }

  get disabled() {
    return this.hasAttribute('disabled');
  }

  set disabled(value) {
    this.toggleAttribute('disabled', Boolean(value));
  }

  get state() {
    return this.#call.state;
  }

  /** Whether a call is under way, from the start on until it has ended. */
  get isActive() {
    return this.#call.isActive;
  }

  get turns() {
    return this.#call.turns;
  }

  get muted() {
    return this.#call.muted;
  }

  set muted(value) {
    this.#call.setMuted(Boolean(value));
  }

  /** The client's object, for all else that it can do; another one after gate, tools or access token have changed. */
  get agentClient() {
    return this.#call.agent;
  }

  /**
   * @param {{takeOver?: boolean}} [how]   `takeOver`: end the call of another element or tab
   * @returns {Promise<void>} as the client's `start`
   */
  async start(how) {
    if (!this.isConnected || this.disabled)
      throw new DOMException(
        'A call needs an element that is in the page and not disabled.',
        'InvalidStateError',
      );
    await this.#call.start(how);
  }

  /** @returns {Promise<void>} */
  stop() {
    return this.#call.stop();
  }

  mute() {
    this.#call.setMuted(true);
  }

  unmute() {
    this.#call.setMuted(false);
  }

  /** @param {string} text   in writing, during a call */
  say(text) {
    this.#call.agent.say(text);
  }

  get #gate() {
    return gateUrl(this.getAttribute('gate'), import.meta.url, document.baseURI);
  }

  #wishes() {
    return {
      gate: this.#gate,
      agent: this.getAttribute('agent'),
      session: this.#session,
      tools: this.#tools,
      accessToken: this.#accessToken ?? this.#code,
    };
  }

  /** What keeps the gate from answering is said in the console, and on the screen when a call is wanted. */
  #lookUp() {
    if (!this.isActive) this.#call.lookUp().catch(() => {});
  }
}
