// What the scenarios need of a browser, whichever it is.

/**
 * A page in a browser that has just been started.
 * @typedef {object} BrowserPage
 * @property {(url: string) => Promise<void>} open
 * @property {(name: string) => Promise<void>} press the button with these words on it, as a user does
 * @property {<T>(ask: () => T) => Promise<Awaited<T>>} evaluate what the page answers; only the function's text goes there
 * @property {() => Promise<string[]>} complaints errors that the page raised or logged
 * @property {() => Promise<void>} close
 */

/**
 * Starts the browser.
 * @typedef {(environment: Record<string, string>) => Promise<BrowserPage>} OpenBrowser
 */

/**
 * Runs in the page: its button with these words, or its element's.
 * @param {string} name
 */
export function buttonNamed(name) {
  const inside = document.querySelector('voice-agent')?.shadowRoot;
  const buttons = [document, inside].flatMap((root) => [
    ...(root?.querySelectorAll('button') ?? []),
  ]);
  return buttons.find((button) => button.checkVisibility() && button.innerText.trim() === name);
}

/** The browser itself ended, which says nothing about the page. */
export class BrowserCrashed extends Error {}
