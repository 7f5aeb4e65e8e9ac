// The texts of this page in the visitor's language, as the service put them into the page.

/** @returns {unknown}   the part of texts/*.json that this page's scripts use */
export function readTexts() {
  const block = document.getElementById('texts');
  if (!block) throw new Error('The page brought no texts');
  return JSON.parse(block.textContent ?? '');
}
