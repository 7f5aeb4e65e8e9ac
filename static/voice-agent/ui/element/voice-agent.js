// The custom element: attributes, properties, methods and DOM events around a call and what is seen of it.

import { gateUrl } from '../../main-thread/gate.js';
import { hintAtLostProperties } from './developer-hints.js';
import { AGENT_EVENTS, Call } from './element-call.js';
import { languageOf } from './element-language.js';
import { createShell } from './element-shell.js';

/** Set before the element was defined, they stand in the way of ours. */
const PROPERTIES = [
  ...['accessToken', 'accesstoken', 'agents', 'session', 'tools', 'muted', 'disabled'],
  ...['pushToTalk', 'textOnly', 'floating', 'gate', 'agent', 'variant', 'theme'],
];

/** Those of this page that are in a call. @type {Set<VoiceAgentElement>} */
const inCall = new Set();

/** Where pages are made without a browser the module can be loaded, too. */
const Base = globalThis.HTMLElement ?? /** @type {typeof HTMLElement} */ (class {});

export class VoiceAgentElement extends Base {
  static observedAttributes = [
    ...['agent', 'disabled', 'floating', 'gate', 'lang', 'push-to-talk', 'text-only', 'theme'],
    'variant',
  ];

  #call = new Call(() => this.#settings());
  #shell;
  /** @type {string | (() => string | Promise<string>) | undefined} */
  #accessToken;
  /** An access code that the visitor gave. @type {string | undefined} */
  #code;
  /** @type {import('./element-call.js').Overrides} */
  #session = {};
  /** @type {Record<string, import('../../index.js').Tool>} */
  #tools = {};
  /** @type {import('./element-call.js').CallSettings['agents']} */
  #agents = null;

  constructor() {
    super();
    const shadow = this.shadowRoot ?? this.attachShadow({ mode: 'open' });
    this.#shell = createShell(shadow, this.#call, {
      viewAttributes: () => viewAttributesOf(this),
      liveAttributes: () => ({
        theme: this.getAttribute('theme'),
        isDisabled: this.disabled,
        isPushToTalk: this.pushToTalk,
      }),
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
    for (const name of PROPERTIES) takeEarly(this, name); // before attributes and connection are told of
  }

  connectedCallback() {
    hintAtLostProperties(this);
    this.#call.open();
    void this.#shell.open();
    this.#shell.adapt(); // to what was set while it was out of the page
    // Angular puts an element in before it has its gate.
    queueMicrotask(() => {
      if (this.isConnected && !this.floating) this.#lookUp();
    });
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
    if (['theme', 'disabled', 'push-to-talk'].includes(name)) return this.#shell.adapt();
    if (name === 'gate' || name === 'agent') {
      this.#shell.settle('agent-refused');
      return this.#lookUp();
    }
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
    this.#shell.settle('agent-refused');
  }

  /** What the gate's `/api/agents` answers, where the page knows it already: it is then not asked. */
  get agents() {
    return this.#agents;
  }

  set agents(value) {
    this.#agents = value;
    if (this.isConnected) this.#lookUp();
  }

  /** Functions that the agent may call, by name; from the next call on. */
  get tools() {
    return this.#tools;
  }

  set tools(value) {
    this.#tools = value ?? {};
  }

  get disabled() {
    return isOn(this, 'disabled');
  }

  set disabled(value) {
    write(this, 'disabled', value ? '' : null);
  }

  /** Whether the visitor is heard only while a button or the space bar is held. */
  get pushToTalk() {
    return isOn(this, 'push-to-talk');
  }

  set pushToTalk(value) {
    write(this, 'push-to-talk', value ? '' : null);
  }

  /** Whether calls are in writing: no microphone, no sound, and words as soon as they come. */
  get textOnly() {
    return isOn(this, 'text-only');
  }

  set textOnly(value) {
    write(this, 'text-only', value ? '' : null);
  }

  get floating() {
    return isOn(this, 'floating');
  }

  set floating(value) {
    write(this, 'floating', value ? '' : null);
  }

  // Solid and Angular set no attributes but properties, also where there are none.

  get gate() {
    return this.getAttribute('gate') ?? '';
  }

  set gate(value) {
    write(this, 'gate', value || null);
  }

  get agent() {
    return this.getAttribute('agent') ?? '';
  }

  set agent(value) {
    write(this, 'agent', value || null);
  }

  get variant() {
    return this.getAttribute('variant') ?? '';
  }

  set variant(value) {
    write(this, 'variant', value || null);
  }

  get theme() {
    return this.getAttribute('theme') ?? '';
  }

  set theme(value) {
    write(this, 'theme', value || null);
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
    if (value) this.mute();
    else this.unmute().catch(() => {}); // told in the element
  }

  /** The client's object, for all else that it can do; another one after gate has changed, or an access token has come or gone. */
  get agentClient() {
    return this.#call.agent;
  }

  /**
   * @param {Omit<import('../../index.js').StartOptions, 'session'>} [how]
   * @returns {Promise<void>} as the client's `start`
   * @throws {TypeError | RangeError} one of `tools` is not what it must be
   */
  async start(how) {
    if (!this.isConnected || this.disabled)
      throw new DOMException(
        'A call needs an element that is in the page and not disabled.',
        'InvalidStateError',
      );
    await this.#call.start({ ...how, ...(this.textOnly && { textOnly: true }) });
  }

  /** @returns {Promise<void>} */
  stop() {
    return this.#call.stop();
  }

  mute() {
    void this.#call.setMuted(true);
  }

  /**
   * A refusal of the microphone, where the call began without one, is told in the element, too.
   * @returns {Promise<void>} as the client's `unmute`
   */
  unmute() {
    return this.#choose('microphone', this.#call.setMuted(false));
  }

  /** Whether the call is on hold. */
  get held() {
    return this.#call.held;
  }

  hold() {
    this.#call.agent.hold();
  }

  unhold() {
    this.#call.agent.unhold();
  }

  /** @param {string} text   in writing, during a call */
  say(text) {
    this.#call.agent.say(text);
  }

  /**
   * Use another microphone, now and in later calls. A refusal is told in the element, too.
   * @param {string} deviceId   one that `listMicrophones` names, or '' for the browser's default
   * @returns {Promise<void>} rejects as the client's
   */
  setMicrophone(deviceId) {
    return this.#choose('microphone', this.#call.setMicrophone(deviceId));
  }

  /**
   * Let the agent be heard somewhere else, now and in later calls. A refusal is told in the element, too.
   * @param {string} deviceId   one that `listSpeakers` names, or '' for the browser's default
   * @returns {Promise<void>} rejects as the client's
   */
  setSpeaker(deviceId) {
    return this.#choose('speaker', this.#call.setSpeaker(deviceId));
  }

  /**
   * @param {number} volume   of the agent, 0 to 1, now and in later calls
   * @throws {TypeError | RangeError}
   */
  setVolume(volume) {
    this.#call.setVolume(volume);
  }

  /** @param {string} kind @param {Promise<void>} choice */
  async #choose(kind, choice) {
    try {
      await choice;
      this.#shell.settle(kind);
    } catch (error) {
      this.#shell.tell(/** @type {import('../../errors.js').VoiceAgentError} */ (error));
      throw error;
    }
  }

  get #gate() {
    return gateUrl(this.getAttribute('gate'), import.meta.url, document.baseURI);
  }

  #settings() {
    return {
      gate: this.#gate,
      agent: this.getAttribute('agent'),
      agents: this.#agents,
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

/** Loaded twice, or where pages are made and no browser is, there is nothing to do. */
export function define() {
  if (globalThis.customElements && !customElements.get('voice-agent'))
    customElements.define('voice-agent', VoiceAgentElement);
}

// Between the DOM and the element: its events, what its attributes say of its view, and what was set too early.

const VARIANTS = /** @type {const} */ (['full', 'page', 'compact', 'headless']);

/**
 * Each event of a call becomes one of the DOM, with the client's value as `detail`.
 *
 * @param {HTMLElement} element
 * @param {import('./element-call.js').Call} call
 */
function tellAsEvents(element, call) {
  for (const type of [...AGENT_EVENTS, 'settings']) {
    call.on(/** @type {any} */ (type), (detail) => {
      const options = { bubbles: true, composed: true, detail };
      element.dispatchEvent(new CustomEvent(`voice-agent-${type}`, options));
    });
  }
}

/** @param {HTMLElement} element @returns {import('./element-shell.js').ViewAttributes} */
function viewAttributesOf(element) {
  const variant = element.getAttribute('variant') ?? '';
  const form = VARIANTS.find((one) => one === variant) ?? 'full';
  const isFloating = isOn(element, 'floating') && form !== 'headless';
  return {
    form: isFloating ? 'floating' : form,
    language: languageOf(element),
    isTextOnly: isOn(element, 'text-only'),
  };
}

/** Vue, Svelte, Preact and Angular write what is off as "false". @param {Element} element @param {string} name */
const isOn = (element, name) => (element.getAttribute(name) ?? 'false') !== 'false';

/**
 * @param {Element} element
 * @param {string} name
 * @param {string | null} value   null takes it away
 */
function write(element, name, value) {
  if (value === null) element.removeAttribute(name);
  else element.setAttribute(name, value);
}

/**
 * A property that was set before the element was defined hides the one that is defined: it is set again.
 *
 * @param {object} element
 * @param {string} name
 */
function takeEarly(element, name) {
  if (!Object.hasOwn(element, name)) return;
  const early = Reflect.get(element, name);
  Reflect.deleteProperty(element, name);
  Reflect.set(element, name, early);
}
