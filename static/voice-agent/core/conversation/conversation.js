// The words of a call: transcript, tool calls, and the replies that the page asks for.

import { TurnTaking } from './turn-taking.js';
import { continuedSession, interruptionNote, paragraphs, withStory } from './history.js';
import { encode } from '../connection/protocol.js';
import { ReplyQueue } from './reply-queue.js';
import { ToolCalls } from './tool-calls.js';
import { Transcript } from './transcript.js';

/** @typedef {import('../connection/protocol.js').ServerMessage} ServerMessage */
/** @typedef {import('../connection/protocol.js').SessionConfig} SessionConfig */
/** @typedef {import('./transcript.js').Turn} Turn */

/** All words of a reply were seen to arrive within 31 ms; a page that draws them needs no more pieces than this. */
const FEED_INTERVAL_MS = 30;

/**
 * `tool-call`: run it. `tool-cancel`: nobody waits for its result any more. `tool`: the service runs it itself.
 * @typedef {{type: 'transcript', turn: Turn}
 *   | {type: 'tool-call', callId: string, name: string, args: Record<string, unknown>}
 *   | {type: 'tool-cancel', callId: string}
 *   | {type: 'tool', callId: string, name: string, args: Record<string, unknown>, status: 'elsewhere'}} ConversationEvent
 */

export class Conversation {
  #environment;
  #emit;
  #line;
  #feed;
  #transcript = new Transcript();
  #turnTaking = new TurnTaking();
  #tools = new ToolCalls(this.#turnTaking);
  #replies = new ReplyQueue();
  /** @type {Set<string>} tools that the service runs by itself */
  #httpTools = new Set();
  /** @type {import('./history.js').Story} what the session was told of the one before it */
  #story = { turns: [], unanswered: [] };
  /** @type {import('./history.js').Story} what the next one is told */
  #nextStory = this.#story;
  #tellsHeard = true;
  /** How far the latest interrupted reply was heard, as this session is told it; empty where it was told nothing. */
  #note = '';
  #onNote;
  /** @type {unknown} */
  #timer;

  /**
   * @param {object} options
   * @param {import('../ports.js').Environment} options.environment
   * @param {(event: ConversationEvent) => void} options.emit
   * @param {import('../ports.js').Line} options.line
   * @param {() => void} [options.onNote] the prompt is to be told again: what `retell` adds to it has changed
   */
  constructor({ environment, emit, line, onNote = () => {} }) {
    this.#environment = environment;
    this.#emit = emit;
    this.#line = line;
    this.#onNote = onNote;
    this.#feed = new TurnFeed(environment, (turn) => emit({ type: 'transcript', turn }));
  }

  /** The conversation so far. */
  get turns() {
    return this.#transcript.turns;
  }

  /** Whether a tool's result is still to come or to go out: no good moment to change the session. */
  get hasCalls() {
    return this.#tools.unanswered.length > 0;
  }

  /**
   * A new call begins.
   * @param {Record<string, import('./tool-calls.js').ToolPolicy>} [toolPolicies] of the tools there are, by name
   * @param {readonly Turn[]} [turns] of the call that this one goes on with
   * @param {boolean} [tellsHeard] whether the agent is told how far an interrupted reply was heard
   */
  reset(toolPolicies = {}, turns = [], tellsHeard = true) {
    this.#tellsHeard = tellsHeard;
    this.#note = '';
    this.#transcript = new Transcript(turns);
    this.#tools.reset(toolPolicies);
    this.#replies.clear();
    this.#turnTaking.reset();
    this.#story = this.#nextStory = { turns: [], unanswered: [] };
  }

  /**
   * A session is ready; call it once a session. `continued`: a new one that knows the conversation.
   * @param {{httpTools: string[], recovery: null | 'resumed' | 'continued'}} session
   */
  ready({ httpTools, recovery }) {
    this.#httpTools = new Set(httpTools);
    this.#turnTaking.reset();
    if (recovery === 'continued') {
      this.#story = this.#nextStory;
      this.#note = ''; // its story says how far each turn was heard
      this.#cancel(this.#tools.abandon()); // the new session did not call them and was told that they failed
    }
    this.#sendDue();
  }

  /**
   * The socket is gone and the call may come back: open turns settle, tool calls go on.
   * @param {{isTurnRepeated?: boolean}} [loss] `isTurnRepeated`: what the user was saying is said again
   */
  lost({ isTurnRepeated = false } = {}) {
    this.#turnTaking.reset();
    this.#tools.lost(this.#environment.nowMs());
    this.#replies.lost();
    this.#feed.show(this.#transcript.settle(isTurnRepeated));
    this.#feed.flush();
  }

  /** The call is over: nobody waits for anything any more. */
  settle() {
    this.#cancel(this.#tools.abandon());
    this.lost();
    this.#replies.clear();
    this.#environment.cancel(this.#timer);
  }

  /**
   * The first message of a new session that takes the place of an old one: it knows the conversation.
   * @param {SessionConfig} config
   * @returns {SessionConfig}
   */
  continuation(config) {
    const { turnsToTell: turns } = this.#transcript;
    this.#nextStory = { turns, unanswered: this.#tools.unanswered };
    return continuedSession(config, this.#nextStory);
  }

  /**
   * A later update as this session must be sent it: what was said before the session, and how far the latest
   * interrupted reply was heard, it knows from its prompt alone, and a new prompt would take that away.
   * @param {SessionConfig} update
   * @returns {SessionConfig}
   */
  retell(update) {
    const { system_prompt: prompt } = update;
    if (typeof prompt !== 'string') return update;
    return { ...update, system_prompt: paragraphs(withStory(prompt, this.#story), this.#note) };
  }

  /**
   * Write an event down, where it says something, and send what it lets through.
   * @param {ServerMessage} message
   * @param {number} [receivedMs] how much sound of the reply has arrived, for `reply-done`
   */
  apply(message, receivedMs) {
    const { nowMs, epochMs } = this.#environment;
    this.#turnTaking.observe(message, nowMs());
    this.#cancel(this.#tools.observe(message));
    if (message.type === 'reply-started') this.#replies.begun();
    if (message.type === 'updated' && message.httpTools)
      this.#httpTools = new Set(message.httpTools);
    const turns = this.#transcript.apply(message, epochMs(), receivedMs);
    if (message.type === 'reply-word') return this.#feed.showSoon(turns);
    this.#feed.show(turns);
    this.#sendDue();
  }

  /**
   * How much of a reply has been heard: an interrupted one keeps what was.
   * @param {import('./transcript.js').Playback} playback
   */
  heard(playback) {
    this.#feed.show(this.#transcript.heard(playback));
    if (!playback.flushed || !this.#tellsHeard) return;
    const interruption = this.#transcript.interruption(playback.replyId);
    if (interruption === null) return;
    this.#note = interruptionNote(interruption);
    this.#onNote();
  }

  /** @param {string} replyId @param {number} ms place in its sound @returns {number} where the sentence there begins */
  sentenceAt(replyId, ms) {
    return this.#transcript.sentenceAt(replyId, ms);
  }

  /** What waited while nothing could be sent is sent. */
  goOn() {
    this.#sendDue();
  }

  /** @param {string} text typed by the user: the agent answers it as soon as it does not speak itself */
  say(text) {
    this.#feed.show([this.#transcript.addTyped(text, this.#environment.epochMs())]);
    this.#replies.add({ kind: 'typed', text });
    this.#sendDue();
  }

  /** @param {string | null} instructions for one reply, as soon as none is under way */
  reply(instructions) {
    this.#replies.add({ kind: 'raw', instructions });
    this.#sendDue();
  }

  /** @param {Extract<ServerMessage, {type: 'tool-call'}>} message */
  callTool({ callId, name, args }) {
    if (this.#httpTools.has(name)) {
      // The service runs it itself, only tells us, and never says what came of it.
      return this.#emit({ type: 'tool', callId, name, args, status: 'elsewhere' });
    }
    const isToRun = this.#tools.open({ callId, name, args }, this.#environment.nowMs());
    if (isToRun) this.#emit({ type: 'tool-call', callId, name, args });
    this.#sendDue();
  }

  /** @param {import('./tool-calls.js').ToolResult} result */
  finishTool(result) {
    this.#tools.finish(result, this.#environment.nowMs());
    this.#sendDue();
  }

  #sendDue() {
    if (this.#line.isOpen()) {
      this.#sendResults();
      this.#askForReply();
    }
    this.#lookAgainInTime();
  }

  #sendResults() {
    const nowMs = this.#environment.nowMs();
    this.#tools.flush(nowMs, ({ callId, value, isError }) => {
      const result = JSON.stringify(value ?? null);
      const about = { call_id: callId, is_error: isError };
      const isSent = this.#send({ type: 'tool.result', ...about, result });
      if (isSent) this.#turnTaking.ask(nowMs);
      return isSent;
    });
  }

  #askForReply() {
    const nowMs = this.#environment.nowMs();
    if (!this.#replies.hasNext(this.#tools.isHolding(nowMs))) return;
    if (this.#turnTaking.mayAskAtMs() > nowMs) return;
    if (this.#replies.askNext((message) => this.#send(message))) this.#turnTaking.ask(nowMs);
  }

  /** What waits for a moment that no event marks is sent by the clock. */
  #lookAgainInTime() {
    const askAtMs = this.#replies.hasNext() ? this.#turnTaking.mayAskAtMs() : Infinity;
    const delayMs = Math.min(this.#tools.nextDueMs, askAtMs) - this.#environment.nowMs();
    this.#environment.cancel(this.#timer);
    if (delayMs > 0 && delayMs < Infinity)
      this.#timer = this.#environment.schedule(() => this.#sendDue(), delayMs);
  }

  /** @param {import('../connection/protocol.js').ClientMessage} message */
  #send(message) {
    return this.#line.send(encode(message));
  }

  /** @param {string[]} callIds */
  #cancel(callIds) {
    for (const callId of callIds) this.#emit({ type: 'tool-cancel', callId });
  }
}

/** Passes turns on to the page: the words of a reply come in a burst, the page gets them in a few pieces. */
class TurnFeed {
  #environment;
  #show;
  /** @type {Map<string, Turn>} the latest state of those that were not shown yet */
  #waiting = new Map();
  /** @type {unknown} there while what follows waits */
  #timer = null;

  /** @param {import('../ports.js').Environment} environment @param {(turn: Turn) => void} show */
  constructor(environment, show) {
    this.#environment = environment;
    this.#show = show;
  }

  /** @param {readonly Turn[]} turns */
  show(turns) {
    for (const turn of turns) {
      this.#waiting.delete(turn.id);
      this.#show(turn);
    }
  }

  /** @param {readonly Turn[]} turns the first at once, those that follow closely together */
  showSoon(turns) {
    for (const turn of turns) this.#waiting.set(turn.id, turn);
    if (this.#timer === null) this.#showWaiting();
  }

  /** Show all that waits now. */
  flush() {
    this.#environment.cancel(this.#timer);
    this.#timer = null;
    this.show([...this.#waiting.values()]);
  }

  #showWaiting() {
    const hasMore = this.#waiting.size > 0;
    this.flush();
    if (hasMore)
      this.#timer = this.#environment.schedule(() => this.#showWaiting(), FEED_INTERVAL_MS);
  }
}
