// What the panel of trouble is made of.

/** @param {string} name @param {string} className @param {string} text */
export function element(name, className, text) {
  const node = document.createElement(name);
  node.className = className;
  node.textContent = text;
  return node;
}

const ACTION = 'problem__action button button--outline';

/** @param {string} text @param {() => void} onClick @param {string} [className] */
export function button(text, onClick, className = ACTION) {
  const node = element('button', className, text);
  node.setAttribute('type', 'button');
  node.addEventListener('click', onClick);
  return node;
}

/** @param {string} text @param {string} href @param {{isNewTab?: boolean}} [options] */
export function link(text, href, { isNewTab = false } = {}) {
  const node = element('a', ACTION, text);
  node.setAttribute('href', href);
  if (isNewTab) {
    node.setAttribute('target', '_blank');
    node.setAttribute('rel', 'noopener');
  }
  return node;
}

/**
 * Copies an address; where the clipboard is closed to us, the address itself is shown for copying by hand.
 * @param {string} address
 * @param {import('./ui-types.js').Texts['actions']} actions
 */
export function copyButton(address, actions) {
  const node = button(actions.copy, async () => {
    try {
      await navigator.clipboard.writeText(address);
      node.textContent = actions.copied;
    } catch {
      node.textContent = address;
    }
  });
  return node;
}
