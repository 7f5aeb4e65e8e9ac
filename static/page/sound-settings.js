// Everything about sound in the side panel: microphone, speaker, volume, push-to-talk.

import { listMicrophones, listSpeakers } from '../voice-agent/index.js';
import { fill } from '../voice-agent/ui/format.js';
import { byId } from './find.js';
import { lasting } from './preferences.js';

const VOLUME = 'volume';
const PUSH_TO_TALK = 'push-to-talk';

/** @typedef {import('./page-types.js').VoiceAgent} VoiceAgent */
/** @typedef {{deviceId: string, label: string}} Device */

/**
 * @param {VoiceAgent} element
 * @param {import('./page-types.js').Texts} texts
 */
export function createSoundSettings(element, texts) {
  const speakerField = byId('speaker-field');
  const microphones = createDevicePicker('microphone', texts.microphone, {
    list: listMicrophones,
    choose: (deviceId) => element.setMicrophone(deviceId),
  });
  const speakers = createDevicePicker('speaker', texts.speaker, {
    list: listSpeakers,
    choose: (deviceId) => element.setSpeaker(deviceId),
    listed: ({ length }) => (speakerField.hidden = length === 0),
  });
  const meter = createMicrophoneMeter();
  createVolume(texts.volume, (volume) => element.setVolume(volume));

  const pushToTalk = byId('push-to-talk', HTMLInputElement);
  pushToTalk.addEventListener('change', () => {
    lasting.write(PUSH_TO_TALK, pushToTalk.checked ? 'on' : null);
    element.pushToTalk = pushToTalk.checked;
  });
  pushToTalk.checked = lasting.readOneOf(PUSH_TO_TALK, ['off', 'on']) === 'on';
  element.pushToTalk = pushToTalk.checked;

  element.addEventListener('voice-agent-level', ({ detail }) => meter.show(detail.microphone));

  /** Asked for when somebody looks: names come with the permission, which may have been given meanwhile. */
  function refresh() {
    void microphones.refresh();
    void speakers.refresh();
  }

  byId('settings-open').addEventListener('click', refresh);

  return {
    /** @param {import('./page-types.js').CallState} state */
    showState(state) {
      meter.showState(state);
      if (state === 'live') refresh();
    },
  };
}

/**
 * The choice of a microphone or a speaker; works before and during a call and follows devices that come and go.
 *
 * @param {'microphone' | 'speaker'} kind
 * @param {{standard: string, unnamed: string}} texts
 * @param {object} on
 * @param {() => Promise<Device[]>} on.list
 * @param {(deviceId: string) => Promise<void>} on.choose   "" = what the browser thinks best
 * @param {(devices: Device[]) => void} [on.listed]
 */
function createDevicePicker(kind, texts, on) {
  const select = byId(kind, HTMLSelectElement);
  let inUse = lasting.readWord(kind) ?? '';
  if (inUse) void on.choose(inUse);

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
    // From the first look on; the same listener again is none.
    navigator.mediaDevices?.addEventListener('devicechange', refresh);
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
    } catch {
      select.value = inUse; // why is told in the element
    }
  }

  select.addEventListener('change', choose);

  return { refresh };
}

/** How loud the microphone is, beside its name: from the levels of the call, and only during one. */
function createMicrophoneMeter() {
  const meter = byId('microphone-level');
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

/**
 * How loud the agent is, from 0 to 100 %; heard at once.
 *
 * @param {import('./page-types.js').Texts['volume']} texts
 * @param {(volume: number) => void} onChange   0 to 1
 */
function createVolume(texts, onChange) {
  const range = byId('volume', HTMLInputElement);
  const shown = byId('volume-shown', HTMLOutputElement);

  // Not by `Intl`: the first formatter of a page keeps its thread busy for 60 ms (measured).
  function show() {
    const volume = range.valueAsNumber / 100;
    shown.value = fill(texts.shown, { percent: range.value });
    range.setAttribute('aria-valuetext', shown.value);
    range.style.setProperty('--_share', String(volume));
    onChange(volume);
  }

  range.addEventListener('input', () => {
    show();
    lasting.write(VOLUME, range.value === range.max ? null : range.value);
  });
  range.value = String(lasting.readNumber(VOLUME, { least: 0, most: 100, otherwise: 100 }));
  show();
}
