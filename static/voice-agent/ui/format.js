// Numbers and templates as people read them. Pure.

/**
 * Replaces `{name}` by the value of that name; an unknown name stays as it is.
 *
 * @param {string} template
 * @param {{[name: string]: string | number}} values
 */
export function fill(template, values) {
  return template.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/**
 * A clock: 7 → "0:07", 754 → "12:34", 3754 → "1:02:34".
 *
 * @param {number} seconds
 */
export function clock(seconds) {
  const { h, m, s } = split(seconds);
  const pad = (/** @type {number} */ n) => String(n).padStart(2, '0');
  return h ? `${h}:${pad(m)}:${pad(s)}` : `${m}:${pad(s)}`;
}

/**
 * Words: 1 → "1 second", 75 → "1 minute 15 seconds", 3700 → "1 hour 2 minutes", in the words of a language. Above an hour seconds do not matter:
 * the rest is rounded up, so that nobody is told to come back too early.
 *
 * @param {number} seconds
 * @param {string} language   BCP 47, as "en"
 */
export function duration(seconds, language) {
  const whole = Math.max(0, Math.floor(seconds));
  const { h, m, s } = split(whole < 3600 ? whole : Math.ceil(whole / 60) * 60);
  const say = (/** @type {number} */ count, /** @type {string} */ unit) =>
    new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(count);
  const parts = [h && say(h, 'hour'), m && say(m, 'minute'), s && say(s, 'second')].filter(Boolean);
  return parts.join(' ') || say(0, 'second');
}

/** @param {number} seconds */
function split(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  return { h: Math.floor(whole / 3600), m: Math.floor((whole % 3600) / 60), s: whole % 60 };
}
