// Somebody else's site: one page on an origin of its own, under the strictest policy that the element works with.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { onLoopback, wordsFor } from './site.js';

const GUIDE = new URL('../../../docs/embedding.md', import.meta.url);

/**
 * @typedef {object} Shop
 * @property {string} url
 * @property {string} gate   where the page's element comes from
 * @property {string} markup   of the page's body
 * @property {(documented: string) => string} amend   the page's policy
 * @property {() => void} stop
 */

/** What the guide says that a page needs besides what is its own. */
export function documentedPolicy() {
  const block = /```text\n(default-src[\s\S]*?)```/.exec(readFileSync(GUIDE, 'utf8'));
  assert.ok(block, 'the guide shows no policy');
  return block[1].trim().replaceAll('\n', ' ');
}

/** @param {string} gate */
function policyFor(gate) {
  const policy = `${documentedPolicy()}; frame-src https://gate.example`;
  const words = Object.entries(wordsFor(gate));
  return words.reduce((text, [from, to]) => text.replaceAll(from, to), policy);
}

/** @param {Shop} shop */
const pageOf = ({ gate, markup }) => `<!doctype html>
<html lang="en">
<head>
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Shop</title>
<script type="module" async src="${gate}/static/voice-agent/element.js"></script>
</head>
<body><main><h1>Shop</h1>${markup}</main></body>
</html>`;

/** @returns {Promise<Shop>} */
export async function openShop() {
  /** @type {Shop} */
  const shop = { url: '', gate: '', markup: '', amend: (documented) => documented, stop: () => {} };
  const server = createServer((_request, response) => {
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.setHeader('Content-Security-Policy', shop.amend(policyFor(shop.gate)));
    response.end(pageOf(shop));
  });
  return Object.assign(shop, await onLoopback(server));
}
