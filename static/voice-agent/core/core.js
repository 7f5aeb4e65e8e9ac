// The session core as one thing, on whichever thread: what the Worker runs, and what the main thread loads where
// no Worker can be had.

import { platformEnvironment } from './ports.js';
import { Session } from './session.js';

/** @param {(event: import('./session-types.js').SessionEvent) => void} emit */
export const createSession = (emit) => new Session(platformEnvironment(), emit);
