// The elements that the templates promise; a missing one is told at once, by its id.

export const elements = {
  call: byId('call', HTMLButtonElement),
  callLabel: byId('call-label'),
  callWait: byId('call-wait'),
  mute: byId('mute', HTMLButtonElement),
  muteLabel: byId('mute-label'),
  orb: byId('orb'),
  ring: byId('orb-ring', HTMLCanvasElement),
  statusName: byId('status-name'),
  statusDetail: byId('status-detail'),
  speaking: byId('speaking'),
  elapsed: byId('elapsed'),
  timeLeft: byId('time-left'),
  pointer: byId('pointer'),
  problem: byId('problem'),
  log: byId('log'),
  latest: byId('latest', HTMLButtonElement),
  copy: {
    toggle: byId('copy-open', HTMLButtonElement),
    list: byId('copy-list'),
    said: byId('copy-said'),
  },
  composer: byId('composer', HTMLFormElement),
  access: {
    dialog: byId('access', HTMLDialogElement),
    form: byId('access-form', HTMLFormElement),
    code: byId('access-code', HTMLInputElement),
    error: byId('access-error'),
    submit: byId('access-submit', HTMLButtonElement),
    cancel: byId('access-cancel', HTMLButtonElement),
  },
  details: {
    dialog: byId('details', HTMLDialogElement),
    open: byId('details-open', HTMLButtonElement),
    close: byId('details-close', HTMLButtonElement),
    body: byId('details-body'),
    missing: byId('details-missing'),
  },
  settings: {
    sheet: byId('settings', HTMLDialogElement),
    form: byId('settings-form', HTMLFormElement),
    open: byId('settings-open', HTMLButtonElement),
    close: byId('settings-close', HTMLButtonElement),
    done: byId('settings-done', HTMLButtonElement),
    restore: byId('settings-restore', HTMLButtonElement),
    /** Only when there is a choice. */
    agent: /** @type {HTMLSelectElement | null} */ (document.getElementById('agent')),
  },
  sound: {
    microphone: byId('microphone', HTMLSelectElement),
    microphoneLevel: byId('microphone-level'),
    speaker: byId('speaker', HTMLSelectElement),
    speakerField: byId('speaker-field'),
    volume: byId('volume', HTMLInputElement),
    volumeShown: byId('volume-shown', HTMLOutputElement),
    pushToTalk: byId('push-to-talk', HTMLInputElement),
  },
  display: {
    theme: byId('theme'),
    captions: byId('captions'),
    language: byId('language', HTMLSelectElement),
    languageNote: byId('language-note'),
    languageReload: byId('language-reload', HTMLButtonElement),
  },
};

/** What the templates tell the scripts. @param {string} name */
export function configuration(name) {
  return (
    document.querySelector(`meta[name="voice-agent-${name}"]`)?.getAttribute('content') ?? null
  );
}

/**
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} [type]
 * @returns {T}
 */
function byId(id, type) {
  const element = document.getElementById(id);
  if (element instanceof (type ?? HTMLElement)) return /** @type {T} */ (element);
  throw new Error(`The page has no ${type?.name ?? 'element'} with the id ${id}`);
}
