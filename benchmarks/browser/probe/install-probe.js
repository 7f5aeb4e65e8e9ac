// Runs in a page before the page's own code, and puts the probe where the page reaches for microphone and
// speaker. The page measured needs no change. The function must stand alone: only its text is sent there.

/**
 * @typedef {object} ProbeOptions
 * @property {string} workletUrl of probe.worklet.js, on the page's origin
 * @property {number} rateHz that every AudioContext gets: the sound device of this machine "runs" at it
 * @property {number} permissionMs how long the first getUserMedia takes
 * @property {number} seconds how long microphone and recorder can run
 * @property {{tokenUrl: string, wsUrl: string}} service what takes the place of hosts that are not this machine
 */

/**
 * What one AudioContext has heard and said, as base64 of Float32Array or Float64Array.
 * @typedef {object} ContextReport
 * @property {string} microphoneTimesMs
 * @property {string} samples
 * @property {string} timesMs
 * @property {string} frames
 */

/**
 * @typedef {object} Probe
 * @property {number[]} clicksMs wall clock
 * @property {number[]} microphonesMs when getUserMedia gave a stream
 * @property {() => {tracks: number, contexts: number}} open what is in use now
 * @property {(busyMs: number, everyMs: number) => void} block keep the main thread busy until `unblock`
 * @property {() => void} unblock
 * @property {() => Promise<(ContextReport | null)[]>} report of each context in order; null of a closed one
 */

/** @param {ProbeOptions} options */
export function installProbe({ workletUrl, rateHz, permissionMs, seconds, service }) {
  /**
   * @typedef {object} Tapped
   * @property {AudioContext} context
   * @property {GainNode} microphone everything that is captured in this context comes from here
   * @property {GainNode} output everything that would go to the speakers goes through here
   * @property {AudioWorkletNode[]} nodes microphone and recorder, once they are loaded
   */
  /** @type {Map<BaseAudioContext, Tapped>} */
  const tapped = new Map();
  /** @type {MediaStreamTrack[]} */
  const tracks = [];
  /** @type {number[]} */
  const clicksMs = [];
  /** @type {number[]} */
  const microphonesMs = [];
  const connect = /** @type {(this: AudioNode, ...rest: any[]) => any} */ (
    AudioNode.prototype.connect
  );
  const disconnect = /** @type {(this: AudioNode, ...rest: any[]) => void} */ (
    AudioNode.prototype.disconnect
  );

  /** @param {AudioContext} context */
  async function tap(context) {
    const microphone = new GainNode(context);
    const output = new GainNode(context);
    connect.call(output, context.destination);
    const entry = { context, microphone, output, nodes: /** @type {AudioWorkletNode[]} */ ([]) };
    const number = tapped.size;
    tapped.set(context, entry);
    await context.audioWorklet.addModule(workletUrl);
    const source = new AudioWorkletNode(context, 'benchmark-microphone', {
      numberOfInputs: 0,
      outputChannelCount: [1],
      processorOptions: { microphone: number, seconds },
    });
    const recorder = new AudioWorkletNode(context, 'benchmark-recorder', {
      numberOfInputs: 2,
      numberOfOutputs: 0,
      channelCount: 1,
      channelCountMode: 'explicit',
      processorOptions: { seconds },
    });
    connect.call(source, microphone);
    connect.call(output, recorder);
    connect.call(microphone, recorder, 0, 1); // not recorded: a node that leads nowhere would not run
    entry.nodes = [source, recorder];
  }

  const NativeContext = globalThis.AudioContext;
  globalThis.AudioContext = class AudioContext extends NativeContext {
    /** @param {AudioContextOptions} [options] */
    constructor(options) {
      super({ ...options, sampleRate: rateHz });
      tap(this).catch((error) => console.error('probe', error));
    }
    /** @param {MediaStream} stream */
    createMediaStreamSource(stream) {
      const source = new GainNode(this);
      connect.call(/** @type {Tapped} */ (tapped.get(this)).microphone, source);
      return /** @type {any} */ (Object.assign(source, { mediaStream: stream }));
    }
  };
  globalThis.MediaStreamAudioSourceNode = /** @type {any} */ (
    function MediaStreamAudioSourceNode(
      /** @type {AudioContext} */ context,
      /** @type {MediaStreamAudioSourceOptions} */ { mediaStream },
    ) {
      return context.createMediaStreamSource(mediaStream);
    }
  );

  /**
   * @param {AudioNode} node
   * @param {any[]} rest first argument of connect or disconnect, and the others
   */
  function redirected(node, [target, ...rest]) {
    const isDestination = target instanceof AudioDestinationNode;
    return [(isDestination && tapped.get(node.context)?.output) || target, ...rest];
  }
  AudioNode.prototype.connect = /** @this {AudioNode} */ function (/** @type {any[]} */ ...rest) {
    connect.apply(this, redirected(this, rest));
    return rest[0];
  };
  AudioNode.prototype.disconnect = /** @this {AudioNode} */ function (
    /** @type {any[]} */ ...rest
  ) {
    if (rest.length === 0) disconnect.call(this);
    else disconnect.apply(this, redirected(this, rest));
  };

  const getUserMedia = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  let waitMs = permissionMs;
  navigator.mediaDevices.getUserMedia = async (constraints) => {
    const asked = new Promise((resolve) => setTimeout(resolve, waitMs));
    waitMs = 0; // the browser asks once
    const [stream] = await Promise.all([getUserMedia(constraints), asked]);
    tracks.push(...stream.getTracks());
    microphonesMs.push(Date.now());
    return stream;
  };

  // A page that speaks to the service itself is led to the stub.
  /** @param {string | URL} url */
  const isForeign = (url) => new URL(url, location.href).hostname !== location.hostname;
  const NativeWebSocket = globalThis.WebSocket;
  globalThis.WebSocket = class WebSocket extends NativeWebSocket {
    /**
     * @param {string | URL} url
     * @param {string | string[]} [protocols]
     */
    constructor(url, protocols) {
      super(isForeign(url) ? service.wsUrl : url, protocols);
    }
  };
  const { fetch } = globalThis;
  globalThis.fetch = (resource, options) => {
    const url = resource instanceof Request ? resource.url : resource;
    return isForeign(url) ? fetch(service.tokenUrl) : fetch(resource, options);
  };

  document.addEventListener('click', () => clicksMs.push(Date.now()), { capture: true });

  /** @type {ReturnType<typeof setInterval> | undefined} */
  let blocking;
  /**
   * @param {AudioWorkletNode} node
   * @returns {Promise<any>}
   */
  const ask = (node) =>
    new Promise((resolve) => {
      node.port.onmessage = ({ data }) => resolve(data);
      node.port.postMessage(null);
    });
  /** @param {Float32Array | Float64Array} array */
  const base64 = ({ buffer }) =>
    /** @type {any} */ (new Uint8Array(/** @type {ArrayBuffer} */ (buffer))).toBase64();

  /** @param {Tapped} entry */
  async function reportOn({ context, nodes: [source, recorder] }) {
    if (!source || context.state === 'closed') return null; // nobody is there to answer
    const { timesMs: microphoneTimesMs } = await ask(source);
    const { samples, timesMs, frames } = await ask(recorder);
    return {
      microphoneTimesMs: base64(microphoneTimesMs),
      samples: base64(samples),
      timesMs: base64(timesMs),
      frames: base64(frames),
    };
  }

  globalThis.benchmarkProbe = {
    clicksMs,
    microphonesMs,
    open: () => ({
      tracks: tracks.filter(({ readyState }) => readyState === 'live').length,
      contexts: [...tapped.keys()].filter(({ state }) => state !== 'closed').length,
    }),
    block(busyMs, everyMs) {
      blocking = setInterval(() => {
        const end = performance.now() + busyMs;
        while (performance.now() < end);
      }, everyMs);
    },
    unblock: () => clearInterval(blocking),
    report: () => Promise.all([...tapped.values()].map(reportOn)),
  };
}
