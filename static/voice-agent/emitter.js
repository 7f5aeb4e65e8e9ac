// A small typed event emitter. Imports nothing.

/**
 * `Events` maps each event's name to the value its listeners get; a wrong name or a listener for
 * another value is a type error.
 * @template {object} Events
 */
export class Emitter {
  /** @type {Map<keyof Events, Set<(value: any) => void>>} */
  #listeners = new Map();
  #onChange;

  /** @param {(type: keyof Events, count: number) => void} [onChange] how many listeners a type has now */
  constructor(onChange = () => {}) {
    this.#onChange = onChange;
  }

  /**
   * Call `listener` for each event of that type until `signal` aborts or the returned function runs.
   * @template {keyof Events} Type
   * @param {Type} type
   * @param {(value: Events[Type]) => void} listener
   * @param {{signal?: AbortSignal}} [options]
   * @returns {() => void} takes the listener off again
   */
  on(type, listener, { signal } = {}) {
    if (signal?.aborted) return () => {};
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners.add(listener));
    const off = () => {
      signal?.removeEventListener('abort', off);
      if (listeners.delete(listener)) this.#onChange(type, listeners.size);
    };
    signal?.addEventListener('abort', off, { once: true });
    this.#onChange(type, listeners.size);
    return off;
  }

  /**
   * Call every listener of that type, but those that an earlier one takes off. A listener that throws does not keep the
   * others from theirs.
   * @template {keyof Events} Type
   * @param {Type} type
   * @param {Events[Type]} value
   */
  emit(type, value) {
    const listeners = this.#listeners.get(type) ?? new Set();
    for (const listener of [...listeners]) {
      if (!listeners.has(listener)) continue;
      try {
        listener(value);
      } catch (error) {
        queueMicrotask(() => {
          throw error; // a fault of the listener's owner: to the console, not into the call
        });
      }
    }
  }
}
