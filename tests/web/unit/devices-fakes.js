// A machine with microphones that can be pulled out, an audio system that can be told what to do, and a call
// on both.

import { LiveAudio } from '../../../static/voice-agent/main-thread/audio/call-audio.js';

/** @typedef {import('node:test').TestContext} TestContext */

/** @param {string} name of a DOMException */
const refusal = (name) => new DOMException(name, name);

/** Let everything that is ready run. */
export async function settle() {
  for (let round = 0; round < 5; round += 1) await new Promise((resolve) => setImmediate(resolve));
}

/**
 * The sound of a call, not opened yet, on a fake machine and with a clock of the test's own.
 * @param {TestContext} t
 * @param {object} [options]
 * @param {string[]} [options.microphones] of the machine; the first one is the default
 * @param {string[]} [options.speakers]
 * @param {import('../../../static/voice-agent/main-thread/audio/call-audio.js').AudioOptions} [options.wanted]
 * @param {{rateHz?: number}} [options.browser] what earlier calls have found out
 */
export function newCall(
  t,
  { microphones = ['built-in', 'headset'], speakers, wanted = {}, browser } = {},
) {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  const machine = new FakeMachine(t, { microphones, speakers });
  const sound = new FakeSound(t);
  /** @type {string[]} what happened to the microphone */
  const events = [];
  /** @type {string[]} why the call could not go on */
  const lost = [];
  /** @type {boolean[]} */
  const interruptions = [];
  /** @type {import('../../../static/voice-agent/main-thread/audio/call-audio.js').AudioPorts[]} */
  const ports = [];
  /** @type {import('../../../static/voice-agent/main-thread/audio/call-audio.js').LiveAudioCalls} */
  const calls = {
    onMicrophone: ({ reason, label }) => events.push(label ? `${reason}: ${label}` : reason),
    onLost: ({ code }) => lost.push(code),
    onInterrupted: (isInterrupted) => interruptions.push(isInterrupted),
    onPorts: (pair) => ports.push(pair),
  };
  const audio = new LiveAudio(wanted, calls, browser);
  /** @param {number} ms */
  const pass = async (ms) => {
    t.mock.timers.tick(ms);
    await settle();
  };
  t.after(() => {
    audio.close();
    for (const { capture, playback } of ports) [capture, playback].map((port) => port.close());
  });
  const open = async () => {
    ports.push(await audio.open());
    await settle();
  };
  return { machine, sound, audio, events, lost, interruptions, ports, pass, open };
}

/**
 * The same, opened.
 * @param {Parameters<typeof newCall>} options
 */
export async function openCall(...options) {
  const call = newCall(...options);
  await call.open();
  return call;
}

/** Stands in for a MediaStreamTrack of a microphone. */
class FakeTrack {
  kind = 'audio';
  readyState = 'live';
  muted = false;
  onended = () => {};
  onmute = () => {};
  onunmute = () => {};

  /** @param {{deviceId: string, groupId: string, label: string}} device */
  constructor({ deviceId, groupId, label }) {
    this.label = label;
    this.settings = { deviceId, groupId };
  }

  getSettings() {
    return this.settings;
  }

  stop() {
    this.readyState = 'ended';
  }

  /** The system takes it away. */
  end() {
    this.readyState = 'ended';
    this.onended();
  }

  /** @param {boolean} isMuted */
  setMuted(isMuted) {
    this.muted = isMuted;
    if (isMuted) this.onmute();
    else this.onunmute();
  }
}

/** @param {FakeTrack} track */
const streamOf = (track) => ({ getTracks: () => [track], getAudioTracks: () => [track] });

/** What `navigator` gives a page of the machine it runs on. */
export class FakeMachine {
  /** @type {FakeTrack[]} every microphone that was ever opened */
  tracks = [];
  /** @type {any[]} what was asked of getUserMedia */
  wishes = [];
  /** Devices that another program holds. */
  busy = new Set();
  /** @type {Promise<unknown>} when the user answers the browser's question */
  answer = Promise.resolve();
  /** @type {(wish: any) => boolean} which wishes the browser cannot fulfil */
  isTooMuch = () => false;
  permission = Object.assign(new EventTarget(), { state: 'granted' });
  mediaDevices = Object.assign(new EventTarget(), {
    enumerateDevices: async () => this.#listed(),
    getUserMedia: (/** @type {any} */ wish) => this.#open(wish),
  });
  #microphones;
  #speakers;

  /**
   * Put it in place of this machine until the test ends.
   * @param {TestContext} t
   * @param {{microphones?: string[], speakers?: string[]}} [devices] the first one is the default
   */
  constructor(t, { microphones = ['built-in'], speakers = [] } = {}) {
    this.#microphones = microphones;
    this.#speakers = speakers;
    const permissions = { query: async () => this.permission };
    replaceGlobal(t, 'navigator', { mediaDevices: this.mediaDevices, permissions });
  }

  /** Labels of the microphones that are open. */
  get open() {
    return this.tracks.filter((track) => track.readyState === 'live').map(({ label }) => label);
  }

  /** The track opened last. */
  get track() {
    return /** @type {FakeTrack} */ (this.tracks.at(-1));
  }

  /**
   * Let the user think about the browser's question.
   * @returns {() => void} the user says yes
   */
  hesitate() {
    let answer = () => {};
    this.answer = new Promise((resolve) => (answer = () => resolve(undefined)));
    return answer;
  }

  /** @param {string} name */
  plugIn(name) {
    this.#microphones.push(name);
    this.#announce();
  }

  /** @param {string} name of a microphone or a speaker */
  unplug(name) {
    this.#microphones = this.#microphones.filter((other) => other !== name);
    this.#speakers = this.#speakers.filter((other) => other !== name);
    for (const track of this.tracks) {
      if (track.label === name && track.readyState === 'live') track.end();
    }
    this.#announce();
  }

  /** @param {string} name */
  plugInSpeaker(name) {
    this.#speakers.push(name);
    this.#announce();
  }

  /** @param {string} name */
  makeDefault(name) {
    this.#microphones = [name, ...this.#microphones.filter((other) => other !== name)];
    this.#announce();
  }

  /** @param {PermissionState} state */
  setPermission(state) {
    this.permission.state = state;
    if (state !== 'granted') {
      for (const track of this.tracks) if (track.readyState === 'live') track.end();
    }
    this.permission.dispatchEvent(new Event('change'));
  }

  #announce() {
    this.mediaDevices.dispatchEvent(new Event('devicechange'));
  }

  /** As Chromium lists them: the default twice. */
  #listed() {
    const [standard] = this.#microphones;
    const microphones = this.#microphones.map((name) => device('audioinput', name));
    const first = standard
      ? [{ ...device('audioinput', standard), deviceId: 'default', label: `Default - ${standard}` }]
      : [];
    return [...first, ...microphones, ...this.#speakers.map((name) => device('audiooutput', name))];
  }

  /** @param {{audio: any}} wish */
  async #open({ audio }) {
    this.wishes.push(audio);
    await this.answer;
    if (this.permission.state === 'denied') throw refusal('NotAllowedError');
    const { exact = 'default' } = audio.deviceId ?? {};
    const sought = exact === 'default' ? this.#microphones[0] : exact;
    if (sought === undefined) throw refusal('NotFoundError');
    if (!this.#microphones.includes(sought)) throw refusal('OverconstrainedError');
    if (this.isTooMuch(audio)) throw refusal('OverconstrainedError');
    if (this.busy.has(sought)) throw refusal('NotReadableError');
    const track = new FakeTrack(device('audioinput', sought));
    this.tracks.push(track);
    return streamOf(track);
  }
}

/**
 * @param {string} kind
 * @param {string} name
 */
const device = (kind, name) => ({ kind, deviceId: name, groupId: `group of ${name}`, label: name });

/** Stands in for the browser's Web Audio. */
export class FakeSound {
  /** @type {FakeContext[]} every context there ever was */
  contexts = [];
  /** @type {(rateHz: number, stream: any) => boolean} whether a context of this rate refuses a stream */
  refuses = () => false;
  /** @type {Promise<unknown>} when the worklets' files arrive */
  modules = Promise.resolve();
  /** How contexts begin. */
  state = 'running';
  /** What the device runs at. */
  rateHz = 48_000;
  /** Whether contexts that run do not go on. */
  isStalled = false;

  /**
   * Put it in place until the test ends.
   * @param {TestContext} t
   */
  constructor(t) {
    const sound = this;
    replaceGlobal(
      t,
      'AudioContext',
      class extends FakeContext {
        /** @param {{sampleRate?: number}} [options] */
        constructor(options) {
          super(sound, options?.sampleRate ?? sound.rateHz);
        }
      },
    );
    replaceGlobal(t, 'AudioWorkletNode', FakeWorkletNode);
    replaceGlobal(t, 'GainNode', FakeGain);
  }

  /**
   * Let the worklets' files take their time.
   * @returns {() => void} they arrive
   */
  delayModules() {
    let arrive = () => {};
    this.modules = new Promise((resolve) => (arrive = () => resolve(undefined)));
    return arrive;
  }

  /** The context made last. */
  get context() {
    return /** @type {FakeContext} */ (this.contexts.at(-1));
  }

  /** Contexts that are not closed. */
  get open() {
    return this.contexts.filter(({ state }) => state !== 'closed');
  }
}

class FakeContext extends EventTarget {
  #time = 0;
  destination = {};
  sinkId = '';
  /** @type {Set<string>} outputs that are there */
  sinks = new Set(['']);
  resumes = 0;
  /** @type {any[]} streams that are connected */
  heard = [];
  /** @type {Record<string, FakeWorkletNode>} */
  nodes = {};
  /** @type {FakeGain | null} */
  gain = null;

  /**
   * @param {FakeSound} sound
   * @param {number} sampleRate
   */
  constructor(sound, sampleRate) {
    super();
    this.sound = sound;
    this.sampleRate = sampleRate;
    this.state = sound.state;
    this.audioWorklet = { addModule: () => sound.modules };
    sound.contexts.push(this);
  }

  /** Goes on from look to look. */
  get currentTime() {
    return this.sound.isStalled ? this.#time : (this.#time += 1);
  }

  async resume() {
    this.resumes += 1;
  }

  async suspend() {}

  async close() {
    this.setState('closed');
  }

  /** @param {string} state */
  setState(state) {
    this.state = state;
    this.dispatchEvent(new Event('statechange'));
  }

  /** @param {any} stream */
  createMediaStreamSource(stream) {
    if (this.sound.refuses(this.sampleRate, stream)) throw refusal('NotSupportedError');
    const drop = () => (this.heard = this.heard.filter((other) => other !== stream));
    return { connect: () => this.heard.push(stream), disconnect: drop };
  }

  /** @param {string} deviceId */
  async setSinkId(deviceId) {
    if (!this.sinks.has(deviceId)) throw refusal('NotFoundError');
    this.sinkId = deviceId;
  }
}

class FakeWorkletNode {
  port = {
    /** @type {(event?: any) => void} */
    onmessage: () => {},
    /** @param {{session: unknown}} message */
    postMessage: ({ session }) => {
      if (session === null) this.port.onmessage({ data: 'ended' });
    },
  };
  onprocessorerror = () => {};

  /**
   * @param {FakeContext} context
   * @param {string} name
   * @param {object} options
   */
  constructor(context, name, options) {
    this.options = options;
    context.nodes[name] = this;
  }

  /** @param {any} target */
  connect(target) {
    return target;
  }
}

class FakeGain {
  /** @type {number[]} */
  targets = [];
  gain = { setTargetAtTime: (/** @type {number} */ value) => this.targets.push(value) };

  /**
   * @param {FakeContext} context
   * @param {{gain: number}} options
   */
  constructor(context, { gain }) {
    this.targets.push(gain);
    context.gain = this;
  }

  /** @param {any} target */
  connect(target) {
    return target;
  }
}

/**
 * @param {TestContext} t
 * @param {string} name
 * @param {unknown} value
 */
function replaceGlobal(t, name, value) {
  const before = Object.getOwnPropertyDescriptor(globalThis, name);
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  t.after(() => {
    if (before) Object.defineProperty(globalThis, name, before);
    else Reflect.deleteProperty(globalThis, name);
  });
}
