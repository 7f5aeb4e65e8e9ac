// Runs in the page that is measured, before its own scripts: sees when the element's first visible button has the size
// and the colours that it keeps.

/** @param {string} name of the element */
export function watchButton(name) {
  const watched = { definedMs: NaN, drawnMs: NaN, button: '' };
  globalThis.watchedButton = watched;
  customElements.whenDefined(name).then(() => (watched.definedMs = performance.now()));
  requestAnimationFrame(function look() {
    const root = document.querySelector(name)?.shadowRoot;
    const buttons = [...(root?.querySelectorAll('button') ?? [])];
    const button = buttons.find((one) =>
      one.checkVisibility({ opacityProperty: true, visibilityProperty: true }),
    );
    const now = button ? looks(button) : '';
    if (now !== watched.button) Object.assign(watched, { button: now, drawnMs: performance.now() });
    requestAnimationFrame(look);
  });

  /** @param {HTMLElement} button */
  function looks(button) {
    const { width, height } = button.getBoundingClientRect();
    const { backgroundColor, color, borderRadius, fontFamily } = getComputedStyle(button);
    let opacity = 1;
    for (let one = /** @type {Element | null} */ (button); one; one = one.parentElement)
      opacity *= Number(getComputedStyle(one).opacity);
    const size = `${width.toFixed(1)}x${height.toFixed(1)}`;
    return [size, backgroundColor, color, borderRadius, fontFamily, opacity.toFixed(2)].join('; ');
  }
}
