// The element's own words for what the page's parts say.

/**
 * The texts of the parts, where an element has some of its own: what is in the way may be on the same page.
 *
 * @param {import('./element-language.js').AllTexts} texts
 * @param {() => boolean} isElsewhere
 */
export function wordsOf({ call, element }, isElsewhere) {
  const otherTab = call.errors['other-tab'];
  return {
    ...call,
    endings: { ...call.endings, 'taken-over': element.takenOver },
    errors: {
      ...call.errors,
      get 'other-tab'() {
        return isElsewhere() ? element.otherHere : otherTab;
      },
    },
  };
}
