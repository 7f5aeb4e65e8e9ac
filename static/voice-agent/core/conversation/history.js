// What a new session is told of the conversation so far. Pure.

/** Who the user is, and what the talk is about, is said at its beginning. */
const MAX_FIRST_CHARACTERS = 1_500;

/** Enough for a few minutes of talk. */
const MAX_LATEST_CHARACTERS = 4_500;

/** A longer turn is told by its beginning and its end: it must not push the others out. */
const MAX_TURN_CHARACTERS = 1_500;

/** @typedef {import('../connection/protocol.js').SessionConfig} SessionConfig */

/**
 * @typedef {object} Story
 * @property {readonly import('./transcript.js').Turn[]} turns
 * @property {readonly string[]} unanswered names of tools whose results the old session did not take in
 */

/**
 * The session to go on with in place of an old one: the same agent, told what was said, and without a
 * greeting, so that the user hears no second hello.
 * A stored agent keeps its id and cannot be told (`agent_id` must stand alone in the first update).
 * @param {SessionConfig} session
 * @param {Story} story
 * @returns {SessionConfig}
 */
export function continuedSession(session, story) {
  if ('agent_id' in session || story.turns.length === 0) return session;
  const { greeting: _greeting, ...rest } = session;
  const prompt = typeof session.system_prompt === 'string' ? session.system_prompt : '';
  return { ...rest, system_prompt: withStory(prompt, story) };
}

/**
 * @param {string} prompt
 * @param {Story} story
 * @returns {string} the prompt as it is, when there is nothing to tell
 */
export function withStory(prompt, { turns, unanswered }) {
  if (turns.length === 0) return prompt;
  return paragraphs(
    prompt,
    'You are in the middle of a conversation. What was said so far, oldest first:',
    summary(turns),
    unanswered.length === 0 ? '' : lostCalls(unanswered),
    'Go on from there. Do not greet the user again and do not mention any interruption.',
  );
}

/** @param {string[]} parts those that are empty are left out */
export function paragraphs(...parts) {
  return parts.filter((part) => part !== '').join('\n\n');
}

/** Of an interrupted reply: enough to find the place, and to go on from there. */
const MAX_HEARD_CHARACTERS = 200;
const MAX_UNHEARD_CHARACTERS = 400;

/**
 * What the agent is told of its latest reply that was interrupted: it knows what it wanted to say, and not where the
 * loudspeaker was.
 * @param {{heard: string, unheard: string}} interruption
 * @returns {string}
 */
export function interruptionNote({ heard, unheard }) {
  const end = heard.slice(-MAX_HEARD_CHARACTERS);
  const next = unheard.slice(0, MAX_UNHEARD_CHARACTERS);
  const [before, after] = [end === heard ? '' : '… ', next === unheard ? '' : ' …'];
  const place =
    heard === ''
      ? 'they had heard nothing of your reply.'
      : `the last that they had heard was: "${before}${end}"`;
  const note = `When the user last interrupted you, ${place}\nThey did not hear: "${next}${after}"\nIf they ask you to go on with it, go on from there and repeat nothing that they heard.`;
  return note.toWellFormed();
}

/** @param {readonly string[]} names */
function lostCalls(names) {
  const list = names.join(', ');
  return `These tool calls failed and no result of them will come: ${list}. Whether they had an effect is not known: tell the user, and ask before you call one of them again.`;
}

/** @param {Story['turns']} turns */
function summary(turns) {
  const lines = turns.map(tell);
  const first = within(MAX_FIRST_CHARACTERS, lines);
  const latest = within(MAX_LATEST_CHARACTERS, lines.slice(first.length).reverse()).reverse();
  const leftOut = lines.length - first.length - latest.length;
  const gap = leftOut > 0 ? [`(Left out here: ${leftOut} turns.)`] : [];
  return [...first, ...gap, ...latest].join('\n');
}

/** @param {number} characters @param {string[]} lines @returns {string[]} as many from the start as fit */
function within(characters, lines) {
  let left = characters;
  const end = lines.findIndex((line) => (left -= line.length) < 0);
  return end === -1 ? lines : lines.slice(0, end);
}

/** @param {Story['turns'][number]} turn */
function tell({ role, text, interrupted }) {
  const speaker = role === 'user' ? 'User' : 'You';
  const words = text.replace(/\s+/g, ' '); // a line is a turn, whatever was said or typed
  return `${speaker}: ${shorten(words)}${interrupted ? ' (cut off)' : ''}`.toWellFormed();
}

/** @param {string} text */
function shorten(text) {
  if (text.length <= MAX_TURN_CHARACTERS) return text;
  const half = MAX_TURN_CHARACTERS / 2;
  return `${text.slice(0, half)} […] ${text.slice(-half)}`;
}
