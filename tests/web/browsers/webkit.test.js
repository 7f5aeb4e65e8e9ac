import { test } from 'node:test';
import { openWebKit } from './webkit.js';
import { scenarios } from './scenarios.js';
import { play } from './world.js';

for (const [title, scenario] of Object.entries(scenarios)) {
  test(`WebKitGTK: ${title}`, (context) => play(openWebKit, scenario, context));
}
