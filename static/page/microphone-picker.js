// The choice of microphone; works before and during a call and follows devices that come and go.

import { lasting } from './preferences.js';
import { fill } from './format.js';

const MEMORY = 'microphone';

/**
 * @param {HTMLSelectElement} select
 * @param {import('./types.js').Texts['microphone']} texts
 * @param {() => Promise<import('./types.js').Microphone[]>} list
 * @param {object} on
 * @param {(deviceId: string) => Promise<void>} on.choose   "" = what the browser thinks best
 * @param {() => void} on.chosen
 * @param {(error: import('./types.js').CallError) => void} on.refused   the one before stays in use
 */
export function createMicrophonePicker(select, texts, list, on) {
  let inUse = lasting.read(MEMORY) ?? '';

  /** @param {import('./types.js').Microphone[]} microphones */
  function show(microphones) {
    // Before permission the browser tells neither ids nor names; "default" is its own word for our first option.
    const known = microphones.filter(({ deviceId }) => deviceId && deviceId !== 'default');
    select.replaceChildren(
      new Option(texts.standard, ''),
      ...known.map(
        ({ deviceId, label }, index) =>
          new Option(label || fill(texts.unnamed, { number: index + 1 }), deviceId),
      ),
    );
    select.value = known.some(({ deviceId }) => deviceId === inUse) ? inUse : '';
  }

  async function refresh() {
    try {
      show(await list());
    } catch {
      // A browser that lists no devices still has its default microphone, which is already on offer.
    }
  }

  async function choose() {
    const deviceId = select.value;
    try {
      await on.choose(deviceId);
      inUse = deviceId;
      lasting.write(MEMORY, deviceId || null);
      on.chosen();
    } catch (error) {
      select.value = inUse;
      on.refused(/** @type {import('./types.js').CallError} */ (error));
    }
  }

  select.addEventListener('change', choose);
  navigator.mediaDevices?.addEventListener('devicechange', refresh);
  void refresh();

  return { refresh };
}

/** What was chosen on an earlier visit, as an option of the client. @returns {{deviceId?: string}} */
export function rememberedMicrophone() {
  const deviceId = lasting.read(MEMORY);
  return deviceId ? { deviceId } : {};
}
