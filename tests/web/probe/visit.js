// One engine on the site, and what rows ask of it there.

import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../browsers/processes.js';

/** Timers of a hidden page come once a second at most after the first one. (In Chromium, after five minutes once a minute.) */
const HIDDEN_MS = 6_500;

/** Longer than a page takes to ask itself. */
const UNPRESSED_MS = 6_000;

/** Time for a page to know that it is seen again. */
const SHOWN_MS = 500;

/** Longer than what a page sends when it is left takes to arrive. */
const LEFT_MS = 2_000;

export class Visit {
  /** @param {import('./engines.js').Engine} engine @param {import('./server.js').Site} site */
  constructor(engine, site) {
    this.engine = engine;
    this.site = site;
  }

  /** @param {string} end @returns {string} address of a socket that ends so */
  socket(end) {
    return `${this.site.url.replace('http', 'ws')}/end/${end}`;
  }

  get talk() {
    return `${this.site.url.replace('http', 'ws')}/talk/`;
  }

  /**
   * Ask a fresh page, in which somebody has pressed something.
   * @param {string} question one of `asks` in site/page.js
   * @param {unknown} [argument]
   * @param {{query?: string}} [how]
   */
  async ask(question, argument, { query = '' } = {}) {
    await this.engine.open(`${this.site.url}/${query}`);
    await this.#isReady();
    await this.engine.press();
    return this.again(question, argument);
  }

  /** Let a fresh page ask itself: what a driver evaluates counts as pressed. @param {string} question */
  async askUnpressed(question) {
    await this.engine.open(`${this.site.url}/?ask=${question}`);
    await sleep(UNPRESSED_MS);
    return this.engine.evaluate(() => /** @type {any} */ (globalThis).answer);
  }

  /** Ask the page that is there. @param {string} question @param {unknown} [argument] @returns {Promise<any>} */
  again(question, argument) {
    return this.engine.evaluate(
      ({ question, argument }) => /** @type {any} */ (globalThis).asks[question](argument),
      { question, argument },
    );
  }

  /** What still goes on in a page behind another tab. @param {string} company that the page has */
  async hidden(company) {
    await this.ask('beginBeats', company);
    const uncover = await this.engine.cover();
    await sleep(HIDDEN_MS);
    await uncover();
    await sleep(SHOWN_MS);
    return this.again('countBeats');
  }

  /** Whether a page that holds something comes back as it was. @param {string} [what] */
  async goBack(what) {
    await this.ask('hold', { what, url: this.talk });
    await this.#leave();
    await this.engine.evaluate(() => void setTimeout(() => history.back()));
    await this.#isReady();
    return this.again('back');
  }

  /** What a page that is left can still say. */
  async leaving() {
    await this.ask('speakOnLeaving', { url: this.talk });
    this.site.heard.length = 0;
    await this.#leave();
    await sleep(LEFT_MS);
    return [...new Set(this.site.heard)].filter((word) => word !== 'pong').sort();
  }

  async #leave() {
    await this.again('leave');
    const isElsewhere = () => this.engine.evaluate(() => location.pathname === '/elsewhere.html');
    await until(() => isElsewhere().catch(() => false), 'the other page');
  }

  async #isReady() {
    const isReady = () => this.engine.evaluate(() => 'asks' in globalThis);
    await until(() => isReady().catch(() => false), 'the page is there');
  }
}
