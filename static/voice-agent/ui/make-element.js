// Elements of HTML, each with its class.

/** @param {string} name @param {string} className @param {string} [text] */
export function element(name, className, text = '') {
  const node = document.createElement(name);
  node.className = className;
  node.textContent = text;
  return node;
}

/** @param {string} className @param {string} text @param {() => void} [onClick] */
export function button(className, text, onClick) {
  const node = /** @type {HTMLButtonElement} */ (element('button', className, text));
  node.type = 'button';
  if (onClick) node.addEventListener('click', onClick);
  return node;
}

/** The last in another one. @param {HTMLElement} parent @param {string} name @param {string} className */
export function child(parent, name, className) {
  const node = element(name, className);
  parent.append(node);
  return node;
}
