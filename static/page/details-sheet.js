// Opens and closes the details of the call. What is in them is fetched when they are opened, or a call has begun: when
// somebody wants to know why it broke off, the line may be gone.

import { createSheet } from './sheet.js';

/**
 * @param {object} elements
 * @param {HTMLDialogElement} elements.dialog   its `data-source` says where its content is
 * @param {HTMLElement} elements.body
 * @param {HTMLElement} elements.missing   says that there is no content
 * @param {HTMLButtonElement} elements.open
 * @param {HTMLButtonElement} elements.close
 * @param {import('../voice-agent/index.js').Agent} agent
 * @param {import('./page-types.js').Texts} texts
 */
export function createDetailsSheet({ dialog, body, missing, open, close }, agent, texts) {
  /** @type {import('./details.js').Details | null} */
  let details = null;
  /** @type {Promise<void> | null} */
  let loading = null;
  /** @type {import('./page-types.js').CallError | null} */
  let lastError = null;
  agent.on('error', (error) => {
    lastError = error;
  });
  agent.on('state', ({ state }) => {
    if (state === 'live') prepare().catch(() => {}); // the next opening tries again
  });

  async function prepare() {
    if (details) return;
    loading ??= load().finally(() => (loading = null));
    await loading;
  }

  async function load() {
    const [{ createDetails }, content] = await Promise.all([
      import('./details.js'),
      fetchContent(String(dialog.dataset.source)),
    ]);
    dialog.append(content.foot);
    body.append(content.rest);
    details = createDetails(dialog, agent, texts, () => lastError);
  }

  async function show() {
    try {
      await prepare();
      missing.hidden = true;
      if (dialog.open) details?.show();
    } catch {
      missing.hidden = false; // offline, most likely
    }
  }

  createSheet(
    { sheet: dialog, open, closers: [close] },
    { opened: () => void show(), closed: () => details?.hide() },
  );
}

/**
 * What the panel holds, once its style sheet is there too.
 * @param {string} address
 */
async function fetchContent(address) {
  const page = await fetchPage(address);
  await applied(/** @type {HTMLLinkElement} */ (page.querySelector('link')));
  const foot = /** @type {HTMLElement} */ (page.querySelector('.sheet__foot'));
  foot.remove();
  const rest = document.createDocumentFragment();
  rest.append(...page.body.childNodes);
  return { foot, rest };
}

/**
 * The one way to read markup that needs no leave under Trusted Types: no script in it can run.
 * @param {string} address
 * @returns {Promise<Document>}
 */
function fetchPage(address) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.onloadend = () => {
      if (request.status === 200 && request.response) resolve(request.response);
      else reject(new Error(`no details: ${request.status}`));
    };
    request.open('GET', address);
    request.responseType = 'document';
    request.send();
  });
}

/** @param {HTMLLinkElement} sheet */
async function applied(sheet) {
  await new Promise((resolve, reject) => {
    sheet.addEventListener('load', resolve);
    sheet.addEventListener('error', () => reject(new Error('no style sheet')));
    document.head.append(sheet);
  }).catch((error) => {
    sheet.remove();
    throw error;
  });
}
