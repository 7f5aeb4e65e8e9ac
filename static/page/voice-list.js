// The voices of one agent as people choose them: by language, with accent and flag; what is not among them any more is
// told with the nearest that is. Fetched when the side panel opens; until then, and without it, a plain list does.

import {
  catalogue,
  languageOfVoice,
  nearestVoice,
} from '../voice-agent/core/conversation/voices.js';
import { fill } from '../voice-agent/ui/format.js';
import { element } from '../voice-agent/ui/make-element.js';
import flags from './flags.json' with { type: 'json' };

const SVG = 'http://www.w3.org/2000/svg';
const UNKNOWN = 'und'; // BCP 47 for a language that nobody has told

/** @type {Record<string, string>} */
const CURRENT = catalogue.current.voices;
/** @type {Record<string, string>} */
const FORMER = catalogue.quickstart.voices;
/** Flags by language, as the vendor has them. Source: documentation, "Supported languages", September 2026. */
const FLAGS = /** @type {Record<string, string>} */ (flags.languages);
/** @type {Record<string, [colour: string, path: string][]>} */
const DRAWINGS = /** @type {any} */ (flags.drawings);

/**
 * @param {object} options
 * @param {string} options.name   of the group of radio buttons
 * @param {HTMLElement} options.label
 * @param {readonly string[]} options.offered
 * @param {string} options.other   the value for a name that is typed
 * @param {Record<string, string>} options.samples   address of a recording, by voice
 * @param {import('./page-types.js').Texts} options.texts
 * @param {(value: string) => void} options.choose   a voice, or `other`
 */
export function createVoiceList({ name, label, offered, other, samples, texts, choose }) {
  const words = createWords(texts);
  const play = createPlayer();
  const list = element('div', 'voices');
  list.setAttribute('role', 'radiogroup');
  list.setAttribute('aria-labelledby', (label.id ||= `${name}-label`));
  /** @type {Map<string, HTMLInputElement>} */
  const radios = new Map();

  /** @param {string} value @param {string} text @param {string} [tag] */
  function row(value, text, tag) {
    const line = element('div', 'voice');
    const choice = element('label', 'voice__choice');
    const radio = document.createElement('input');
    Object.assign(radio, { type: 'radio', name, value });
    radios.set(value, radio);
    choice.append(radio);
    const flag = tag && drawFlag(tag);
    if (flag) choice.append(flag);
    const shown = element('span', 'voice__name', text);
    shown.translate = tag === undefined; // a name is none in another language
    choice.append(shown);
    const accent = tag && words.accent(tag);
    if (accent) choice.append(element('span', 'voice__accent', accent));
    line.append(choice);
    if (samples[value])
      line.append(play.button(samples[value], fill(texts.voices.hear, { voice: text })));
    return line;
  }

  /** @param {readonly string[]} voices @param {Record<string, string>} tags */
  function groups(voices, tags) {
    /** @type {Map<string, string[]>} */
    const byLanguage = new Map();
    for (const voice of voices) {
      const language = languageOfVoice(voice) ?? UNKNOWN;
      byLanguage.set(language, [...(byLanguage.get(language) ?? []), voice]);
    }
    return [...byLanguage].sort(words.order).map(([language, ones]) => {
      const group = element('div', 'voices__group');
      const title = element('p', 'voices__language', words.language(language));
      title.id = `${name}-${language}-${tags === FORMER ? 'former' : 'now'}`;
      group.setAttribute('role', 'group');
      group.setAttribute('aria-labelledby', title.id);
      group.append(title, ...ones.map((voice) => row(voice, voice, tags[voice] ?? UNKNOWN)));
      return group;
    });
  }

  list.append(...groups(offered, { ...FORMER, ...CURRENT }));
  // Whoever offers the whole of the present list shows as well what was on it, and says that it is gone.
  if (Object.keys(CURRENT).every((voice) => offered.includes(voice))) {
    const former = document.createElement('details');
    former.className = 'voices__former';
    const left = Object.keys(FORMER).filter((voice) => !offered.includes(voice));
    const month = words.month(catalogue.quickstart.month);
    former.append(
      element('summary', '', fill(texts.voices.former, { month, count: left.length })),
      ...groups(left, FORMER),
    );
    list.append(former);
  }
  list.append(row(other, texts.voices.other));
  const note = element('p', 'voices__note field__hint');
  note.setAttribute('role', 'status');
  list.addEventListener('input', ({ target }) => {
    if (target instanceof HTMLInputElement) choose(target.value);
  });

  /** @param {string} voice   as it was chosen or typed */
  function showNote(voice) {
    note.replaceChildren();
    if (!Object.hasOwn(FORMER, voice)) return;
    const language = words.language(languageOfVoice(voice) ?? UNKNOWN);
    const nearest = nearestVoice(voice, offered);
    const isAlike = languageOfVoice(nearest) === languageOfVoice(voice);
    const said = { voice, nearest, language, month: words.month(catalogue.current.month) };
    note.append(fill(isAlike ? texts.voices.gone : texts.voices.goneAlone, said));
    if (!isAlike) return;
    const button = element('button', 'button button--outline', fill(texts.voices.use, said));
    button.setAttribute('type', 'button');
    button.addEventListener('click', () => {
      const radio = radios.get(nearest);
      if (!radio) return;
      radio.checked = true;
      radio.focus();
      radio.dispatchEvent(new Event('input', { bubbles: true }));
    });
    note.append(button);
  }

  return {
    elements: [list, note],
    /** @param {string} voice */
    has: (voice) => voice !== other && radios.has(voice),
    /** @param {string} voice */
    show(voice) {
      const radio = radios.get(voice) ?? radios.get(other);
      if (radio) radio.checked = true;
      const former = radio?.closest('details');
      if (former) former.open = true;
      showNote(voice.trim());
    },
    /** What is chosen is in view, in a list that scrolls. */
    reveal() {
      const chosen = [...radios.values()].find(({ checked }) => checked);
      const line = chosen?.closest('.voice');
      if (line instanceof HTMLElement)
        list.scrollTop =
          line.offsetTop - list.offsetTop - (list.clientHeight - line.offsetHeight) / 2;
    },
    stop: play.stop,
  };
}

/** Names of languages, accents and months, in the language of the page. @param {import('./page-types.js').Texts} texts */
function createWords({ language }) {
  const names = new Intl.DisplayNames(language, { type: 'language' });
  const months = new Intl.DateTimeFormat(language, {
    month: 'long',
    year: 'numeric',
    timeZone: 'UTC',
  });
  const name = (/** @type {string} */ tag) => names.of(tag) ?? tag;
  /** The page's own language first, the unknown last. @param {string} tag */
  const rank = (tag) => (tag === language ? 0 : tag === UNKNOWN ? 2 : 1);
  return {
    language: name,
    /** "American English"; nothing where only the language is known. @param {string} tag */
    accent: (tag) => (tag.includes('-') ? name(tag) : ''),
    month: (/** @type {string} */ month) => months.format(new Date(month)),
    /** @param {[string, unknown]} one @param {[string, unknown]} other */
    order: ([one], [other]) =>
      rank(one) - rank(other) || name(one).localeCompare(name(other), language),
  };
}

/** @param {string} tag */
function drawFlag(tag) {
  const [language, region = FLAGS[language]] = tag.split('-');
  if (!region || !DRAWINGS[region]) return null;
  const flag = document.createElementNS(SVG, 'svg');
  flag.setAttribute('class', 'voice__flag');
  flag.setAttribute('viewBox', '0 0 18 12');
  flag.setAttribute('aria-hidden', 'true');
  for (const [colour, path] of DRAWINGS[region]) {
    const shape = document.createElementNS(SVG, 'path');
    shape.setAttribute('fill', colour);
    shape.setAttribute('d', path);
    flag.append(shape);
  }
  return flag;
}

/** Plays one recording at a time; a second press ends it. */
function createPlayer() {
  const sound = new Audio();
  /** @type {HTMLElement | null} */
  let pressed = null;

  function stop() {
    sound.pause();
    pressed?.setAttribute('aria-pressed', 'false');
    pressed = null;
  }

  for (const end of ['ended', 'error']) sound.addEventListener(end, stop);

  return {
    stop,
    /** @param {string} address @param {string} label */
    button(address, label) {
      const button = element('button', 'voice__hear button button--round');
      button.setAttribute('type', 'button');
      button.setAttribute('aria-label', label);
      button.setAttribute('aria-pressed', 'false');
      button.addEventListener('click', () => {
        const isOn = pressed === button;
        stop();
        if (isOn) return;
        pressed = button;
        button.setAttribute('aria-pressed', 'true');
        sound.src = address;
        sound.play().catch(() => pressed === button && stop());
      });
      return button;
    },
  };
}
