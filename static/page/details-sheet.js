// Opens and closes the details of the call. What fills them is fetched when they are opened for the first time.

import { createSheet } from './sheet.js';

/**
 * @param {{dialog: HTMLDialogElement, open: HTMLButtonElement, close: HTMLButtonElement}} elements
 * @param {import('../voice-agent/index.js').Agent} agent
 * @param {import('./types.js').Texts} texts
 */
export function createDetailsSheet({ dialog, open, close }, agent, texts) {
  /** @type {import('./details.js').Details | null} */
  let details = null;
  /** @type {import('./types.js').CallError | null} */
  let lastError = null;
  agent.on('error', (error) => {
    lastError = error;
  });

  async function show() {
    dialog.dataset.missing = 'false';
    try {
      const { createDetails } = await import('./details.js');
      details ??= createDetails(dialog, agent, texts, () => lastError);
      if (dialog.open) details.show();
    } catch {
      dialog.dataset.missing = 'true'; // offline, most likely; the next opening tries again
    }
  }

  createSheet(
    { sheet: dialog, open, closers: [close] },
    { opened: () => void show(), closed: () => details?.hide() },
  );
}
