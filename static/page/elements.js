// The elements that the templates promise; a missing one is told at once, by its id.

export const elements = {
  call: byId('call', HTMLButtonElement),
  callLabel: byId('call-label'),
  callWait: byId('call-wait'),
  mute: byId('mute', HTMLButtonElement),
  muteLabel: byId('mute-label'),
  microphone: byId('microphone', HTMLSelectElement),
  orb: byId('orb'),
  ring: byId('orb-ring', HTMLCanvasElement),
  statusName: byId('status-name'),
  statusDetail: byId('status-detail'),
  speaking: byId('speaking'),
  elapsed: byId('elapsed'),
  problem: byId('problem'),
  log: byId('log'),
  latest: byId('latest', HTMLButtonElement),
  composer: byId('composer', HTMLFormElement),
  access: {
    dialog: byId('access', HTMLDialogElement),
    form: byId('access-form', HTMLFormElement),
    code: byId('access-code', HTMLInputElement),
    error: byId('access-error'),
    submit: byId('access-submit', HTMLButtonElement),
    cancel: byId('access-cancel', HTMLButtonElement),
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
