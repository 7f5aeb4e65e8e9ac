// For a whole test file: a line that can be broken, and the people who call over it.

import { after } from 'node:test';
import { openCallers } from './caller.js';
import { openLine } from './line.js';

/**
 * Open both until the last test of the file is over.
 * @param {{resume?: string}} [simulator] its answer to the attempt to pick a session up again
 */
export async function setUpCalls({ resume } = {}) {
  const line = await openLine();
  try {
    const callers = await openCallers();
    after(async () => {
      await callers.close();
      await line.close();
    });
    if (resume) await line.control({ set: { resume } });
    return { line, callers };
  } catch (error) {
    await line.close(); // nothing stays behind, and no test runs
    throw error;
  }
}
