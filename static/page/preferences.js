// What the page remembers on this device. Storage may be closed to us or full: then it remembers nothing and works.

const PREFIX = 'voicegate:';

/** @param {() => Storage} area   a function, because reaching for the storage may already throw */
function createArea(area) {
  return {
    /** @param {string} name @returns {string | null} */
    read(name) {
      try {
        return area().getItem(PREFIX + name);
      } catch {
        return null;
      }
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

/** Kept from visit to visit: microphone, agent, voice. */
export const lasting = createArea(() => localStorage);

/** Kept until the tab is closed: words the visitor wrote. */
export const passing = createArea(() => sessionStorage);
