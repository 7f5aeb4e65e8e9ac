// Takes the conversation along: copied as text, or downloaded as a file. A button that opens a short list of buttons.

import { asJson, asText, asWebVtt, fileName } from './export.js';

/** How long the button says what was done. */
const SAID_MS = 3_000;

/** A download has begun by then, and the browser needs its address no more. */
const DOWNLOAD_MS = 10_000;

/**
 * @param {{toggle: HTMLButtonElement, list: HTMLElement, said: HTMLElement}} elements   buttons in the list say in
 *   `data-take` what they do
 * @param {import('./types.js').Texts} texts
 * @param {() => import('./row-list.js').Item[]} items
 * @param {AbortSignal} [signal]   the menu is gone
 */
export function createCopyMenu({ toggle, list, said }, texts, items, signal) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let quieten;

  const isOpen = () => !list.hidden;

  /** @param {boolean} open */
  function setOpen(open) {
    list.hidden = !open;
    toggle.setAttribute('aria-expanded', String(open));
  }

  /** @param {string} text */
  function say(text) {
    clearTimeout(quieten);
    said.textContent = text;
    quieten = setTimeout(() => (said.textContent = ''), SAID_MS);
  }

  async function copy() {
    try {
      await navigator.clipboard.writeText(asText(items(), texts));
      say(texts.export.copied);
    } catch {
      say(texts.export.refused);
    }
  }

  /** @param {string} text @param {string} type @param {string} ending */
  function download(text, type, ending) {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
    link.download = fileName(texts.export.file, new Date(), ending);
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), DOWNLOAD_MS);
    say(texts.export.downloaded);
  }

  /** @type {{[take: string]: () => void}} */
  const takes = {
    copy: () => void copy(),
    text: () => download(asText(items(), texts), 'text/plain', 'txt'),
    json: () => download(asJson(items()), 'application/json', 'json'),
    captions: () => download(asWebVtt(items(), texts), 'text/vtt', 'vtt'),
  };

  toggle.addEventListener('click', () => setOpen(!isOpen()));
  list.addEventListener('click', ({ target }) => {
    const button = target instanceof Element ? target.closest('button') : null;
    if (!button) return;
    setOpen(false);
    toggle.focus();
    takes[button.dataset.take ?? '']?.();
  });
  for (const part of [toggle, list]) {
    part.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || !isOpen()) return;
      event.preventDefault();
      setOpen(false);
      toggle.focus();
    });
    part.addEventListener('focusout', ({ relatedTarget }) => {
      const isInside =
        relatedTarget === toggle || list.contains(/** @type {Node | null} */ (relatedTarget));
      if (!isInside && relatedTarget) setOpen(false);
    });
  }
  document.addEventListener(
    'pointerdown',
    (event) => {
      const path = event.composedPath(); // inside a shadow root, too
      if (isOpen() && !path.includes(toggle) && !path.includes(list)) setOpen(false);
    },
    { signal },
  );
}
