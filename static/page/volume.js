// How loud the agent is, from 0 to 100 %; heard at once.

import { fill } from '../voice-agent/ui/format.js';
import { lasting } from './preferences.js';

const MEMORY = 'volume';

/**
 * @param {{volume: HTMLInputElement, volumeShown: HTMLOutputElement}} elements
 * @param {import('./page-types.js').Texts['volume']} texts
 * @param {(volume: number) => void} onChange   0 to 1
 */
export function createVolume({ volume: range, volumeShown: shown }, texts, onChange) {
  // Not by `Intl`: the first formatter of a page keeps its thread busy for 60 ms (measured).
  function show() {
    const volume = range.valueAsNumber / 100;
    shown.value = fill(texts.shown, { percent: range.value });
    range.setAttribute('aria-valuetext', shown.value);
    range.style.setProperty('--_share', String(volume));
    return volume;
  }

  range.addEventListener('input', () => {
    onChange(show());
    lasting.write(MEMORY, range.value === range.max ? null : range.value);
  });
  range.value = String(rememberedVolume() * 100);
  show();
}

/** As last chosen, 0 to 1. */
export function rememberedVolume() {
  return lasting.readNumber(MEMORY, { least: 0, most: 100, otherwise: 100 }) / 100;
}
