// What happens to a page's audio contexts, watched and brought about. Each function runs in the page and must stand
// alone: only its text is sent there.

/** Write down each context and what is done with it, and be a browser with `navigator.audioSession`. */
export function watchContexts() {
  let isPressed = false;
  const { addEventListener: listen } = EventTarget.prototype;
  EventTarget.prototype.addEventListener = function (type, run, options) {
    if (type !== 'click' || typeof run !== 'function') return listen.call(this, type, run, options);
    /** @param {Event} event */
    const press = (event) => {
      isPressed = true;
      try {
        run.call(this, event);
      } finally {
        isPressed = false; // what comes after the first `await` is in the press no more
      }
    };
    return listen.call(this, type, press, options);
  };
  const Native = AudioContext;
  globalThis.contexts = [];
  globalThis.AudioContext = class extends Native {
    /** @param {AudioContextOptions} [options] */
    constructor(options) {
      super(options);
      globalThis.contexts.push({ context: this, isPressed, resumesWhileTaken: 0 });
    }

    resume() {
      const watched = globalThis.contexts.find(({ context }) => context === this);
      if (watched) {
        watched.isPressed ||= isPressed;
        if (this.state === 'interrupted') watched.resumesWhileTaken += 1;
      }
      return super.resume();
    }
  };
  globalThis.audioSession = { type: 'auto' };
  Object.defineProperty(navigator, 'audioSession', { value: globalThis.audioSession });
  globalThis.isBlocked = false;
  document.addEventListener('voice-agent-sound', (event) => {
    globalThis.isBlocked = /** @type {CustomEvent} */ (event).detail.blocked;
  });
}

export function tellContexts() {
  return globalThis.contexts.map(({ context, isPressed, resumesWhileTaken }) => {
    return { isPressed, isOpen: context.state !== 'closed', resumesWhileTaken };
  });
}

/** Take the element out and put it back, so that it listens as it is watched. */
export async function renewElement() {
  const element = /** @type {Element} */ (document.querySelector('voice-agent'));
  const place = document.createComment('');
  element.replaceWith(place);
  await new Promise((resolve) => setTimeout(resolve));
  place.replaceWith(element);
}

/** As if somebody telephoned. */
export function interrupt() {
  const { context } = /** @type {any} */ (globalThis.contexts.at(-1));
  Object.defineProperty(context, 'state', { value: 'interrupted', configurable: true });
  context.dispatchEvent(new Event('statechange'));
}

export function goOn() {
  const { context } = /** @type {any} */ (globalThis.contexts.at(-1));
  delete context.state;
  context.dispatchEvent(new Event('statechange'));
}

/** As seen on iOS: it says that it runs, and does not. */
export function stopClock() {
  const { context } = /** @type {any} */ (globalThis.contexts.at(-1));
  Object.defineProperty(context, 'currentTime', { value: context.currentTime });
}

/** Be a browser that brings no microphone to another rate than the device's; what contexts are made at is kept. */
export function refuseOtherRates() {
  const Native = AudioContext;
  const probe = new Native();
  const own = probe.sampleRate;
  void probe.close();
  globalThis.made = [];
  globalThis.AudioContext = class extends Native {
    /** @param {AudioContextOptions} [options] */
    constructor(options) {
      super(options);
      globalThis.made.push(this.sampleRate);
    }

    /** @param {MediaStream} stream */
    createMediaStreamSource(stream) {
      if (this.sampleRate !== own) throw new DOMException('another rate', 'NotSupportedError');
      return super.createMediaStreamSource(stream);
    }
  };
}
