// Reads call.vtt by <track> in Chromium and Firefox: `node track.js CHROMIUM FIREFOX`. Run by ../captions.sh.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import puppeteer from 'puppeteer-core';

const server = createServer((request, response) => {
  const isTrack = request.url === '/call.vtt';
  response.setHeader('Content-Type', isTrack ? 'text/vtt' : 'text/html');
  response.end(isTrack ? readFileSync('call.vtt') : '<!doctype html><video><track src="call.vtt">');
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(null)));

/** Runs in the page. */
async function read() {
  const track = document.querySelector('track');
  const isLoaded = new Promise((resolve) => track.addEventListener('load', resolve));
  track.track.mode = 'hidden';
  await isLoaded;
  return [...track.track.cues].map((cue) => [
    cue.startTime * 1000,
    cue.endTime * 1000,
    cue.getCueAsHTML().textContent,
  ]);
}

for (const [index, title] of ['Chromium', 'Firefox'].entries()) {
  const name = index === 0 ? 'chrome' : 'firefox';
  const browser = await puppeteer.launch({
    browser: name,
    executablePath: process.argv[2 + index],
    args: name === 'chrome' ? ['--no-sandbox', '--disable-gpu'] : [],
  });
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  const cues = await page.evaluate(read);
  const version = (await browser.version()).split('/')[1];
  console.log(JSON.stringify({ name: `\`<track>\` of ${title} ${version}`, cues }));
  await browser.close();
}
process.exit();
