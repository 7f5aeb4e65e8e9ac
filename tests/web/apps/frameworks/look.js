// Shows each page of FOLDER in Chromium and prints a row of the table: `node look.js FOLDER CHROMIUM`. Run by ../frameworks.sh.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const version = (/** @type {string} */ name) =>
  JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8')).version;
const ROWS = {
  [`React ${version('react')}`]: 'react',
  [`Preact ${version('preact')}, preact-render-to-string ${version('preact-render-to-string')}`]:
    'preact',
  [`Vue ${version('vue')}`]: 'vue',
  [`Svelte ${version('svelte')}`]: 'svelte',
  [`Solid ${version('solid-js')}`]: 'solid',
  [`Lit ${version('lit')}, @lit-labs/ssr ${version('@lit-labs/ssr')}`]: 'lit',
  [`Angular ${version('@angular/core')}`]: 'angular',
};
const [folder, executablePath] = process.argv.slice(2);
const server = createServer((request, response) => {
  const name = String(request.url).slice(1);
  response.setHeader('Content-Type', name.endsWith('.js') ? 'text/javascript' : 'text/html');
  response.end(name.endsWith('.js') ? readFileSync(join(folder, name)) : '<!doctype html>');
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(null)));
const url = `http://127.0.0.1:${server.address().port}/`;
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });

/**
 * Runs in the page: shows it, and tells what became of its first element.
 * @param {{name: string, html: string, isLate: boolean}} how
 */
async function show({ name, html, isLate }) {
  const left = [];
  const define = async () => {
    const { VoiceAgentElement } = await import('/element.js');
    const leave = VoiceAgentElement.prototype.disconnectedCallback;
    customElements.define(
      'voice-agent',
      class extends VoiceAgentElement {
        disconnectedCallback() {
          left.push(this.id);
          leave.call(this);
        }
      },
    );
  };
  const shown = (/** @type {() => boolean} */ condition) =>
    new Promise((resolve) => {
      const look = () => (condition() ? resolve(null) : requestAnimationFrame(look));
      look();
    });
  const order = () => [...document.querySelectorAll('voice-agent')].map(({ id }) => id).join('');
  if (!isLate) await define();
  document.body.innerHTML = html && name === 'angular' ? html : `<div>${html}</div>`;
  const host = name === 'angular' ? document.body : document.body.firstElementChild;
  if (name === 'solid') globalThis._$HY = { events: [], completed: new WeakSet(), r: {}, fe() {} };
  let heard = 0;
  const page = await import(`/${name}.js`);
  const props = {
    gate: 'https://gate.example',
    session: { greeting: 'Hello' },
    no: false,
    heard: () => (heard += 1),
    ids: ['a', 'b', 'c'],
  };
  await (html ? page.hydrate : page.mount)(host, props);
  await shown(() => globalThis.order !== undefined && order() === 'abc');
  await new Promise((resolve) => setTimeout(resolve, 300)); // effects, of which nobody tells the end
  if (isLate) await define();
  const [element] = document.querySelectorAll('voice-agent');
  element.dispatchEvent(new CustomEvent('voice-agent-state', { detail: {} }));
  globalThis.order(['c', 'a', 'b']);
  await shown(() => order() === 'cab');
  return {
    session: element.session.greeting === 'Hello' ? 'set' : 'lost',
    attributes: element.gate === 'https://gate.example' && !element.floating && !element.pushToTalk,
    heard,
    left: left.join(', '),
  };
}

const look = async (/** @type {string} */ name, /** @type {string} */ html, isLate = false) => {
  const page = await browser.newPage();
  try {
    await page.goto(url);
    return await page.evaluate(show, { name, html, isLate });
  } finally {
    await page.close();
  }
};
for (const [title, name] of Object.entries(ROWS)) {
  const html = readFileSync(join(folder, `${name}.html`), 'utf8');
  const [first, late, hydrated] = [
    await look(name, ''),
    await look(name, '', true),
    await look(name, html),
  ];
  const isWritten = /session="\[object Object\]"/.test(html);
  const onServer = isWritten ? 'written as `[object Object]`' : 'left out';
  const events = [first, late, hydrated].map(({ heard }) => heard).join(' ');
  const attributes = [first, late, hydrated].every((one) => one.attributes) ? 'right' : 'WRONG';
  console.log(
    `| ${title} | ${first.session} | ${late.session} | ${onServer} | ${hydrated.session} | ` +
      `${events === '1 1 1' ? 'heard' : events === '1 1 0' ? 'heard, not after hydration' : events} | ${attributes} | ${first.left || 'none'} |`,
  );
}
await browser.close();
process.exit();
