// What the page remembers on this device. Storage may be closed to us or full: then it remembers nothing and works.
// What is read may be anybody's: it counts only where it is something that the page could have written.

const PREFIX = 'voicegate:';

/** Longer than any device's id or voice's name. */
const WORD_CHARACTERS = 512;

/** @param {() => Storage} area   a function, because reaching for the storage may already throw */
function createArea(area) {
  /** @param {string} name @returns {string | null} */
  function read(name) {
    try {
      return area().getItem(PREFIX + name);
    } catch {
      return null;
    }
  }

  return {
    read,
    /** An id or a name. @param {string} name @returns {string | null} */
    readWord(name) {
      const value = read(name)?.trim();
      return value && value.length <= WORD_CHARACTERS ? value : null;
    },
    /**
     * @template {string} T
     * @param {string} name
     * @param {readonly T[]} values   the first one counts where none of them is remembered
     * @returns {T}
     */
    readOneOf(name, values) {
      const value = read(name);
      return values.find((one) => one === value) ?? values[0];
    },
    /**
     * @param {string} name
     * @param {{least: number, most: number, otherwise: number}} range
     */
    readNumber(name, { least, most, otherwise }) {
      const text = read(name)?.trim();
      const value = text ? Number(text) : Number.NaN;
      return value >= least && value <= most ? value : otherwise;
    },
    /** @param {string} name @param {string | null} value   null forgets it */
    write(name, value) {
      try {
        if (value === null) area().removeItem(PREFIX + name);
        else area().setItem(PREFIX + name, value);
      } catch {
        // Nothing to do: the choice holds until the page is left.
      }
    },
  };
}

/** Kept from visit to visit: devices, agent, voice, how the page looks and sounds. */
export const lasting = createArea(() => localStorage);

/** Kept until the tab is closed: words the visitor wrote. */
export const passing = createArea(() => sessionStorage);
