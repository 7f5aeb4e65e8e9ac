// A page of another origin that shows /embed in a frame and gives it no microphone.

/** It is answered by the test itself. */
export const HOST = 'http://localhost:4444';

/** Chromium takes such an answer for one of the internet, and ours for one of a local network. */
export const FLAGS = ['--disable-features=LocalNetworkAccessChecks'];

/**
 * @param {Pick<import('./scenes.js').Stage, 'page' | 'url'>} stage
 * @param {string} [attributes] of the frame
 */
export async function openFramed({ page, url }, attributes = '') {
  const style =
    'body, iframe { margin: 0; border: 0; inline-size: 100%; block-size: 99vh } h1 { position: absolute; clip-path: inset(50%) }';
  const head = `<html lang="en"><title>Another site</title><style>${style}</style>`;
  const body = `<!doctype html>${head}<main><h1>Another site</h1><iframe title="Voicegate" src="${url}/embed" ${attributes}></iframe></main>`;
  await page.route(`${HOST}/`, (route) => route.fulfill({ contentType: 'text/html', body }));
  await page.goto(`${HOST}/`);
  return page.frameLocator('iframe');
}
