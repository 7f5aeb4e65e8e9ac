// A few values of which one holds: a row of radio buttons.

/**
 * @param {HTMLElement} group   holds the radio buttons
 * @param {(value: string) => void} onChange
 */
export function createChoice(group, onChange) {
  const options = [...group.querySelectorAll('input')];
  group.addEventListener('change', () => {
    const chosen = options.find(({ checked }) => checked);
    if (chosen) onChange(chosen.value);
  });

  return {
    /** @param {string} value */
    show(value) {
      for (const option of options) option.checked = option.value === value;
    },
  };
}
