// What only whoever made the page can put right, said once to them: in the console.

/** @type {Set<string>} */
const said = new Set();

/** @param {string} text */
export function tellDeveloper(text) {
  if (said.has(text)) return;
  said.add(text);
  console.error(`<voice-agent>: ${text}`);
}

/**
 * Frameworks look once whether an element has a property, and write an attribute where it is not defined yet
 * (React 19, Preact 11 and Vue 3; `findings/late-element-properties.sh`): the object is lost without a word.
 * @param {Element} element
 */
export function hintAtLostProperties(element) {
  for (const name of ['session', 'tools'])
    if (element.getAttribute(name)?.startsWith('[object'))
      tellDeveloper(
        `"${name}" came as the text "[object Object]", since the page was rendered before this element was defined. Import the element first, or set the property in an effect.`,
      );
}

/**
 * @param {import('../../errors.js').VoiceAgentError} error
 * @param {{gate: string, origin: string}} where
 * @returns {string | null} null where it is not about how the page is set up
 */
export function setUpHint(error, { gate, origin }) {
  if (error.problem?.code === 'origin_not_allowed')
    return `${gate} does not take calls from this page. Its operator has to list the origin: VOICEGATE_ALLOWED_ORIGINS=${origin}`;
  if (error.code === 'insecure-context')
    return `${origin} is not secure, so browsers give it no microphone. Serve the page by https.`;
  if (error.code === 'microphone-blocked-by-policy')
    return 'a policy keeps the microphone from this page. Put allow="microphone" on every frame around it, and microphone=(self) into its Permissions-Policy header.';
  // Not of the gate that sent the page: it was reached, and has gone, or the network has.
  if (error.code === 'token-unavailable' && !error.problem && gate !== origin)
    return `${gate} could not be reached. Check the attribute "gate", and connect-src in the page's Content-Security-Policy: ${gate} and the address of the agent's service.`;
  return error.param === 'agent' ? error.message : null;
}
