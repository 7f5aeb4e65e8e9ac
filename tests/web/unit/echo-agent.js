// The service's end of a call in which the agent may hear itself: it hears by level alone, as the simulator does, answers
// every turn, and gives way to whoever speaks.

import { onWire, RATE_HZ } from './sound-room.js';

/** @typedef {import('./sound-room.js').Room} Room */

const FRAME_MS = 20;
const CHUNK_MS = 60;
const LEAD_MS = 250;

/** What counts as a turn: over the room's noise, at least so loud, decided after, and voiced for so long in it. */
const SPEECH = { overFloorDb: 12, lowestDb: -50, afterMs: 320, voicedMs: 120 };
const INTERRUPTION = { overFloorDb: 15, lowestDb: -46, afterMs: 560, voicedMs: 300 };
const HYSTERESIS_DB = 4;
const FORGET_MS = 300;
const END_OF_TURN_MS = 900;

export class EchoAgent {
  #room;
  #clips;
  #heardFrames = 0;
  /** @type {number[]} levels of the last two seconds that were no digital silence */
  #levels = [];
  /** @type {{elapsedMs: number, voicedMs: number, silenceMs: number, isTurn: boolean} | null} */
  #speech = null;
  /** @type {{id: string, samples: Int16Array, at: number, startMs: number} | null} */
  #reply = null;
  #replies = 0;

  /** When each turn began that it heard. @type {number[]} */
  turnsAtMs = [];

  /** Replies that it was stopped in. */
  interruptions = 0;

  /** @param {Room} room @param {Int16Array[]} clips what it says, one after the other, and again from the first */
  constructor(room, clips) {
    this.#room = room;
    this.#clips = clips;
  }

  get isReplying() {
    return this.#reply !== null;
  }

  /** Whether nobody is speaking, as far as it knows. */
  get isQuiet() {
    return !this.#reply && !this.#speech;
  }

  /** Say the next thing. */
  speak() {
    const clip = this.#clips[this.#replies % this.#clips.length];
    this.#replies += 1;
    const lead = (LEAD_MS * RATE_HZ) / 1000;
    const samples = new Int16Array(lead + clip.length);
    samples.set(clip, lead);
    this.#reply = { id: `r${this.#replies}`, samples, at: 0, startMs: this.#room.nowMs };
    this.#say('reply.started');
  }

  /** @param {number} ms @param {() => boolean} [isReached] */
  async pass(ms, isReached = () => false) {
    const endMs = this.#room.nowMs + ms;
    while (this.#room.nowMs < endMs && !isReached()) {
      await this.#room.pass(FRAME_MS);
      this.#hearAll();
      this.#sendDue();
    }
  }

  #hearAll() {
    const { sent } = this.#room.bench.socket;
    for (; this.#heardFrames < sent.length; this.#heardFrames += 1) {
      const { type, audio } = sent[this.#heardFrames];
      if (type === 'session.update') this.#room.bench.socket.say({ type: 'session.updated' });
      if (type === 'input.audio') this.#hear(levelDb(Buffer.from(audio, 'base64')));
    }
  }

  /** @param {number} db of a frame */
  #hear(db) {
    const rule = this.#reply ? INTERRUPTION : SPEECH;
    const onsetDb = Math.max(this.#floorDb + rule.overFloorDb, rule.lowestDb);
    if (db > -86) this.#levels = [...this.#levels.slice(-99), db];
    if (!this.#speech && db > onsetDb)
      this.#speech = { elapsedMs: 0, voicedMs: 0, silenceMs: 0, isTurn: false };
    const speech = this.#speech;
    if (!speech) return;
    const isVoiced = db > onsetDb - HYSTERESIS_DB;
    speech.elapsedMs += FRAME_MS;
    speech.voicedMs += isVoiced ? FRAME_MS : 0;
    speech.silenceMs = isVoiced ? 0 : speech.silenceMs + FRAME_MS;
    const isEnough = speech.elapsedMs >= rule.afterMs && speech.voicedMs >= rule.voicedMs;
    if (!speech.isTurn && isEnough) this.#beginTurn(speech);
    else if (!speech.isTurn && speech.silenceMs >= FORGET_MS) this.#speech = null;
    else if (speech.isTurn && speech.silenceMs >= END_OF_TURN_MS) this.#endTurn();
  }

  /** @param {{isTurn: boolean}} speech */
  #beginTurn(speech) {
    speech.isTurn = true;
    this.turnsAtMs.push(this.#room.nowMs);
    this.#room.bench.socket.say({ type: 'input.speech.started' });
    if (!this.#reply) return;
    this.interruptions += 1;
    this.#say('reply.done', { status: 'interrupted' });
    this.#reply = null;
  }

  #endTurn() {
    this.#speech = null;
    this.#room.bench.socket.say({ type: 'input.speech.stopped' });
    this.speak();
  }

  /** In real time. */
  #sendDue() {
    while (this.#reply) {
      const { samples, at, startMs } = this.#reply;
      if (startMs + (at / RATE_HZ) * 1000 > this.#room.nowMs) return;
      const end = at + (CHUNK_MS * RATE_HZ) / 1000;
      this.#say('reply.audio', { data: onWire(samples.slice(at, end)) });
      this.#reply.at = end;
      if (end < samples.length) continue;
      this.#say('reply.done', { status: 'completed' });
      this.#reply = null;
    }
  }

  /** The quiet end of the last two seconds. */
  get #floorDb() {
    if (this.#levels.length === 0) return -60;
    const quiet = this.#levels.toSorted((a, b) => a - b)[Math.floor(this.#levels.length / 20)];
    return Math.min(-30, Math.max(-70, quiet));
  }

  /** @param {string} type @param {object} [about] */
  #say(type, about) {
    this.#room.bench.socket.say({ type, reply_id: this.#reply?.id, ...about });
  }
}

/** @param {Buffer} pcm */
function levelDb(pcm) {
  let sum = 0;
  for (let at = 0; at < pcm.length; at += 2) sum += pcm.readInt16LE(at) ** 2;
  return sum === 0 ? -96 : 10 * Math.log10(sum / (pcm.length / 2) / 32_768 ** 2);
}
