// Entry of the dedicated Worker: the session core, fed by the page's messages. Nothing else is in here.

import { platformEnvironment } from './environment.js';
import { Session } from './session.js';

const session = new Session(platformEnvironment(), (event) => self.postMessage(event));

self.onmessage = ({ data }) => session.handle(data);
self.postMessage({ type: 'hello' });
