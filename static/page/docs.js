// Adds a copy button to each example of the API reference; the page is complete without it.

const IDLE = 'Copy';
const DONE = 'Copied';

for (const block of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('.code'))) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'code__copy';
  button.textContent = IDLE;
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(block.querySelector('code')?.textContent ?? '');
      button.textContent = DONE;
      setTimeout(() => (button.textContent = IDLE), 2000);
    } catch {
      getSelection()?.selectAllChildren(block.querySelector('code') ?? block);
    }
  });
  block.append(button);
}
