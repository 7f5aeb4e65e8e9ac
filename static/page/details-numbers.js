// Numbers with their units, as a language writes them. Pure.

const NOTHING = '–';

/** @type {Map<string, ReturnType<typeof build>>} */
const built = new Map();

/** @param {string} language   BCP 47 */
export function createNumbers(language) {
  const numbers = built.get(language) ?? build(language);
  built.set(language, numbers);
  return numbers;
}

/** @param {string} language */
function build(language) {
  /**
   * @param {string} unit
   * @param {number} digits   after the decimal sign
   * @param {number} [divisor]
   */
  const format = (unit, digits, divisor = 1) => {
    const number = new Intl.NumberFormat(language, {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });
    return (/** @type {number | null | undefined} */ value) =>
      typeof value === 'number' ? `${number.format(value / divisor)}${unit}` : NOTHING;
  };
  return {
    count: format('', 0),
    ms: format('\u00a0ms', 0),
    seconds: format('\u00a0s', 1, 1000),
    secondsExactly: format('\u00a0s', 2, 1000),
    hz: format('\u00a0Hz', 0),
    perSecond: format('/s', 0),
    kilobits: format('\u00a0kbit/s', 0),
    kilobytes: format('\u00a0kB', 0, 1000),
  };
}
