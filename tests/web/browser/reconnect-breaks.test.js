// A flaky line as it was measured: one call, dropped thirty times in five minutes of the page's clock.

import { test } from 'node:test';
import { breakOften } from './breaks.js';

for (const [name, resume] of [
  ['resumed', 'ok'],
  ['in new sessions', 'not_found_1008'],
])
  test(`a call that is dropped thirty times in five minutes lives, ${name}`, () =>
    breakOften(resume, 30, 10_000));
