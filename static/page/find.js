// The elements that the templates promise; a missing one is told at once, by its id.

/**
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} id
 * @param {new () => T} [type]
 * @returns {T}
 */
export function byId(id, type) {
  const element = document.getElementById(id);
  if (element instanceof (type ?? HTMLElement)) return /** @type {T} */ (element);
  throw new Error(`The page has no ${type?.name ?? 'element'} with the id ${id}`);
}
