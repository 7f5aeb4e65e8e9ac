// The packages of the web tests, from where they are installed: the benchmark needs none of its own.

import { createRequire } from 'node:module';

const require = createRequire(new URL('../../tests/web/package.json', import.meta.url));

export const { chromium } = /** @type {typeof import('playwright-core')} */ (
  require('playwright-core')
);
export const { WebSocketServer } = /** @type {typeof import('ws')} */ (require('ws'));

export { CHROMIUM_FLAGS, freePort } from '../../tests/web/browser/machine.js';
