// Functions that run in the page, before its own code. Each must stand alone: only its text is sent there.

/** Record what goes to the speakers, and count the microphones that are open. */
export function installRecorder() {
  /** @type {{atMs: number, rateHz: number, samples: number[]}[]} */
  const blocks = [];
  /** @type {MediaStreamTrack[]} */
  const tracks = [];
  const connect = /** @type {(this: AudioNode, target: any, ...rest: any[]) => any} */ (
    AudioNode.prototype.connect
  );
  AudioNode.prototype.connect = /** @this {AudioNode} */ function (
    /** @type {any} */ target,
    /** @type {any[]} */ ...rest
  ) {
    if (target instanceof AudioDestinationNode) {
      // The longest blocks there are almost: a busy main thread loses those that it is late for.
      const tap = /** @type {AudioContext} */ (this.context).createScriptProcessor(8192, 1, 1);
      tap.onaudioprocess = ({ inputBuffer }) => {
        const samples = [...inputBuffer.getChannelData(0)];
        blocks.push({ atMs: Date.now(), rateHz: inputBuffer.sampleRate, samples });
      };
      connect.call(this, tap);
      connect.call(tap, target); // a processor that leads nowhere is not run
    }
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
