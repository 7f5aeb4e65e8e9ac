// The choice of a microphone or a speaker; works before and during a call and follows devices that come and go.

import { lasting } from './preferences.js';
import { fill } from '../voice-agent/ui/format.js';

/** @typedef {'microphone' | 'speaker'} DeviceKind */
/** @typedef {import('./page-types.js').Device} Device */

/**
 * @param {HTMLSelectElement} select
 * @param {DeviceKind} kind
 * @param {{standard: string, unnamed: string}} texts
 * @param {object} on
 * @param {() => Promise<Device[]>} on.list
 * @param {(deviceId: string) => Promise<void>} on.choose   "" = what the browser thinks best
 * @param {(devices: Device[]) => void} [on.listed]
 * @param {() => void} [on.chosen]
 * @param {(error: import('./page-types.js').CallError) => void} on.refused   the one before stays in use
 */
export function createDevicePicker(select, kind, texts, on) {
  let inUse = lasting.readWord(kind) ?? '';

  /** @param {Device[]} devices */
  function show(devices) {
    // Before permission the browser tells neither ids nor names; "default" is its own word for our first option.
    const known = devices.filter(({ deviceId }) => deviceId && deviceId !== 'default');
    select.replaceChildren(
      new Option(texts.standard, ''),
      ...known.map(
        ({ deviceId, label }, index) =>
          new Option(label || fill(texts.unnamed, { number: index + 1 }), deviceId),
      ),
    );
    select.value = known.some(({ deviceId }) => deviceId === inUse) ? inUse : '';
    on.listed?.(known);
  }

  async function refresh() {
    try {
      show(await on.list());
    } catch {
      // A browser that lists no devices still has its default one, which is already on offer.
    }
  }

  async function choose() {
    const deviceId = select.value;
    try {
      await on.choose(deviceId);
      inUse = deviceId;
      lasting.write(kind, deviceId || null);
      on.chosen?.();
    } catch (error) {
      select.value = inUse;
      on.refused(/** @type {import('./page-types.js').CallError} */ (error));
    }
  }

  select.addEventListener('change', choose);
  navigator.mediaDevices?.addEventListener('devicechange', refresh);
  void refresh();

  return { refresh };
}

/** What was chosen on an earlier visit, as an option of the client. @param {DeviceKind} kind @returns {{deviceId?: string}} */
export function rememberedDevice(kind) {
  const deviceId = lasting.readWord(kind);
  return deviceId ? { deviceId } : {};
}
