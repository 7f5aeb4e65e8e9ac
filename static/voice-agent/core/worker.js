// Entry of the dedicated Worker: the session core, fed by the page's messages. Nothing else is in here.

import { createSession } from './core.js';

const session = createSession((event) => self.postMessage(event));

self.onmessage = ({ data }) => session.handle(data);
self.postMessage({ type: 'hello' });
