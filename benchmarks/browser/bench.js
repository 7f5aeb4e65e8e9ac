// What a scenario works with: one subject, the stub, and a fresh browser for each visit.

import { idleLoad } from './machine.js';
import { pause, Visit } from './visit.js';

/** @typedef {import('./stub/server.js').Delays} Delays */
/** @typedef {import('./stub/reply.js').ReplyOptions} ReplyOptions */

/**
 * @typedef {object} VisitOptions
 * @property {Partial<Delays>} [delays] of the stub; none where left out
 * @property {ReplyOptions | null} [greeting]
 * @property {number | null} [relayPort]
 * @property {number} [permissionMs]
 * @property {boolean} [isPrefetching]
 * @property {number} [seconds]
 * @property {import('./subjects.js').Subject} [subject] in place of the bench's own
 */

/** From session.ready to the first measurement: what a start leaves behind has settled by then. */
const CALM_MS = 1_000;

export class Bench {
  #loads;
  /** @type {Visit | null} */
  #visit = null;

  /**
   * @param {object} options
   * @param {import('./subjects.js').Subject} options.subject
   * @param {import('./stub/stub.js').Stub} options.stub
   * @param {string} options.client folder that holds the client's static/
   * @param {number[]} options.loads gets how busy the machine was before each visit
   */
  constructor({ subject, stub, client, loads }) {
    this.subject = subject;
    this.stub = stub;
    this.client = client;
    this.#loads = loads;
  }

  /**
   * Open the page, measure, close the browser whatever happened.
   * @template Result
   * @param {VisitOptions} options
   * @param {(visit: Visit) => Promise<Result>} measure
   * @returns {Promise<Result>}
   */
  async visit(options, measure) {
    const { delays, greeting = null, relayPort = null, ...browser } = options;
    const { subject = this.subject } = options;
    await this.stub.tell('configure', {
      delays: { tokenMs: 0, upgradeMs: 0, readyMs: 0, ...delays },
      greeting,
      relayPort,
    });
    this.#loads.push(await idleLoad());
    this.#visit = await Visit.open({ ...browser, subject, ports: this.stub.ports });
    try {
      return await measure(this.#visit);
    } finally {
      await this.leave();
    }
  }

  /** Close the browser, if one is open. */
  async leave() {
    const visit = this.#visit;
    this.#visit = null;
    await visit?.close();
  }

  /**
   * A visit with a call that has been live for a moment.
   * @template Result
   * @param {VisitOptions} options
   * @param {(visit: Visit) => Promise<Result>} measure
   * @returns {Promise<Result>}
   */
  call(options, measure) {
    return this.visit(options, async (visit) => {
      await visit.click();
      await this.ready(1);
      await pause(CALM_MS);
      return measure(visit);
    });
  }

  /**
   * @param {number} count which session of this visit
   * @param {number} [limitMs]
   * @returns {Promise<number>} when it became ready, wall clock; Infinity if it did not in that time
   */
  async ready(count, limitMs = 10_000) {
    return (await this.stub.tell('ready', { count, limitMs })) ?? Infinity;
  }

  /** @param {ReplyOptions & {isOpen?: boolean}} options */
  say(options) {
    return this.stub.tell('reply', options);
  }

  /** @returns {Promise<import('./stub/conversation.js').Frame[]>} of all sockets, in order of arrival */
  async frames() {
    const { sockets } = await this.stub.tell('log');
    return sockets.flatMap(({ frames }) => frames).sort((a, b) => a.atMs - b.atMs);
  }
}
