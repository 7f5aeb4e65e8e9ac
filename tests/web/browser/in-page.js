// Functions that run in the page, before its own code. Each must stand alone: only its text is sent there.

/**
 * Record what goes to the speakers, and count the microphones that are open. A worklet would be the way to record,
 * but requests of worklets are not shown to Playwright, and the pages' policies let no other script in.
 */
export function installRecorder() {
  /** @type {{atMs: number, rateHz: number, samples: Float32Array<ArrayBuffer>}[]} */
  const blocks = [];
  /** @type {MediaStreamTrack[]} */
  const tracks = [];
  const connect = /** @type {(this: AudioNode, target: any, ...rest: any[]) => any} */ (
    AudioNode.prototype.connect
  );
  /** @param {AudioNode} node   that leads to the speakers */
  const record = async (node) => {
    const context = /** @type {AudioContext} */ (node.context);
    const mirror = context.createMediaStreamDestination();
    connect.call(node, mirror);
    const [track] = mirror.stream.getAudioTracks();
    // Kept by the browser for up to ten seconds, so that a busy main thread makes no holes.
    const { readable } = new MediaStreamTrackProcessor({ track, maxBufferSize: 1000 });
    let skewMs = Infinity;
    for await (const sound of readable) {
      const samples = new Float32Array(sound.numberOfFrames);
      sound.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
      const endMs = (sound.timestamp + (sound.duration ?? 0)) / 1000;
      skewMs = Math.min(skewMs, Date.now() - endMs);
      blocks.push({ atMs: endMs + skewMs, rateHz: sound.sampleRate, samples });
      sound.close();
    }
  };
  AudioNode.prototype.connect = /** @this {AudioNode} */ function (
    /** @type {any} */ target,
    /** @type {any[]} */ ...rest
  ) {
    if (target instanceof AudioDestinationNode) record(this);
    return connect.call(this, target, ...rest);
  };
  const devices = navigator.mediaDevices;
  if (devices) {
    const getUserMedia = devices.getUserMedia.bind(devices);
    devices.getUserMedia = async (constraints) => {
      const stream = await getUserMedia(constraints);
      tracks.push(...stream.getTracks());
      return stream;
    };
  }
  globalThis.heard = () => blocks;
  globalThis.tracks = () => tracks;
  globalThis.openTracks = () => tracks.filter(({ readyState }) => readyState === 'live').length;
}

/** What was recorded, in a form that Playwright hands over in a moment: numbers one by one take it seconds. */
export function packHeard() {
  return globalThis.heard().map(({ samples, ...rest }) => ({
    ...rest,
    samples: btoa(String.fromCharCode(...new Uint8Array(samples.buffer))),
  }));
}

/** Be a browser whose audio runs at the device's rate and at no other. */
export function refuseOtherRates() {
  const Native = globalThis.AudioContext;
  globalThis.AudioContext = class extends Native {
    /** @param {AudioContextOptions} [options] */
    constructor(options) {
      if (options?.sampleRate) throw new DOMException('not this rate', 'NotSupportedError');
      super(options);
    }
  };
}

/** Be a browser, or have a policy, that gives no Worker. Its file is the core's own: to block that leaves no core at all. */
export function refuseWorkers() {
  globalThis.Worker = /** @type {any} */ (
    class {
      constructor() {
        throw new DOMException('no worker-src', 'SecurityError');
      }
    }
  );
}

/** Give the page a microphone that hears its loudspeaker, 150 ms later and 16 dB weaker, and no echo canceller. */
export function hearLoudspeaker() {
  /** @type {AudioNode | null} what both go through; made with the microphone, which may come sooner or later */
  let air = null;
  /** @type {MediaStream[]} */
  const loudspeakers = [];
  const relay = () => {
    if (!air) return;
    for (const stream of loudspeakers.splice(0)) {
      /** @type {AudioContext} */ (air.context).createMediaStreamSource(stream).connect(air);
    }
  };
  const connect = /** @type {(this: AudioNode, target: any, ...rest: any[]) => any} */ (
    AudioNode.prototype.connect
  );
  AudioNode.prototype.connect = /** @this {AudioNode} */ function (
    /** @type {any} */ target,
    /** @type {any[]} */ ...rest
  ) {
    if (target instanceof AudioDestinationNode) {
      const tap = new MediaStreamAudioDestinationNode(/** @type {AudioContext} */ (this.context));
      connect.call(this, tap);
      loudspeakers.push(tap.stream);
      relay();
    }
    return connect.call(this, target, ...rest);
  };
  const { mediaDevices } = navigator;
  const open = mediaDevices.getUserMedia.bind(mediaDevices);
  mediaDevices.getUserMedia = async (constraints) => {
    const room = new AudioContext();
    const microphone = new MediaStreamAudioDestinationNode(room);
    room.createMediaStreamSource(await open(constraints)).connect(microphone);
    air = new DelayNode(room, { delayTime: 0.15 });
    air.connect(new GainNode(room, { gain: 0.16 })).connect(microphone);
    relay();
    return microphone.stream;
  };
}

/** Look into the page's element as into the page: for what is shown there under an id, and what has the focus. */
export function lookInside() {
  globalThis.shown = (id) =>
    document.querySelector('voice-agent')?.shadowRoot?.getElementById(id) ?? null;
  globalThis.focused = () => {
    let focused = document.activeElement;
    while (focused?.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
    return focused;
  };
}

/** Write down each state that the call goes through. */
export function watchStates() {
  globalThis.states = [];
  new MutationObserver((changes) => {
    for (const { target } of changes) {
      const state = /** @type {HTMLElement} */ (target).dataset.state;
      if (state && state !== globalThis.states.at(-1)) globalThis.states.push(state);
    }
  }).observe(document, { subtree: true, attributeFilter: ['data-state'] });
}
