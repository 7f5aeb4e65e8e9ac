// The language of the page. The service writes the page in it, so a new one needs the page anew; a call or a
// conversation that is on the page is not thrown away for that.

const COOKIE = 'voicegate-language';

/**
 * @param {{language: HTMLSelectElement, languageNote: HTMLElement, languageReload: HTMLButtonElement}} elements
 * @param {object} page
 * @param {import('./cookies.js').Cookies} page.cookies
 * @param {() => 'call' | 'conversation' | 'nothing'} page.atStake   what a reload would end or lose
 */
export function createLanguageField({ language, languageNote, languageReload }, page) {
  const shown = language.value;

  function showWaiting() {
    const isWaiting = language.value !== shown;
    languageNote.hidden = !isWaiting;
    languageReload.hidden = !isWaiting || page.atStake() === 'call';
  }

  language.addEventListener('change', () => {
    page.cookies.write(COOKIE, language.value);
    if (language.value !== shown && page.atStake() === 'nothing') reload();
    else showWaiting();
  });
  languageReload.addEventListener('click', reload);

  return { showWaiting };
}

function reload() {
  const address = new URL(location.href);
  if (!address.searchParams.has('lang')) return location.reload();
  address.searchParams.delete('lang'); // it would win over what was chosen
  location.replace(address);
}
