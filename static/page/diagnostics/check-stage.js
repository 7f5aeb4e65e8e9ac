// Where the visitor is spoken to while a check runs: what happens, a meter, what was said, and questions.

/**
 * @param {{title: HTMLElement, text: HTMLElement, level: HTMLElement, words: HTMLElement, answers: HTMLElement}} elements
 */
export function createStage({ title, text, level, words, answers }) {
  /** @type {Map<string, HTMLElement>} */
  const spoken = new Map();

  /** @param {string} value   a live region announces even the same words again */
  function say(value) {
    if (text.textContent !== value) text.textContent = value;
  }

  /** @param {number | null} value */
  function showLevel(value) {
    level.hidden = value === null;
    level.style.setProperty('--_share', (value ?? 0).toFixed(2));
  }

  function clear() {
    spoken.clear();
    words.replaceChildren();
    answers.replaceChildren();
    showLevel(null);
  }

  return {
    say,
    showLevel,
    clear,
    /** @param {string} heading @param {string} sentence */
    begin(heading, sentence) {
      clear();
      title.textContent = heading;
      say(sentence);
    },
    /** @param {string} who @param {string} what */
    showWords(who, what) {
      if (what.trim() === '') return;
      let line = spoken.get(who);
      if (!line) {
        line = document.createElement('p');
        const name = document.createElement('strong');
        name.textContent = who;
        line.append(name, ' ', document.createElement('span'));
        spoken.set(who, line);
        words.append(line);
      }
      const place = /** @type {HTMLElement} */ (line.lastElementChild);
      if (place.textContent !== what) place.textContent = what;
      words.scrollTop = words.scrollHeight;
    },
    /**
     * @param {import('./diagnostics-types.js').Question} question
     * @param {AbortSignal} signal
     * @returns {Promise<string>}
     */
    ask(question, signal) {
      say(question.text);
      return new Promise((resolve, reject) => {
        const buttons = question.answers.map(({ id, label }, index) => {
          const button = document.createElement('button');
          button.type = 'button';
          button.className = `button ${index === 0 ? 'button--solid' : 'button--outline'}`;
          button.dataset.answer = id;
          button.textContent = label;
          button.addEventListener('click', () => {
            // The words get the focus: nobody who answers by keyboard is thrown to the top of the page.
            title.focus({ preventScroll: true });
            answers.replaceChildren();
            resolve(id);
          });
          return button;
        });
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
        answers.replaceChildren(...buttons);
        buttons[0].focus();
      });
    },
    /** @returns {boolean} whether the focus is in here, or was and its button is gone */
    hasFocus() {
      const at = document.activeElement;
      return at === title || at === document.body || answers.contains(at);
    },
    focus: () => title.focus(),
  };
}
