// Microphone and speaker of one call, opened together and let go of together, whatever fails or comes
// late. Main thread.

import { VoiceAgentError } from '../../errors.js';
import { claimAudioSession } from './audio-session.js';
import { isDefault, watchDevices } from './devices.js';
import { AudioGraph, startContext } from './audio-graph.js';
import { LiveMicrophone } from './call-microphone.js';
import { WIRE_RATE_HZ } from '../../worklets/dsp/pcm.js';

/** Audio systems whose clock may stand still in one call: another one would do so too. */
const MAX_STALLS = 3;

/** Length of a frame on the wire. Source: audio-path measurements: the largest that fits one TCP segment. */
const FRAME_MS = 20;

/** Shorter frames cost messages for nothing; longer ones are heard as delay. */
const FRAME_RANGE_MS = [10, 100];

/**
 * @typedef {object} AudioOptions
 * @property {import('./microphone.js').MicrophoneOptions} [microphone]
 * @property {{deviceId?: string}} [speaker] the browser's default where it is left out or gone
 * @property {number} [volume] of the agent, 0 to 1; 1 by default
 * @property {number} [frameMs] length of a microphone frame on the wire, 10 to 100; 20 by default
 */

/** @typedef {import('./call-microphone.js').DeviceEvent} DeviceEvent */
/** @typedef {{capture: MessagePort, playback: MessagePort}} AudioPorts the session's ends */

/**
 * What the sound goes through, as far as the browser says.
 * @typedef {object} AudioFacts
 * @property {number | null} contextRateHz the audio system runs at
 * @property {number} wireRateHz
 * @property {number | null} outputLatencyMs from the audio thread to the loudspeaker
 * @property {number | null} outputUnderruns how often the audio thread was late for the loudspeaker, whatever was in the
 *   agent's buffers
 * @property {import('./microphone.js').MicrophoneFacts | null} microphone null while there is none
 */

/**
 * @typedef {object} LiveAudioCalls
 * @property {(event: DeviceEvent) => void} onMicrophone
 * @property {(error: VoiceAgentError) => void} onLost the call cannot go on: there was no microphone for a
 *   minute, or the audio system broke down
 * @property {(isInterrupted: boolean) => void} onInterrupted the browser or the system holds the sound back;
 *   `wake()` in a click may help
 * @property {(ports: AudioPorts) => void} onPorts use these from now on: the audio system was built anew
 */

export class LiveAudio {
  #options;
  #calls;
  #browser;
  #microphone;
  /** @type {ReturnType<typeof startContext> | null} started in a press, and nothing built on it yet */
  #started = null;
  /** @type {Promise<void> | null} rejected when the audio system does not start */
  #starting = null;
  /** @type {AudioGraph | null} */
  #graph = null;
  /** Whether the session has its ports. */
  #isOpen = false;
  #isInterrupted = false;
  #stalls = 0;
  #isMuted = false;
  #life = new AbortController();

  /**
   * @param {AudioOptions} options
   * @param {LiveAudioCalls} calls
   * @param {{rateHz?: number}} [browser] which rate to ask it for, the wire's at first; no longer once it could not bring
   *   a microphone to that (Firefox), so that later calls do not build two contexts each
   * @throws {TypeError | RangeError} an option is not what it must be
   */
  constructor(options, calls, browser = { rateHz: WIRE_RATE_HZ }) {
    this.#options = completeAudioOptions(options);
    this.#calls = calls;
    this.#browser = browser;
    this.#microphone = new LiveMicrophone(this.#options.microphone, {
      connect: (stream) => this.#connect(stream),
      onMicrophone: calls.onMicrophone,
      onLost: calls.onLost,
    });
  }

  /** Let it sound: in the click itself, before anything is awaited, or Safari stays silent. */
  begin() {
    if (this.#started) return;
    claimAudioSession(this.#life.signal);
    this.#started = startContext(this.#browser.rateHz);
  }

  /**
   * Open both at the same time. Call it inside a click.
   * @param {{microphone?: boolean}} [what] false: without one for now; what is captured is then silence, at pace
   * @returns {Promise<AudioPorts>}
   * @throws {VoiceAgentError} microphone-*, audio-failed; nothing is left open then
   */
  async open({ microphone = true } = {}) {
    this.begin();
    this.#starting = this.#build(this.#browser.rateHz).then((graph) => void (this.#graph = graph));
    this.#starting.catch(() => {}); // looked at when the microphone is there to be connected
    watchDevices((devices) => this.#devicesChanged(devices), this.#life.signal);
    try {
      await (microphone ? this.#microphone.open() : this.#starting);
      const graph = this.#usableGraph();
      this.#isOpen = true;
      this.#route(graph);
      return graph.openPorts();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /**
   * Open the microphone of a call that began without one.
   * @throws {VoiceAgentError} microphone-*; the call then goes on without
   */
  openMicrophone() {
    return this.#microphone.open();
  }

  /**
   * Change the microphone; the call goes on with the old one until the new one is open.
   * @param {string} deviceId '' for the default, which is then followed
   * @throws {VoiceAgentError} microphone-*
   */
  setMicrophone(deviceId) {
    return this.#microphone.choose(deviceId);
  }

  /**
   * Let the agent be heard somewhere else. Mind the echo: see `playOn`.
   * @param {string} deviceId '' for the default
   * @throws {VoiceAgentError} unsupported-browser, audio-failed; the sound then stays where it was
   */
  async setSpeaker(deviceId) {
    await this.#graph?.setSpeaker(deviceId);
    this.#options.speaker = { deviceId };
  }

  /**
   * @param {number} volume 0 to 1, reached within some 50 ms
   * @throws {TypeError | RangeError}
   */
  setVolume(volume) {
    assertVolume(volume);
    this.#options.volume = volume;
    this.#graph?.setVolume(volume);
  }

  /** @returns {MediaStream | null} null while the audio system is not there; another one once that was built anew */
  get inputStream() {
    return this.#graph?.inputStream ?? null;
  }

  /** @returns {MediaStream | null} as `inputStream` */
  get outputStream() {
    return this.#graph?.outputStream ?? null;
  }

  /** @param {boolean} isOnHold whether the microphone captures nothing */
  setOnHold(isOnHold) {
    this.#microphone.setOnHold(isOnHold);
  }

  /** @param {boolean} muted of `inputStream` */
  setMuted(muted) {
    this.#isMuted = muted;
    this.#graph?.setMuted(muted);
  }

  /** @returns {AudioFacts} */
  get facts() {
    const { rateHz = null, outputLatencyMs = null, outputUnderruns = null } = this.#graph ?? {};
    const microphone = this.#microphone.facts;
    const output = { outputLatencyMs, outputUnderruns };
    return { contextRateHz: rateHz, wireRateHz: WIRE_RATE_HZ, ...output, microphone };
  }

  /**
   * Look after it all: let it sound again after a pause, look for a microphone if there is none. In a press, what the
   * system has interrupted is not waited for any longer.
   */
  wake() {
    this.#graph?.wake();
    this.#microphone.retry();
    if (this.#graph?.isTaken && navigator.userActivation?.isActive)
      this.#started ??= startContext();
    this.#repair();
  }

  /** Let go of everything, now or as soon as it arrives. */
  close() {
    const message = 'The call ended before its sound had started.';
    this.#life.abort(new VoiceAgentError('audio-failed', { message }));
    this.#microphone.close();
    this.#started?.context.close().catch(() => {});
    this.#started = null;
    this.#graph?.close().catch(() => {});
    this.#graph = null;
  }

  /** @param {number} [rateHz] the device's own when left out, or that of the context that was started already */
  async #build(rateHz) {
    const { frameMs, volume } = this.#options;
    const started = this.#started ?? startContext(rateHz);
    this.#started = null;
    const graph = await AudioGraph.open(
      started,
      { frameMs, volume },
      {
        onInterrupted: (isInterrupted) => this.#interrupted(isInterrupted),
        onDead: () => this.#microphone.heardNothing(),
        onBroken: () => this.#calls.onLost(new VoiceAgentError('audio-failed')),
        onStalled: () => this.#stalled(),
      },
    );
    graph.setMuted(this.#isMuted);
    if (!this.#life.signal.aborted) return graph;
    await graph.close();
    throw this.#life.signal.reason;
  }

  /** The one that has started. @throws {VoiceAgentError} audio-failed */
  #usableGraph() {
    this.#life.signal.throwIfAborted();
    return /** @type {AudioGraph} */ (this.#graph);
  }

  /**
   * Some browsers cannot feed a microphone of one rate into a context of another: then the context takes
   * the device's rate, and the worklets convert.
   * @param {MediaStream | null} stream null where there is no microphone, and only the agent to be heard
   */
  async #connect(stream) {
    try {
      await this.#starting;
      const graph = this.#usableGraph();
      const isGood = graph.isSound && !this.#started;
      if (isGood && (!stream || tryToHear(graph, stream))) return;
      if (isGood) this.#browser.rateHz = undefined;
      await this.#rebuild(stream);
    } catch (error) {
      throw VoiceAgentError.from(error, 'audio-failed');
    }
  }

  /**
   * A new audio system in place of the present one, which stays until the new one works.
   * @param {MediaStream | null} stream
   */
  async #rebuild(stream) {
    const graph = await this.#build();
    try {
      if (stream) graph.setMicrophone(stream);
    } catch (error) {
      await graph.close();
      throw error;
    }
    this.#graph?.close().catch(() => {});
    this.#graph = graph;
    if (!this.#isOpen) return;
    this.#route(graph);
    this.#calls.onPorts(graph.openPorts());
    if (this.#isInterrupted) this.#calls.onInterrupted((this.#isInterrupted = false));
  }

  /** @param {AudioGraph} graph to sound where the user wants; at the default where that cannot be done */
  #route(graph) {
    const { deviceId = '' } = this.#options.speaker;
    if (!isDefault(deviceId)) graph.setSpeaker(deviceId).catch(() => {});
  }

  /** @param {boolean} isInterrupted */
  #interrupted(isInterrupted) {
    this.#isInterrupted = isInterrupted;
    this.#calls.onInterrupted(isInterrupted);
    this.#microphone.audioRestarted();
    this.#repair();
  }

  #stalled() {
    this.#stalls += 1;
    if (this.#stalls > MAX_STALLS) this.#calls.onLost(new VoiceAgentError('audio-failed'));
    else this.#repair();
  }

  /** @param {MediaDeviceInfo[]} devices */
  #devicesChanged(devices) {
    this.#microphone.devicesChanged(devices);
    this.#graph?.wake(); // it pauses when its device goes
    this.#repair();
    const { deviceId = '' } = this.#options.speaker;
    if (isDefault(deviceId)) return;
    const isThere = devices.some((device) => device.deviceId === deviceId);
    this.#graph?.setSpeaker(isThere ? deviceId : '').catch(() => {});
  }

  /** Build anew what no longer is what it was built as, or on what was started in its place. */
  #repair() {
    if (!this.#isOpen || !this.#graph || (this.#graph.isSound && !this.#started)) return;
    this.#microphone
      .reconnect()
      .catch((error) => this.#calls.onLost(VoiceAgentError.from(error, 'audio-failed')));
  }
}

/**
 * @param {AudioGraph} graph
 * @param {MediaStream} stream
 * @returns {boolean} whether it could be connected
 */
function tryToHear(graph, stream) {
  try {
    graph.setMicrophone(stream);
    return true;
  } catch {
    return false;
  }
}

/**
 * @param {AudioOptions} [options]
 * @returns {Required<AudioOptions>}
 * @throws {TypeError | RangeError} frameMs or volume is not what it must be; says what is allowed
 */
export function completeAudioOptions({
  microphone = {},
  speaker = {},
  volume = 1,
  frameMs = FRAME_MS,
} = {}) {
  const [shortest, longest] = FRAME_RANGE_MS;
  assertBetween('frameMs', frameMs, shortest, longest, 'milliseconds');
  assertVolume(volume);
  return { microphone, speaker, volume, frameMs };
}

/**
 * @param {number} volume
 * @throws {TypeError | RangeError}
 */
export function assertVolume(volume) {
  assertBetween('volume', volume, 0, 1, '');
}

/**
 * @param {string} name
 * @param {unknown} value
 * @param {number} least
 * @param {number} most
 * @param {string} unit
 */
function assertBetween(name, value, least, most, unit) {
  const rule = `${name} must be a number from ${least} to ${most} ${unit}`.trimEnd();
  if (typeof value !== 'number') throw new TypeError(`${rule}, not ${typeof value}.`);
  if (!(value >= least && value <= most)) throw new RangeError(`${rule}, not ${value}.`);
}
