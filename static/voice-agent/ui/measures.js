// What the page is laid out for. A DOM in which pages are tested (jsdom) has neither sizes nor a screen.

/** @param {Element} element @param {(contentRect: DOMRectReadOnly) => void} listener   called with the first size, too */
export function onResize(element, listener) {
  if (!globalThis.ResizeObserver) return;
  new ResizeObserver(([{ contentRect }]) => listener(contentRect)).observe(element);
}

/** @param {string} query @returns {MediaQueryList | undefined} */
export const mediaQuery = (query) => globalThis.matchMedia?.(query);
