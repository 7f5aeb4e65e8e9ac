// A page that takes the steps of the vendor's documented browser quickstart, in the same order, and no
// others. Written for this benchmark from the description of those steps; none of the vendor's code is in
// it. It is what it is on purpose: do not learn from it.
//
// Source: documents, "browser-integration" and the overview's quickstart; measured in audio-path, section 3:
// token, microphone, context, socket one after the other; every quantum its own input.audio, encoded on the
// main thread; one AudioBufferSourceNode for each reply.audio; an interruption resets the time line only;
// a lost connection is reported, and the microphone stays open.

const RATE_HZ = 24_000;

/** @type {WebSocket} */
let socket;
let isReady = false;
/** @type {AudioContext} */
let context;
let playAtSeconds = 0;

element('start').addEventListener('click', start);

async function start() {
  show('connecting');
  const { token, ws_url: url } = await (await fetch('/api/voice-token')).json();
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: { channelCount: 1, echoCancellation: true },
  });
  context = new AudioContext({ sampleRate: RATE_HZ });
  await context.audioWorklet.addModule(new URL('capture.worklet.js', import.meta.url));
  const capture = new AudioWorkletNode(context, 'capture');
  context.createMediaStreamSource(stream).connect(capture);
  capture.connect(context.destination);
  capture.port.onmessage = ({ data }) => send(data);
  playAtSeconds = context.currentTime;
  connect(`${url}?token=${encodeURIComponent(token)}`);
}

/** @param {string} url */
function connect(url) {
  socket = new WebSocket(url);
  socket.onopen = () =>
    socket.send(
      JSON.stringify({ type: 'session.update', session: { system_prompt: 'Be brief.' } }),
    );
  socket.onmessage = ({ data }) => receive(JSON.parse(data));
  socket.onclose = () => {
    isReady = false;
    show('disconnected');
  };
}

/** @param {Float32Array} samples */
function send(samples) {
  if (!isReady || socket.readyState !== WebSocket.OPEN) return;
  const pcm = new Int16Array(samples.length);
  for (let i = 0; i < samples.length; i += 1) {
    pcm[i] = Math.max(-1, Math.min(1, samples[i])) * 0x7fff;
  }
  let binary = '';
  for (const byte of new Uint8Array(pcm.buffer)) binary += String.fromCharCode(byte);
  socket.send(JSON.stringify({ type: 'input.audio', audio: btoa(binary) }));
}

/** @param {any} event */
function receive(event) {
  if (event.type === 'session.ready') {
    isReady = true;
    show('ready');
  }
  if (event.type === 'reply.audio') play(event.data);
  if (event.type === 'reply.done' && event.status === 'interrupted') {
    playAtSeconds = context.currentTime;
  }
  if (event.type === 'transcript.agent' || event.type === 'transcript.user') {
    element('turns').appendChild(document.createElement('li')).textContent = event.text;
  }
}

/** @param {string} base64 */
function play(base64) {
  const binary = atob(base64);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i += 1) bytes[i] = binary.charCodeAt(i);
  const pcm = new Int16Array(bytes.buffer);
  const buffer = context.createBuffer(1, pcm.length, RATE_HZ);
  const channel = buffer.getChannelData(0);
  for (let i = 0; i < pcm.length; i += 1) channel[i] = pcm[i] / 0x8000;
  const source = context.createBufferSource();
  source.buffer = buffer;
  source.connect(context.destination);
  playAtSeconds = Math.max(playAtSeconds, context.currentTime);
  source.start(playAtSeconds);
  playAtSeconds += buffer.duration;
}

/** @param {string} state */
function show(state) {
  element('state').textContent = state;
}

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
function element(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}
