// Asks Lighthouse about the pages, as a phone and as a desktop sees them; prints the scores and what lowered them.

import { launch } from 'chrome-launcher';
import lighthouse, { desktopConfig } from 'lighthouse';
import { serveDemo } from '../browser/harness.js';
import { CHROMIUM_FLAGS } from '../browser/machine.js';

const PATHS = ['/', '/diagnostics'];
const CATEGORIES = ['performance', 'accessibility', 'best-practices', 'seo'];

const demo = await serveDemo();
const chrome = await launch({
  chromePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  chromeFlags: ['--headless', ...CHROMIUM_FLAGS],
  logLevel: 'error',
});
try {
  for (const path of PATHS) {
    for (const device of ['phone', 'desktop']) await report(path, device);
  }
} finally {
  chrome.kill();
  await demo.stop();
}

/**
 * @param {string} path
 * @param {string} device
 */
async function report(path, device) {
  const options = { port: chrome.port, onlyCategories: CATEGORIES, logLevel: 'error' };
  const config = device === 'desktop' ? desktopConfig : undefined;
  const { lhr } = await lighthouse(`${demo.url}${path}`, options, config);
  const scores = Object.values(lhr.categories).map(
    ({ title, score }) => `${title} ${Math.round(score * 100)}`,
  );
  console.log(`${path} (${device}): ${scores.join(', ')}`);
  const weighted = Object.values(lhr.categories).flatMap(({ auditRefs }) =>
    auditRefs.filter(({ weight }) => weight > 0).map(({ id }) => id),
  );
  for (const id of new Set(weighted)) {
    const { score, displayValue, title } = lhr.audits[id];
    if (score !== null && score < 1) console.log(`  ${id} ${score}: ${displayValue ?? title}`);
  }
}
