// The sound of a call without the rest of it, in a page. Each function must stand alone: only its text is
// sent there.

/**
 * @typedef {object} SoundOfCall
 * @property {import('../../../static/voice-agent/main-thread/audio/call-audio.js').LiveAudio} audio
 * @property {number} frames that came from the microphone
 * @property {number} level of the last one
 * @property {number[]} sizes of frames, each once, in bytes
 * @property {string[]} events of the microphone
 * @property {string[]} lost codes of errors
 * @property {boolean[]} interruptions
 * @property {MessagePort} playback
 * @property {MessagePort[]} ends of all its ways
 * @property {boolean} [asked] whether its context was asked to go on
 */

/**
 * @typedef {object} Hold
 * @property {Promise<unknown>} until microphones arrive no earlier
 * @property {number} asked how often a microphone was asked for
 * @property {string | null} refusal name of the error that asking for one gives
 * @property {AudioContext[]} contexts all there ever were
 * @property {MediaStreamTrack[]} tracks all there ever were
 * @property {number} mostOpen tracks that were open at the same time
 * @property {() => number} open tracks that are open now
 */

/**
 * Open microphone and speaker as the agent would, and be the session that gets the frames.
 * @param {import('../../../static/voice-agent/main-thread/audio/call-audio.js').AudioOptions} wanted
 * @returns {Promise<string>} 'open', or the code of what went wrong
 */
export async function openSound(wanted) {
  const file = new URL('/static/voice-agent/main-thread/audio/call-audio.js', location.href).href;
  const { LiveAudio } = await import(file);
  const sound = /** @type {SoundOfCall} */ (
    /** @type {unknown} */ ({
      frames: 0,
      level: 0,
      sizes: [],
      events: [],
      lost: [],
      interruptions: [],
      ends: [],
    })
  );
  const listen = (/** @type {{capture: MessagePort, playback: MessagePort}} */ ports) => {
    sound.playback = ports.playback;
    sound.ends.push(ports.capture, ports.playback);
    ports.capture.onmessage = ({ data: { pcm, level } }) => {
      sound.frames += 1;
      sound.level = level;
      if (!sound.sizes.includes(pcm.byteLength)) sound.sizes.push(pcm.byteLength);
      ports.capture.postMessage(pcm, [pcm]);
    };
  };
  sound.audio = new LiveAudio(wanted, {
    onMicrophone: (/** @type {any} */ { reason, label }) =>
      sound.events.push(`${reason}: ${label}`),
    onLost: (/** @type {any} */ { code }) => sound.lost.push(code),
    onInterrupted: (/** @type {boolean} */ isInterrupted) =>
      sound.interruptions.push(isInterrupted),
    onPorts: listen,
  });
  Object.assign(globalThis, { sound });
  try {
    listen(await sound.audio.open());
    return 'open';
  } catch (error) {
    return /** @type {any} */ (error).code ?? String(error);
  }
}

/** Let go of it, if there is any. */
export function closeSound() {
  const { sound } = /** @type {{sound?: SoundOfCall}} */ (globalThis);
  sound?.audio.close();
  for (const port of sound?.ends ?? []) port.close();
}

/** Keep a hand on what the page opens, and hold back or refuse microphones when told to. */
export function holdDevices() {
  const devices = navigator.mediaDevices;
  const native = devices.getUserMedia.bind(devices);
  /** @type {Hold} */
  const hold = {
    until: Promise.resolve(),
    asked: 0,
    refusal: null,
    contexts: [],
    tracks: [],
    mostOpen: 0,
    open: () => hold.tracks.filter(({ readyState }) => readyState === 'live').length,
  };
  devices.getUserMedia = async (constraints) => {
    hold.asked += 1;
    if (hold.refusal) throw new DOMException('refused', hold.refusal);
    const stream = await native(constraints);
    await hold.until;
    hold.tracks.push(...stream.getTracks());
    hold.mostOpen = Math.max(hold.mostOpen, hold.open());
    return stream;
  };
  const Native = globalThis.AudioContext;
  globalThis.AudioContext = class extends Native {
    /** @param {AudioContextOptions} [options] */
    constructor(options) {
      super(options);
      hold.contexts.push(this);
    }
  };
  Object.assign(globalThis, { hold });
}
