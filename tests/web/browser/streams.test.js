// A front end with a backend of its own, which answers with a token and nothing else, on a page that requires Trusted
// Types; and what an avatar or a recorder hears of its call.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { openBrowser, serveDemo } from './harness.js';
import { onLoopback } from './site.js';

/** @param {string} wsUrl */
const pageFor = (wsUrl) => `<!doctype html><title>Shop</title><button>Talk</button>
<script type="module">
  import { createVoiceAgent } from '/static/voice-agent/index.js';
  const session = { greeting: 'Hi.' };
  globalThis.agent = createVoiceAgent({ tokenUrl: '/token', wsUrl: '${wsUrl}', session });
  agent.on('state', ({ state }) => (document.body.dataset.state = state));
  document.querySelector('button').onclick = () => agent.start().catch(() => {});
</script>`;

/** @type {Awaited<ReturnType<typeof serveDemo>>} */
let demo;
const shop = createServer(async (request, response) => void (await serve(request, response)));

/**
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 */
async function serve(request, response) {
  const wsUrl = `${demo.url.replace('http', 'ws')}/v1/ws`;
  const policy = "require-trusted-types-for 'script'; trusted-types voicegate";
  response.setHeader('Content-Security-Policy', policy);
  if (request.url === '/')
    return response.setHeader('Content-Type', 'text/html').end(pageFor(wsUrl));
  if (request.url === '/token') {
    const answer = await fetch(`${demo.url}/api/voice-token`, { headers: { Origin: demo.url } });
    const { token } = /** @type {{token: string}} */ (await answer.json());
    return response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ token }));
  }
  const file = await fetch(`${demo.url}${request.url}`);
  response.setHeader('Content-Type', String(file.headers.get('Content-Type')));
  return response.end(Buffer.from(await file.arrayBuffer()));
}
/** @type {Awaited<ReturnType<typeof onLoopback>>} */
let site;
before(async () => {
  demo = await serveDemo();
  site = await onLoopback(shop);
});
after(async () => {
  site.stop();
  await demo.stop();
});

test('{token} alone starts a call in a Worker under Trusted Types, and both voices can be had as streams', async () => {
  const { page, complaints, close } = await openBrowser({ microphone: [1, 'question', 60] });
  /** @param {'inputStream' | 'outputStream'} name   resolves once it is heard, or has been silent for a second */
  const isHeard = (name) =>
    page.evaluate(async (which) => {
      const context = new AudioContext();
      const analyser = new AnalyserNode(context);
      const { agent } = /** @type {any} */ (globalThis);
      const stream = agent[which];
      if (stream !== agent[which]) throw new Error('another stream each time');
      new MediaStreamAudioSourceNode(context, { mediaStream: stream }).connect(analyser);
      const samples = new Float32Array(analyser.fftSize);
      const { currentTime } = context;
      let isLoud = false;
      while (!isLoud && context.currentTime < currentTime + 8) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        analyser.getFloatTimeDomainData(samples);
        isLoud = samples.some((sample) => Math.abs(sample) > 0.01);
      }
      await context.close();
      return isLoud;
    }, name);
  try {
    await page.goto(site.url);
    await page.getByRole('button').click();
    await page.locator('body[data-state="live"]').waitFor();
    assert.equal(await page.evaluate(() => /** @type {any} */ (globalThis).agent.thread), 'worker');
    assert.equal(await isHeard('outputStream'), true);
    assert.equal(await isHeard('inputStream'), true);
    const tracks = await page.evaluateHandle(() => {
      const { agent } = /** @type {any} */ (globalThis);
      agent.mute();
      return [agent.inputStream, agent.outputStream].flatMap((stream) => stream.getTracks());
    });
    await page.evaluate(() => /** @type {any} */ (globalThis).agent.dispose());
    const states = await tracks.evaluate((all) => all.map(({ readyState }) => readyState));
    assert.deepEqual(states, ['ended', 'ended']);
    assert.deepEqual(complaints, []);
  } finally {
    await close();
  }
});
