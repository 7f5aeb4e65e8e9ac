// What is asked of an engine from inside a page: one function a question, each with an answer that JSON can hold.

const WIRE_RATE_HZ = 24_000;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const nameOf = ({ name }) => name;

/** @param {string} path of names, from `globalThis` */
const at = (path, root = globalThis) => path.split('.').reduce((it, key) => it?.[key], root);

/** @param {Worker | MessagePort} thread @param {object} message @returns {Promise<any>} its next word */
function askThread(thread, message, transfer = []) {
  return new Promise((resolve) => {
    thread.onmessage = ({ data }) => resolve(data);
    thread.onerror = () => resolve('error event');
    thread.postMessage(message, transfer);
  });
}

/** @param {(context: AudioContext) => Promise<any>} use @param {AudioContextOptions} [options] */
async function withContext(use, options) {
  const context = new AudioContext(options);
  try {
    return await use(context);
  } finally {
    await context.close();
  }
}

/** @param {AudioContext} context */
async function probeNode(context, file = 'worklet.js') {
  await context.audioWorklet.addModule(file);
  const node = new AudioWorkletNode(context, 'probe');
  node.connect(context.destination);
  return node;
}

/** @param {MediaTrackConstraints | true} audio */
async function withMicrophone(use, audio = true) {
  const stream = await navigator.mediaDevices.getUserMedia({ audio });
  try {
    return await use(stream, stream.getAudioTracks()[0]);
  } finally {
    for (const track of stream.getTracks()) track.stop();
  }
}

/** How a socket ends, and whether the page's `error` came before. */
function endOf(url, closesItself = false) {
  return new Promise((resolve) => {
    const socket = new WebSocket(url);
    let openedAtMs = 0;
    let isError = false;
    const limit = setTimeout(() => resolve('none within 20 s'), 20_000);
    socket.onerror = () => (isError = true);
    socket.onopen = () => {
      openedAtMs = performance.now();
      if (closesItself) socket.close();
    };
    socket.onclose = ({ code, wasClean, reason }) => {
      clearTimeout(limit);
      const seconds = Math.round((performance.now() - openedAtMs) / 1000);
      const end = [code, wasClean && 'clean', isError && 'after error', reason];
      if (closesItself) end.push(`${seconds} s later`);
      resolve(end.filter(Boolean).join(', '));
    };
  });
}

/** What goes on, in beats a second, between two looks. */
const beats = {};

/** What a page that comes back finds. */
const held = {};

globalThis.asks = {
  // Sound.
  contextRates: async () => {
    const answers = {};
    for (const sampleRate of [8_000, 16_000, WIRE_RATE_HZ, 44_100, 96_000, 384_000, 768_000]) {
      try {
        answers[sampleRate] = await withContext(async (context) => context.sampleRate, {
          sampleRate,
        });
      } catch ({ name }) {
        answers[sampleRate] = name;
      }
    }
    const taken = Object.keys(answers).filter((rate) => answers[rate] === Number(rate));
    const others = Object.entries(answers).filter(([rate]) => !taken.includes(rate));
    const own = await withContext(async (context) => context.sampleRate);
    return { own, taken: taken.map(Number), ...Object.fromEntries(others) };
  },
  microphoneAtWireRate: () =>
    withMicrophone((stream) =>
      withContext(
        async (context) => {
          try {
            context.createMediaStreamSource(stream);
            return 'taken';
          } catch ({ name }) {
            return name;
          }
        },
        { sampleRate: WIRE_RATE_HZ },
      ),
    ),
  renderSize: async () => {
    const answers = {};
    for (const renderSizeHint of ['default', 'hardware', 256]) {
      try {
        answers[renderSizeHint] = await withContext(
          async (context) => context.renderQuantumSize ?? 'not known',
          { renderSizeHint },
        );
      } catch ({ name }) {
        answers[renderSizeHint] = name;
      }
    }
    return answers;
  },
  playbackStats: () =>
    withContext(async ({ playbackStats }) => {
      if (!playbackStats) return [];
      return Object.keys(Object.getPrototypeOf(playbackStats)).filter((key) => key !== 'toJSON');
    }),
  latencies: () =>
    withContext(async (context) => {
      await context.resume();
      await sleep(500);
      const ms = (seconds) => (seconds === undefined ? 'not known' : Math.round(seconds * 1000));
      return { base: ms(context.baseLatency), output: ms(context.outputLatency) };
    }),
  speakerChoice: () => [
    ...('setSinkId' in AudioContext.prototype ? ['AudioContext.setSinkId'] : []),
    ...('setSinkId' in HTMLMediaElement.prototype ? ['HTMLMediaElement.setSinkId'] : []),
    ...('selectAudioOutput' in MediaDevices.prototype ? ['selectAudioOutput'] : []),
  ],
  contextWithoutPress: async () => {
    const state = () =>
      withContext(async (context) => {
        context.resume().catch(() => {});
        await sleep(500);
        return context.state;
      });
    return { 'before': await state(), 'while the microphone is open': await withMicrophone(state) };
  },
  audioSession: () => navigator.audioSession?.type ?? false,
  manyContexts: async () => {
    const contexts = [];
    try {
      for (let count = 0; count < 20; count += 1) contexts.push(new AudioContext());
    } catch ({ name }) {
      return `${contexts.length}, then ${name}`;
    } finally {
      for (const context of contexts) await context.close();
    }
    return contexts.length;
  },

  // The microphone.
  settings: () =>
    withMicrophone(
      (_stream, track) => {
        const { deviceId: _device, groupId: _group, ...settings } = track.getSettings();
        return settings;
      },
      { channelCount: 1, echoCancellation: true, noiseSuppression: false, autoGainControl: false },
    ),
  constraints: () => {
    const supported = navigator.mediaDevices.getSupportedConstraints();
    const wanted = ['channelCount', 'echoCancellation', 'noiseSuppression', 'autoGainControl'];
    return [...wanted, 'sampleRate', 'latency', 'voiceIsolation'].filter((name) => supported[name]);
  },
  devicesBefore: async () => {
    const devices = await navigator.mediaDevices.enumerateDevices();
    const inputs = devices.filter(({ kind }) => kind === 'audioinput');
    return { inputs: inputs.length, named: inputs.some(({ label }) => label !== '') };
  },
  missingDevice: () =>
    withMicrophone(async () => 'opened', { deviceId: { exact: 'nowhere' } }).catch(nameOf),
  permissions: async () => {
    const answers = {};
    const names = ['microphone', 'speaker-selection', 'screen-wake-lock'];
    for (const name of [...names, 'local-network-access', 'local-network', 'loopback-network']) {
      try {
        answers[name] = (await navigator.permissions.query({ name })).state;
      } catch (error) {
        answers[name] = error.name;
      }
    }
    return answers;
  },
  captureElements: () =>
    ['microphone', 'usermedia'].filter(
      (name) => !(document.createElement(name) instanceof HTMLUnknownElement),
    ),
  presence: (names) => names.filter((name) => at(name) !== undefined),

  // Other threads.
  inWorklet: (message) =>
    withContext(async (context) => {
      await context.resume();
      return askThread((await probeNode(context)).port, message);
    }),
  workletFrom: async (file) => {
    const kept = file === 'blob' ? `import '${new URL('imported.js', location.href)}';` : '';
    const address = kept
      ? URL.createObjectURL(new Blob([kept], { type: 'text/javascript' }))
      : file;
    return withContext((context) =>
      context.audioWorklet.addModule(address).then(() => 'loaded', nameOf),
    );
  },
  portToWorker: () =>
    withContext(async (context) => {
      await context.resume();
      const { port } = await probeNode(context);
      const { port1, port2 } = new MessageChannel();
      const worker = new Worker('worker.js', { type: 'module' });
      const heard = askThread(worker, { port: port1 }, [port1]);
      await sleep(300); // the Worker listens
      port.postMessage({ port: port2 }, [port2]);
      const word = await Promise.race([heard, sleep(3000).then(() => 'nothing')]);
      worker.terminate();
      return word;
    }),
  inWorker: async (message) => {
    const worker = new Worker('worker.js', { type: 'module' });
    const word = await askThread(worker, message);
    worker.terminate();
    return word;
  },
  workerFrom: async (file) => {
    const text = `import('${new URL('imported.js', location.href)}').then(() => postMessage('loaded'), ({ name }) => postMessage(name))`;
    const address =
      file === 'blob' ? URL.createObjectURL(new Blob([text], { type: 'text/javascript' })) : file;
    try {
      const worker = new Worker(address, { type: 'module' });
      const word = new Promise((resolve) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = () => resolve('error event');
      });
      if (file !== 'blob') worker.postMessage({ task: 'static-import' });
      return await Promise.race([word, sleep(3000).then(() => 'nothing')]);
    } catch ({ name }) {
      return `throws ${name}`;
    }
  },

  // Sockets.
  endOf: ({ url, closesItself }) => endOf(url, closesItself),
  endInWorker: async (url) => {
    const worker = new Worker('worker.js', { type: 'module' });
    const words = [];
    const end = new Promise((resolve) => {
      worker.onmessage = ({ data }) => (words.push(data), data !== 'open' && resolve());
    });
    worker.postMessage({ task: 'socket', url });
    await end;
    worker.terminate();
    return words.at(-1);
  },
  buffered: async (url) => {
    const socket = new WebSocket(url);
    await new Promise((resolve) => (socket.onopen = resolve));
    const block = new Uint8Array(1024 * 1024);
    for (let count = 0; count < 64; count += 1) socket.send(block);
    const sent = socket.bufferedAmount;
    await sleep(2000);
    const part = Math.round((socket.bufferedAmount / (64 * 1024 * 1024)) * 100);
    return { 'at once': `${Math.round(sent / 1024 / 1024)} MiB`, 'after 2 s': `${part} %` };
  },
  bufferedAfterClose: async (url) => {
    const socket = new WebSocket(url);
    await new Promise((resolve) => (socket.onopen = resolve));
    socket.close();
    await new Promise((resolve) => (socket.onclose = resolve));
    try {
      socket.send('four');
      return socket.bufferedAmount;
    } catch ({ name }) {
      return name;
    }
  },
  retries: async (url) => {
    const times = [];
    for (let count = 0; count < 4; count += 1) {
      const startMs = performance.now();
      await endOf(url);
      times.push(performance.now() - startMs);
    }
    return times.some((ms) => ms > 150) ? 'later ones wait' : 'none waits';
  },

  // The life of a page.
  beginBeats: async (company) => {
    const worker = new Worker('worker.js', { type: 'module' });
    const count = (name) => (beats[name] ??= []).push(performance.now());
    worker.onmessage = () => count('Worker');
    worker.postMessage({ task: 'tick' });
    setInterval(() => count('page'), 100);
    const draw = () => (count('frames'), requestAnimationFrame(draw));
    draw();
    if (company === 'microphone') await navigator.mediaDevices.getUserMedia({ audio: true });
    const context = new AudioContext();
    await context.resume();
    await probeNode(context);
    document.addEventListener('visibilitychange', () => {
      const name = document.hidden ? 'hidden' : 'shown';
      beats[name] ??= { atMs: performance.now(), soundSeconds: context.currentTime };
    });
  },
  countBeats: () => {
    const { hidden, shown } = beats;
    if (!hidden || !shown) return { page: 'could not be hidden' };
    const [fromMs, toMs] = [hidden.atMs + 1000, shown.atMs];
    const isWithin = (ms) => ms > fromMs && ms < toMs;
    const rate = (times = []) =>
      Math.round(times.filter(isWithin).length / ((toMs - fromMs) / 1000));
    const isSounding = shown.soundSeconds - hidden.soundSeconds > 3;
    return {
      ...{ page: rate(beats.page), Worker: rate(beats.Worker), frames: rate(beats.frames) },
      sound: isSounding ? 'goes on' : 'stands still',
    };
  },
  hold: async ({ what, url }) => {
    held.seen = [];
    if (what === 'socket') {
      held.socket = new WebSocket(url);
      held.socket.onclose = ({ code }) => held.seen.push(code);
      await new Promise((resolve) => (held.socket.onopen = resolve));
    }
    if (what === 'socket in a Worker') {
      held.worker = new Worker('worker.js', { type: 'module' });
      await askThread(held.worker, { task: 'socket', url });
      held.worker.onmessage = ({ data }) => held.seen.push(data);
    }
    if (what === 'track') held.stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    if (what === 'lock')
      await new Promise((resolve) =>
        navigator.locks.request('held', () => (resolve(), new Promise(() => {}))),
      );
    if (what === 'context') {
      held.context = new AudioContext();
      await held.context.resume();
    }
    addEventListener('pageshow', ({ persisted }) => (held.isBack = persisted));
    held.mark = true;
  },
  back: async () => {
    await sleep(500);
    if (held.isBack) return held.seen.length > 0 ? `kept; its socket: ${held.seen}` : 'kept';
    const [entry] = performance.getEntriesByType('navigation');
    const reasons = entry.notRestoredReasons?.reasons?.map(({ reason }) => reason) ?? [];
    return reasons.length > 0 ? `loaded anew (${reasons.join(', ')})` : 'loaded anew';
  },
  speakOnLeaving: async ({ url }) => {
    const worker = new Worker('worker.js', { type: 'module' });
    await askThread(worker, { task: 'socket', url });
    const socket = new WebSocket(url);
    await new Promise((resolve) => (socket.onopen = resolve));
    addEventListener('pagehide', () => {
      void fetch('/heard?what=keepalive', { method: 'POST', keepalive: true });
      void fetch('/heard?what=plain', { method: 'POST' });
      navigator.sendBeacon('/heard?what=beacon');
      socket.send('socket');
      worker.postMessage({ task: 'send', text: 'socket in a Worker' });
    });
  },
  leave: () => void setTimeout(() => (location.href = '/elsewhere.html')),
  goBack: () => void setTimeout(() => history.back()),

  // Policies.
  trustedTypes: async () => {
    if (!globalThis.trustedTypes) return 'none';
    const attempt = (make) => {
      try {
        make();
        return 'taken';
      } catch ({ name }) {
        return name;
      }
    };
    const policy = trustedTypes.createPolicy('voicegate', { createScriptURL: (own) => own });
    const trusted = policy.createScriptURL('worker.js');
    return {
      'Worker by its address': attempt(() => new Worker('worker.js', { type: 'module' })),
      'Worker by the policy': attempt(() => new Worker(trusted, { type: 'module' })),
      'worklet by its address': await withContext((context) =>
        context.audioWorklet.addModule('worklet.js').then(() => 'taken', nameOf),
      ),
    };
  },
  frame: async (address) => {
    const frame = document.createElement('iframe');
    const answer = new Promise((resolve) => (onmessage = ({ data }) => resolve(data)));
    frame.src = address;
    document.body.append(frame);
    return Promise.race([answer, sleep(8000).then(() => 'nothing')]);
  },
  lockAndStore: () => {
    localStorage.setItem('word', 'first party');
    void navigator.locks.request('shared', () => new Promise(() => {}));
  },
};

const itself = new URLSearchParams(location.search).get('ask');
if (itself) globalThis.answer = globalThis.asks[itself]();
