// The session core as one thing: what the Worker runs, fed by the page's messages, and what the page loads where no
// Worker can be had.

import { platformEnvironment } from './ports.js';
import { Session } from './session.js';

/** @param {(event: import('./session-types.js').SessionEvent) => void} emit */
export const createSession = (emit) => new Session(platformEnvironment(), emit);

if (!('document' in globalThis)) {
  const session = createSession((event) => self.postMessage(event));
  self.onmessage = ({ data }) => {
    if (data.type === 'close') session.afterGoodbyes(() => self.close());
    else session.handle(data);
  };
  self.postMessage({ type: 'hello' });
}
