// One text for values that are the same, whatever the order of their keys. Pure; any thread.

/**
 * @param {unknown} value as JSON.parse gives it
 * @returns {string | null} null for what is nested too deeply to be written
 */
export function canonicalJson(value) {
  try {
    return JSON.stringify(value, sorted);
  } catch {
    return null;
  }
}

/** @param {string} _key @param {any} value */
function sorted(_key, value) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
