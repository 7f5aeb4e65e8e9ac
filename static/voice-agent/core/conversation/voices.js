// Which voices speak alike: what languages they have, and which of those on offer comes next to one that is gone. Pure.

import catalogue from '../../voices.json' with { type: 'json' };

export { catalogue };

/** What each is known to speak, as BCP 47; "und": nobody has told. @type {Record<string, string>} */
const TAGS = { ...catalogue.quickstart.voices, ...catalogue.current.voices };

/**
 * The language of a voice; null where it is not known.
 * @param {string} voice
 */
export function languageOfVoice(voice) {
  const tag = Object.hasOwn(TAGS, voice) ? TAGS[voice] : 'und';
  return tag === 'und' ? null : tag.slice(0, 2);
}

/**
 * Of the voices on offer the nearest to another one: of its language and accent, else of its language, else the first.
 *
 * @param {string} voice
 * @param {readonly string[]} offered   at least one
 */
export function nearestVoice(voice, offered) {
  const language = languageOfVoice(voice);
  if (language === null) return offered[0];
  const alike = offered.filter((name) => languageOfVoice(name) === language);
  return alike.find((name) => TAGS[name] === TAGS[voice]) ?? alike[0] ?? offered[0];
}
