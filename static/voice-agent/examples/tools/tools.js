// What the agent may do on this page: one thing that takes its time, and one that a person has to allow.

/** How long a search takes, in steps of half a second; a real one would fetch. */
const STEPS = 8;
const STEP_MS = 500;

/**
 * @param {() => {show: (share: number) => void, end: () => void, stopped: AbortSignal}} begin shows a search on the page:
 *   how much of it is done (0 to 1), and a way for the person to stop it
 * @param {(question: string, signal: AbortSignal) => Promise<boolean>} ask
 */
export const createTools = (begin, ask) => ({
  find_trains: {
    description: 'Finds trains. Ask where to and when first. Takes some seconds.',
    parameters: {
      type: 'object',
      properties: { to: { type: 'string' }, on: { type: 'string' } },
      required: ['to'],
    },
    timeout_seconds: 30,
    // `signal` aborts when nobody waits any more: the person interrupted, hung up, or the time is over. What is thrown
    // goes to the agent as an error, so that it knows.
    run: async ({ to }, { signal }) => {
      const search = begin();
      try {
        for (let step = 1; step <= STEPS; step += 1) {
          await pause(STEP_MS, AbortSignal.any([signal, search.stopped]));
          search.show(step / STEPS);
        }
        return { trains: [{ number: 'R 70', to, leaves: '09:15' }] };
      } finally {
        search.end();
      }
    },
  },

  book_train: {
    description: 'Books a seat. Costs money.',
    parameters: {
      type: 'object',
      properties: { number: { type: 'string' } },
      required: ['number'],
    },
    // Anything but true tells the agent that the person did not allow it.
    approve: ({ number }, { signal }) => ask(`Book a seat on ${number} for 12 euros?`, signal),
    run: ({ number }) => ({ booked: number, seat: '14A' }),
  },
});

/**
 * @param {number} durationMs
 * @param {AbortSignal} signal
 */
function pause(durationMs, signal) {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const timer = setTimeout(resolve, durationMs);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
