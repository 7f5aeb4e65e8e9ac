// The other side of the made-up world: a token route, sockets, and an agent that speaks, hears and fails.

/** @typedef {(task: () => void, delayMs: number) => unknown} Schedule */

const TOKEN = /token=([^&]+)/;

const TOKEN_LIFE_MS = 60_000;

/** Within it the client has taken an answer in. */
const SETTLING_MS = 50;

/** One socket, as the client holds it. */
class Socket {
  readyState = 0;
  bufferedAmount = 0;
  isDead = false;
  /** @type {(() => void) | null} */
  onopen = null;
  /** @type {((event: {data: string}) => void) | null} */
  onmessage = null;
  /** @type {((event: {code: number}) => void) | null} */
  onclose = null;
  /** @type {(() => void) | null} */
  onerror = null;
  #onText;

  /** @param {(text: string) => void} onText */
  constructor(onText) {
    this.#onText = onText;
  }

  /** @param {string} text */
  send(text) {
    if (this.readyState === 0) throw new Error('sent before it was open');
    if (this.readyState !== 1) return;
    if (this.isDead) this.bufferedAmount += text.length;
    else this.#onText(text);
  }

  close() {
    this.readyState = 3;
  }

  /** @param {object} frame */
  say(frame) {
    if (this.readyState === 1 && !this.isDead) this.onmessage?.({ data: JSON.stringify(frame) });
  }

  /** @param {number} code */
  drop(code) {
    if (this.readyState === 3 || this.isDead) return;
    this.readyState = 3;
    this.onclose?.({ code });
  }
}

export class Service {
  #schedule;
  #random;
  /** @type {Set<Socket>} that are not closed */
  #sockets = new Set();
  /** @type {Set<string>} granted, not used, not too old */
  #tokens = new Set();
  /** @type {Set<string>} used for a socket, for no session yet, not too old */
  #spares = new Set();
  #ids = 0;
  #lastFrame = 0;
  #asked = 0;

  /** What is wrong at present. */
  isOnline = true;
  tokenStatus = 200;
  /** @type {number | null} seconds */
  retryAfter = null;
  resumes = 'ok';

  counts = {
    granted: 0,
    used: 0,
    reused: 0,
    sessions: 0,
    resumed: 0,
    ended: 0,
    frames: 0,
    disordered: 0,
  };

  /**
   * @param {Schedule} schedule
   * @param {() => number} random
   */
  constructor(schedule, random) {
    this.#schedule = schedule;
    this.#random = random;
  }

  /** Whether a token is on its way: the client goes on by promises then. */
  get isAsked() {
    return this.#asked > 0;
  }

  /** Sockets that are open or opening. */
  get openSockets() {
    for (const socket of this.#sockets) if (socket.readyState === 3) this.#sockets.delete(socket);
    return this.#sockets.size;
  }

  /** Good tokens that were fetched and lie about. */
  get unusedTokens() {
    return this.#tokens.size;
  }

  /**
   * The token route.
   * @param {string} _url
   * @param {{signal?: AbortSignal}} options
   */
  fetch = (_url, { signal } = {}) =>
    new Promise((resolve, reject) => {
      const delayMs = 30 + this.#random() * 200;
      this.#asked += 1;
      this.#schedule(() => (this.#asked -= 1), delayMs + SETTLING_MS);
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
      this.#schedule(() => {
        if (signal?.aborted) return;
        if (this.isOnline) resolve(this.#answer());
        else reject(new TypeError('Failed to fetch'));
      }, delayMs);
    });

  /** @param {string} url */
  open(url) {
    const token = TOKEN.exec(url)?.[1] ?? '';
    if (this.#tokens.delete(token)) {
      this.counts.used += 1;
      this.#spares.add(token);
    } else if (!this.#spares.has(token)) this.counts.reused += 1;
    const socket = new Socket((text) => this.#take(socket, text, token));
    this.#sockets.add(socket);
    this.#schedule(
      () => {
        if (socket.readyState !== 0) return;
        if (!this.isOnline) return socket.drop(1006);
        socket.readyState = 1;
        socket.onopen?.();
      },
      20 + this.#random() * 100,
    );
    return socket;
  }

  /** @param {number} code */
  drop(code) {
    for (const socket of this.#sockets) socket.drop(code);
  }

  /** Every line that is open now goes dead without a word. */
  deafen() {
    for (const socket of this.#sockets) socket.isDead = true;
  }

  /** The agent gives way to the user in the middle of its reply. */
  interrupt() {
    for (const socket of this.#sockets) {
      socket.say({ type: 'input.speech.started' });
      socket.say({ type: 'reply.done', reply_id: `r${this.#ids}`, status: 'interrupted' });
      socket.say({ type: 'input.speech.stopped' });
    }
    this.#ids += 1;
  }

  #answer() {
    const { tokenStatus: status, retryAfter } = this;
    const headers = { get: () => (retryAfter === null ? null : String(retryAfter)) };
    if (status !== 200) return { ok: false, status, headers, json: async () => ({ detail: 'no' }) };
    this.counts.granted += 1;
    const token = `token-${this.counts.granted}`;
    this.#tokens.add(token);
    const forget = () => this.#tokens.delete(token) || this.#spares.delete(token);
    this.#schedule(forget, TOKEN_LIFE_MS);
    const body = {
      token,
      ws_url: 'wss://agents.example/v1/ws',
      expires_in_seconds: TOKEN_LIFE_MS / 1000,
      max_session_duration_seconds: 10_800,
    };
    return { ok: true, status, headers, json: async () => body };
  }

  /**
   * @param {Socket} socket
   * @param {string} text
   * @param {string} token
   */
  #take(socket, text, token) {
    if (text.startsWith('{"type":"input.audio"')) return this.#hearFrame(text);
    const message = JSON.parse(text);
    const isResumed = message.type === 'session.resume' && this.resumes === 'ok';
    if (message.type === 'session.update' || isResumed) this.#spares.delete(token);
    if (message.type === 'session.update') this.#begin(socket);
    if (message.type === 'session.resume') this.#resume(socket, message.session_id);
    if (message.type === 'session.end') this.#end(socket);
  }

  /** Frames carry a number in their first sample: it must not go back within a call, but for a replay. */
  #hearFrame(/** @type {string} */ text) {
    this.counts.frames += 1;
    const bytes = Buffer.from(text.slice(text.indexOf('"audio":"') + 9, -2).slice(0, 4), 'base64');
    const number = bytes.readInt16LE(0);
    if (number < this.#lastFrame && this.#lastFrame - number < 16_000) this.counts.disordered += 1;
    this.#lastFrame = number;
  }

  /** @param {Socket} socket */
  #begin(socket) {
    this.counts.sessions += 1;
    const session = `sess_${this.counts.sessions}`;
    this.#schedule(() => socket.say({ type: 'session.updated', config: {} }), 20);
    this.#schedule(() => this.#ready(socket, session), 60);
  }

  /**
   * @param {Socket} socket
   * @param {string} session
   */
  #resume(socket, session) {
    if (this.resumes === 'ok') {
      this.counts.resumed += 1;
      return void this.#schedule(() => this.#ready(socket, session), 40);
    }
    this.#schedule(() => {
      socket.say({ type: 'session.error', code: this.resumes, message: 'no' });
      if (this.#random() < 0.5) socket.drop(1008);
    }, 40);
  }

  /**
   * @param {Socket} socket
   * @param {string} session
   */
  #ready(socket, session) {
    socket.say({ type: 'session.ready', session_id: session, expires_at: 1_800_000_000 });
    this.#speak(socket);
  }

  /** @param {Socket} socket */
  #end(socket) {
    this.counts.ended += 1;
    this.#schedule(() => {
      socket.say({ type: 'session.ended', session_duration_seconds: 1 });
      socket.drop(1000);
    }, 30);
  }

  /**
   * Turns for as long as the socket is there: the user is heard, and answered for a second.
   * @param {Socket} socket
   */
  #speak(socket) {
    if (socket.readyState !== 1 || socket.isDead) return;
    this.#ids += 1;
    const reply = { reply_id: `r${this.#ids}` };
    const item = { item_id: `m${this.#ids}` };
    socket.say({ type: 'input.speech.started' });
    socket.say({ type: 'transcript.user.delta', ...item, text: 'And' });
    socket.say({ type: 'input.speech.stopped' });
    socket.say({ type: 'transcript.user', ...item, text: 'And then?' });
    socket.say({ type: 'reply.started', ...reply });
    socket.say({ type: 'transcript.agent.delta', ...reply, delta: 'Then this.', start_ms: 0 });
    if (this.#random() < 0.2) this.#callTool(socket);
    const data = Buffer.alloc(24_000, 1).toString('base64'); // half a second
    for (let piece = 0; piece < 2; piece += 1)
      this.#schedule(() => socket.say({ type: 'reply.audio', ...reply, data }), piece * 500);
    this.#schedule(() => {
      socket.say({ type: 'transcript.agent', ...reply, text: 'Then this.', interrupted: false });
      socket.say({ type: 'reply.done', ...reply, status: 'completed' });
    }, 1_000);
    this.#schedule(() => this.#speak(socket), 8_000 + this.#random() * 8_000);
  }

  /** @param {Socket} socket */
  #callTool(socket) {
    const call = { call_id: `c${this.#ids}`, name: 'weather', arguments: { city: 'Oslo' } };
    socket.say({ type: 'tool.call', ...call });
  }
}
