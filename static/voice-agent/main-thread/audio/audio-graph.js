// The Web Audio side of a call: one context, a capture node and a playback node. Main thread; the sound
// itself never comes here, it goes from the worklets to the session by ports of their own.
//
// The agent's voice goes to the context's own destination, not through a MediaStream into an <audio> element,
// although only the latter is sure to be known to every browser's echo canceller. Measured in Chromium 156 on
// a PulseAudio null sink, its monitor recorded: the element sounds 15-64 ms later (median 50; an output buffer
// is 12), and it gains nothing: with the sink's monitor as the microphone, the echo canceller takes away 50 dB
// of what the destination plays, and as much of what the element plays.

import { VoiceAgentError } from '../../errors.js';
import { takeContext } from './audio-context.js';

/** Time constant of a change of volume: too slow to click, too fast to wait for. */
const VOLUME_RAMP_SECONDS = 0.01;

/** A context that has not begun to run by then waits for the user. */
const START_MS = 500;

/** A context that is held back for less than this is not told of: another speaker takes Chromium 3 ms. */
const BLINK_MS = 250;

/** How often to look at the clock of a context that says that it runs, and how often in a row it may stand still. */
const CLOCK_LOOK_MS = 1_000;
const CLOCK_STRIKES = 3;

/** How long the processors may take to end; they answer within two quanta while the context runs. */
const END_TIMEOUT_MS = 200;

/**
 * @typedef {object} GraphOptions
 * @property {number} frameMs length of a microphone frame
 * @property {number} volume 0 to 1
 */

/**
 * @typedef {object} GraphCalls
 * @property {(isInterrupted: boolean) => void} onInterrupted the browser or the system holds the sound back
 * @property {() => void} onDead the microphone has given exact silence for a second, and each second more
 * @property {() => void} onBroken the audio thread gave up
 * @property {() => void} onStalled the context says that it runs, and its clock stands still (seen on iOS); once
 */

export class AudioGraph {
  #context;
  #capture;
  #playback;
  #volume;
  #rateHz;
  #life = new AbortController();
  /** @type {MediaStreamAudioSourceNode | null} */
  #source = null;
  /** @type {MediaStreamAudioDestinationNode | null} what the page hears of the microphone, once it has asked for it */
  #inputTap = null;
  /** @type {MediaStreamAudioDestinationNode | null} the same of the agent */
  #outputTap = null;
  #isMuted = false;
  #isStalled = false;

  /**
   * @param {ReturnType<typeof startContext>} started
   * @param {GraphOptions} options
   * @param {GraphCalls} calls
   * @returns {Promise<AudioGraph>}
   */
  static async open({ context, loaded }, options, calls) {
    try {
      await loaded;
      return new AudioGraph(context, options, calls);
    } catch (error) {
      await context.close();
      throw error;
    }
  }

  /**
   * @param {AudioContext} context with both worklet modules loaded
   * @param {GraphOptions} options
   * @param {GraphCalls} calls
   */
  constructor(context, { frameMs, volume }, { onInterrupted, onDead, onBroken, onStalled }) {
    this.#context = context;
    this.#rateHz = context.sampleRate;
    this.#capture = new AudioWorkletNode(context, 'voice-agent-capture', {
      numberOfOutputs: 0,
      channelCount: 1, // a stereo microphone is mixed down
      channelCountMode: 'explicit',
      processorOptions: { frameMs },
    });
    this.#playback = new AudioWorkletNode(context, 'voice-agent-playback', {
      numberOfInputs: 0,
      outputChannelCount: [1],
    });
    this.#volume = new GainNode(context, { gain: volume });
    this.#playback.connect(this.#volume).connect(context.destination);
    this.#capture.port.onmessage = onDead;
    this.#capture.onprocessorerror = onBroken;
    this.#playback.onprocessorerror = onBroken;
    watchContext(context, onInterrupted, this.#life.signal);
    const stalled = () => {
      this.#isStalled = true;
      onStalled();
    };
    watchClock(context, stalled, this.#life.signal);
  }

  get rateHz() {
    return this.#rateHz;
  }

  /** @returns {number | null} null where the browser does not say */
  get outputLatencyMs() {
    const { outputLatency, state } = this.#context;
    return state !== 'closed' && outputLatency >= 0 ? Math.round(outputLatency * 1000) : null;
  }

  /** How often the loudspeaker ran dry since the context began. @returns {number | null} as above */
  get outputUnderruns() {
    // Source: W3C Web Audio API, AudioPlaybackStats; see docs/engines.md.
    const { playbackStats } =
      /** @type {AudioContext & {playbackStats?: {underrunEvents: number}}} */ (this.#context);
    return playbackStats?.underrunEvents ?? null;
  }

  /** Whether it still runs as it was built; some systems change a context's rate with the headset's. */
  get isSound() {
    const { state, sampleRate } = this.#context;
    return state !== 'closed' && sampleRate === this.#rateHz && !this.#isStalled;
  }

  /** Whether the system keeps the sound for something else: a telephone call, another program. */
  get isTaken() {
    return this.#context.state === 'interrupted';
  }

  /**
   * Hear this microphone instead of the one before.
   * @param {MediaStream} stream
   * @throws {DOMException} where the browser cannot bring the microphone's rate to the context's
   */
  setMicrophone(stream) {
    const source = this.#context.createMediaStreamSource(stream);
    source.connect(this.#capture);
    resume(this.#context); // a page that is listening may sound without a press (Safari)
    this.#source?.disconnect();
    this.#source = source;
    this.#connectInputTap();
  }

  /** The microphone in use, silent while muted. @returns {MediaStream} the same one for as long as the graph is there */
  get inputStream() {
    if (!this.#inputTap) {
      this.#inputTap = new MediaStreamAudioDestinationNode(this.#context, { channelCount: 1 });
      this.#connectInputTap();
    }
    return this.#inputTap.stream;
  }

  /** The agent's voice, whatever its volume. @returns {MediaStream} the same one for as long as the graph is there */
  get outputStream() {
    if (!this.#outputTap) {
      this.#outputTap = new MediaStreamAudioDestinationNode(this.#context, { channelCount: 1 });
      this.#playback.connect(this.#outputTap);
    }
    return this.#outputTap.stream;
  }

  /** @param {boolean} muted of `inputStream`; what goes to the agent is silenced where it is sent */
  setMuted(muted) {
    if (muted && !this.#isMuted && this.#inputTap) this.#source?.disconnect(this.#inputTap);
    this.#isMuted = muted;
    this.#connectInputTap();
  }

  #connectInputTap() {
    if (this.#inputTap && !this.#isMuted) this.#source?.connect(this.#inputTap);
  }

  /**
   * Leave it at the default where you can: a browser's echo canceller may know only what goes to the default
   * device, and then the agent hears itself. (Reported for Chrome, https://github.com/ricky0123/vad/issues/159.
   * Chromium 156 on Linux was measured to cancel on another device too, by 50 dB.)
   * @param {string} deviceId one that `listSpeakers` names, or '' for the system's default
   * @throws {VoiceAgentError} unsupported-browser; audio-failed when it is not there. It then stays where it was
   */
  async setSpeaker(deviceId) {
    // Source: W3C Web Audio API 1.1, AudioContext.setSinkId; not in every browser.
    const context =
      /** @type {AudioContext & {setSinkId?: (deviceId: string) => Promise<void>}} */ (
        this.#context
      );
    if (!context.setSinkId)
      throw new VoiceAgentError('unsupported-browser', {
        message: 'This browser does not let a page choose the speaker.',
      });
    try {
      await context.setSinkId(deviceId);
    } catch (cause) {
      throw new VoiceAgentError('audio-failed', {
        message: 'The speaker could not be used.',
        cause,
      });
    }
  }

  /** @param {number} volume 0 to 1 */
  setVolume(volume) {
    const { currentTime } = this.#context;
    this.#volume.gain.setTargetAtTime(volume, currentTime, VOLUME_RAMP_SECONDS);
  }

  /**
   * New ways for the sound, one each; the worklets let go of the ones before.
   * @returns {{capture: MessagePort, playback: MessagePort}} the session's ends
   */
  openPorts() {
    return {
      capture: connectPort(this.#capture),
      playback: connectPort(this.#playback),
    };
  }

  /** Let it sound again after the browser or the system paused it. */
  wake() {
    resume(this.#context);
  }

  async close() {
    this.#life.abort();
    this.#source?.disconnect();
    for (const tap of [this.#inputTap, this.#outputTap])
      tap?.stream.getTracks().forEach((track) => track.stop());
    if (this.#context.state === 'running') await this.#endProcessors();
    if (this.#context.state !== 'closed') await this.#context.close();
  }

  /** Chromium keeps a closed context for as long as a processor in it has not ended (seen: 25 calls, 25 contexts). */
  #endProcessors() {
    const ends = [this.#capture, this.#playback].map(endProcessor);
    const timeout = new Promise((resolve) => setTimeout(resolve, END_TIMEOUT_MS));
    return Promise.race([Promise.all(ends), timeout]);
  }
}

/**
 * A context that sounds as soon as the browser lets it. Call it inside a click: one that is made or resumed there may at
 * once.
 * @param {number} [rateHz] the rate to ask for; the device's own when left out
 */
export function startContext(rateHz) {
  const taken = takeContext(rateHz);
  resume(taken.context);
  taken.loaded.catch(() => {}); // told to whoever waits for it
  return taken;
}

/**
 * Let it sound. Not one that the system has interrupted: it cannot before that is over, and tells then whether it runs or
 * is suspended. Source: W3C Web Audio API 1.1, AudioContextState.
 * @param {AudioContext} context
 */
function resume(context) {
  if (context.state === 'interrupted') return;
  context.resume().catch(() => {}); // not awaited: until it may sound it can stay suspended for long
}

/**
 * @param {AudioWorkletNode} node
 * @returns {MessagePort}
 */
function connectPort(node) {
  const { port1, port2 } = new MessageChannel();
  node.port.postMessage({ session: port1 }, [port1]);
  return port2;
}

/**
 * @param {AudioWorkletNode} node
 * @returns {Promise<unknown>} once it has ended
 */
function endProcessor({ port }) {
  return new Promise((resolve) => {
    port.onmessage = ({ data }) => data === 'ended' && resolve(undefined);
    port.postMessage({ session: null });
  });
}

/**
 * Tells when a context is held back from sounding: until a click by the autoplay rules, or by the system while somebody
 * telephones.
 * @param {AudioContext} context
 * @param {(isInterrupted: boolean) => void} report each change; nothing while all is well
 * @param {AbortSignal} signal
 */
function watchContext(context, report, signal) {
  let isInterrupted = false;
  const look = () => {
    if (isInterrupted === (context.state !== 'running')) return;
    isInterrupted = !isInterrupted;
    report(isInterrupted);
    // Safari leaves a context suspended after a telephone call; elsewhere the browser says no, or waits.
    if (isInterrupted) resume(context);
  };
  const changed = () => {
    clearTimeout(timer);
    if (context.state === 'running' || context.state === 'closed') return look();
    resume(context);
    timer = setTimeout(look, BLINK_MS);
  };
  let timer = setTimeout(() => {
    look();
    context.addEventListener('statechange', changed, { signal });
  }, START_MS);
  signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
}

/** @param {AudioContext} context @param {() => void} onStalled called once @param {AbortSignal} signal */
function watchClock(context, onStalled, signal) {
  let strikes = 0;
  let before = -1;
  const timer = setInterval(() => {
    const { state, currentTime } = context;
    strikes = state === 'running' && currentTime === before ? strikes + 1 : 0;
    before = currentTime;
    if (strikes < CLOCK_STRIKES) return;
    clearInterval(timer);
    onStalled();
  }, CLOCK_LOOK_MS);
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
}
