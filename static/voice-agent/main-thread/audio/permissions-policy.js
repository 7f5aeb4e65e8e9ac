// Whether the page around this one keeps the microphone from it: a frame without allow="microphone", or a
// Permissions-Policy header. Main thread.

/** A refusal that comes sooner was nobody's answer: no person is as quick. */
const AT_ONCE_MS = 150;

/** @typedef {{allowsFeature: (name: string) => boolean}} Policy */

/** @returns {boolean} false too where the browser cannot say */
export function isMicrophoneForbidden() {
  return policy()?.allowsFeature('microphone') === false;
}

/**
 * The microphone was refused: whether by the page around this one, as far as can be known. Browsers that do not tell
 * their policy refuse at once; so they do where the user has said no for ever, but a tab of its own helps with both.
 * @param {number} askedAtMs monotonic
 */
export function isPolicyLikely(askedAtMs) {
  if (policy()) return isMicrophoneForbidden();
  return isForeignFrame() && performance.now() - askedAtMs < AT_ONCE_MS;
}

/** The newer name is in no browser yet, and the older one not in all. @returns {Policy | undefined} */
function policy() {
  const page = /** @type {{permissionsPolicy?: Policy, featurePolicy?: Policy} | undefined} */ (
    globalThis.document
  );
  return page?.permissionsPolicy ?? page?.featurePolicy;
}

/** Whether a page of another origin shows this one. */
function isForeignFrame() {
  try {
    return (
      globalThis.top !== null && globalThis.top?.location.origin !== globalThis.location?.origin
    );
  } catch {
    return true; // not even allowed to ask
  }
}
