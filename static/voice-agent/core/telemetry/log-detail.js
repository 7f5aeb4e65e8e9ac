// What a line of the log may say beside its name and size. Pure; any thread.

/** Codes and ids, as opposed to words of a person: short, and without a space. */
const CODE = /^[\w.:+-]{1,80}$/;

/** The fields that a line may have. Whatever else it is given is left out. */
const FIELDS = new Set(
  (
    'state recovery reason code upstreamCode cause sessionId replyId param characters interrupted seconds ' +
    'secondsLeft silent muted count'
  ).split(' '),
);

/**
 * @param {Record<string, unknown>} detail
 * @returns {Record<string, string | number | boolean>} what may be shown of it
 */
export function knownOf(detail) {
  /** @type {Record<string, string | number | boolean>} */
  const known = {};
  for (const [name, value] of Object.entries(detail)) {
    const isWord = typeof value === 'string' && CODE.test(value);
    const isPlain = isWord || typeof value === 'number' || typeof value === 'boolean';
    if (FIELDS.has(name) && isPlain) known[name] = value;
  }
  return known;
}
