import { test } from 'node:test';
import { openFirefox } from './firefox.js';
import { scenarios } from './scenarios.js';
import { play } from './world.js';

for (const [title, scenario] of Object.entries(scenarios)) {
  test(`Firefox: ${title}`, (context) => play(openFirefox, scenario, context));
}
