// Opens and closes the details of the call. What is in them is fetched when they are opened, or a call has begun: when
// somebody wants to know why it broke off, the line may be gone.

import { importAgain } from '../voice-agent/ui/import-again.js';
import { byId } from './find.js';
import { createSheet } from './sheet.js';

/**
 * @param {import('./page-types.js').VoiceAgent} element
 * @param {import('./page-types.js').Texts} texts
 */
export function createDetailsSheet(element, texts) {
  const dialog = byId('details', HTMLDialogElement);
  const body = byId('details-body');
  const missing = byId('details-missing');
  /** @type {import('./details.js').Details | null} */
  let details = null;
  /** @type {Promise<void> | null} */
  let loading = null;
  /** @type {import('./page-types.js').CallError | null} */
  let lastError = null;
  element.addEventListener('voice-agent-error', ({ detail }) => (lastError = detail));
  element.addEventListener('voice-agent-state', ({ detail: { state } }) => {
    if (state === 'live') prepare().catch(() => {}); // the next opening tries again
    if (state === 'connecting' && dialog.open) details?.show(); // the client may be another one
  });

  async function prepare() {
    if (details) return;
    loading ??= load().finally(() => (loading = null));
    await loading;
  }

  async function load() {
    const [{ createDetails }, content] = await Promise.all([
      importAgain(() => import('./details.js'), new URL('./details.js', import.meta.url)),
      fetchContent(String(dialog.dataset.source)),
    ]);
    dialog.append(content.foot);
    body.append(content.rest);
    details = createDetails(dialog, element, texts, () => lastError);
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
    {
      sheet: dialog,
      open: byId('details-open', HTMLButtonElement),
      closers: [byId('details-close')],
    },
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
