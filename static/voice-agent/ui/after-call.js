// What stands below a conversation that is over: how long it was, what it cost where callers are told, how it was for
// whoever wants to say so, and the conversation to take along.

import { drawIcon, ICONS } from './draw-icon.js';
import { duration, fill } from './format.js';
import { button, element } from './make-element.js';

/** As many as the service takes. */
const MAX_CHARACTERS = 500;

/** @typedef {{rating: 'up' | 'down', comment: string}} Feedback */

/**
 * @param {HTMLElement} place
 * @param {import('./ui-types.js').Texts} texts
 * @param {object} call
 * @param {number} call.seconds   how long it was
 * @param {number | null} call.pricePerHourUsd   null: callers are told nothing of it
 * @param {((feedback: Feedback) => Promise<boolean>) | null} call.send   whether it was taken; null: nobody asks
 * @param {() => void} call.download
 */
export function showAfterCall(place, texts, { seconds, pricePerHourUsd, send, download }) {
  const words = texts.after;
  const line = element('p', 'after__line');
  const lasted = duration(Math.max(seconds, 1), texts.language);
  const cost = ((pricePerHourUsd ?? 0) * seconds) / 3600;
  const money = new Intl.NumberFormat(texts.language, { style: 'currency', currency: 'USD' });
  line.textContent =
    pricePerHourUsd === null
      ? lasted
      : fill(words.cost, { duration: lasted, cost: money.format(cost) });
  const take = button('button button--outline', words.download, download);
  take.prepend(drawIcon(ICONS['down-to']));
  place.replaceChildren(line, ...(send ? [createQuestion(words, send)] : []), take);
}

/**
 * @param {import('./ui-types.js').Texts['after']} words
 * @param {(feedback: Feedback) => Promise<boolean>} send
 */
function createQuestion(words, send) {
  const form = document.createElement('form');
  form.className = 'after__question';
  form.autocomplete = 'off';
  const question = element('span', 'after__ask', words.question);
  /** @type {Feedback['rating'] | null} */
  let rating = null;

  const comment = document.createElement('input');
  Object.assign(comment, { type: 'text', maxLength: MAX_CHARACTERS, placeholder: words.comment });
  comment.setAttribute('aria-label', words.comment);
  comment.dir = 'auto';
  const submit = button('button button--solid', words.send);
  submit.type = 'submit';
  const more = element('div', 'after__comment field');
  more.append(comment, submit);
  more.hidden = true;
  const said = document.createElement('output');
  said.className = 'after__said';

  const thumbs = /** @type {const} */ (['up', 'down']).map((value) => {
    const thumb = button('after__thumb button button--quiet button--round', '', () => {
      rating = value;
      for (const one of thumbs) one.setAttribute('aria-pressed', String(one === thumb));
      more.hidden = false;
      said.textContent = '';
    });
    thumb.setAttribute('aria-label', words[value]);
    thumb.setAttribute('aria-pressed', 'false');
    thumb.append(drawIcon(ICONS.thumb, `after__${value}`));
    return thumb;
  });

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (!rating || submit.disabled) return;
    submit.disabled = true;
    const isTaken = await send({ rating, comment: comment.value.trim() }).catch(() => false);
    submit.disabled = false;
    said.textContent = isTaken ? words.thanks : words.failed;
    if (!isTaken) return;
    const hadFocus = form.contains(/** @type {ShadowRoot} */ (form.getRootNode()).activeElement);
    for (const part of [question, ...thumbs, more]) part.remove();
    said.tabIndex = -1;
    if (hadFocus) said.focus(); // what had it is gone
  });
  form.append(question, ...thumbs, more, said);
  return form;
}
