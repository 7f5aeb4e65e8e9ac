// What a new session is told of the conversation so far. Pure; any thread.

/** Enough for a few minutes of talk; the latest turns are the ones that matter. */
const MAX_CHARACTERS = 6_000;

/** @typedef {import('./protocol.js').SessionConfig} SessionConfig */

/**
 * The session to go on with after the service let go of the old one: the same agent, told what was
 * said, and without a greeting, so that the user hears no second hello.
 * A stored agent keeps its id and cannot be told (`agent_id` must stand alone in the first update).
 * @param {SessionConfig} session
 * @param {readonly import('./transcript.js').Turn[]} turns
 * @returns {SessionConfig}
 */
export function continuedSession(session, turns) {
  if ('agent_id' in session) return session;
  const { greeting: _greeting, ...rest } = session;
  const said = summary(turns);
  if (said === '') return session;
  const prompt = [
    session.system_prompt ?? '',
    'The connection dropped for a moment and is back. The conversation so far, oldest first:',
    said,
    'Go on from there. Do not greet the user again and do not mention the interruption.',
  ];
  return {
    ...rest,
    system_prompt: prompt.filter((part) => part !== '').join('\n\n'),
  };
}

/**
 * @param {readonly import('./transcript.js').Turn[]} turns
 * @returns {string}
 */
function summary(turns) {
  const lines = [];
  let left = MAX_CHARACTERS;
  for (const { role, text } of turns.toReversed()) {
    const line = `${role === 'user' ? 'User' : 'You'}: ${text}`;
    if (text === '') continue;
    if (line.length > left) break;
    left -= line.length;
    lines.unshift(line);
  }
  return lines.join('\n');
}
