// How loud the microphone is, beside its name: from the levels of the call, and only during one.

/** @param {HTMLElement} meter */
export function createMicrophoneMeter(meter) {
  let shown = 0;

  /** @param {number} level   0 to 1 */
  function show(level) {
    const percent = Math.round(level * 100);
    if (percent === shown) return;
    shown = percent;
    meter.style.setProperty('--_share', String(level));
    meter.setAttribute('aria-valuenow', String(percent));
  }

  return {
    show,
    /** @param {import('./page-types.js').CallState} state */
    showState(state) {
      meter.dataset.live = String(state === 'live');
      if (state !== 'live') show(0);
    },
  };
}
