// Copies the report; where the clipboard is closed to us, shows it for copying by hand.

/**
 * @param {{button: HTMLButtonElement, status: HTMLElement, text: HTMLTextAreaElement}} elements   status: announced
 * @param {import('./page-types.js').Texts['details']['copy']} texts
 * @param {() => string} report
 */
export function createReportButton({ button, status, text }, texts, report) {
  button.addEventListener('click', async () => {
    const copy = report();
    status.textContent = ''; // so that the same words are announced again
    try {
      await navigator.clipboard.writeText(copy);
      text.hidden = true;
      status.textContent = texts.done;
    } catch {
      text.value = copy;
      text.hidden = false;
      text.focus();
      text.select();
      status.textContent = texts.byHand;
    }
  });
}
