// The elements that the template promises; a missing one is told at once, by its id.

export const elements = {
  run: byId('run', HTMLButtonElement),
  runLabel: byId('run-label'),
  stop: byId('stop', HTMLButtonElement),
  progress: byId('progress', HTMLProgressElement),
  count: byId('count'),
  rows: /** @type {HTMLElement[]} */ ([...document.querySelectorAll('[data-check]')]),
  stage: {
    title: byId('stage-title'),
    text: byId('stage-text'),
    level: byId('level'),
    words: byId('words'),
    answers: byId('answers'),
  },
  report: {
    button: byId('report-copy', HTMLButtonElement),
    text: byId('report-text', HTMLTextAreaElement),
    status: byId('report-told'),
  },
};

/** What the template tells the scripts. @param {string} name */
export function configuration(name) {
  return document.querySelector(`meta[name="${name}"]`)?.getAttribute('content') ?? null;
}

/** A block of data in the page. @param {string} id @returns {unknown} */
export function data(id) {
  return JSON.parse(byId(id, HTMLScriptElement).textContent ?? '');
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
