// Everything the checks take from outside. Tests hand in their own.

import { createVoiceAgent } from '../../voice-agent/index.js';
import {
  isMicrophoneForbidden,
  openMicrophone,
} from '../../voice-agent/main-thread/audio/microphone.js';
import { TokenService } from '../../voice-agent/main-thread/token-service.js';
import { fetchToken } from '../../voice-agent/core/connection/token/token.js';

/** How long a host may take to answer a plain request. */
const REACH_MS = 5_000;

/** @typedef {ReturnType<typeof createPlatform>} Platform */

/**
 * @param {object} options
 * @param {URL} options.tokenUrl
 * @param {{[name: string]: unknown}} options.session   of the operator's first agent
 */
export function createPlatform({ tokenUrl, session }) {
  const service = new TokenService({ tokenUrl });

  return {
    session,
    nowMs: () => performance.now(),
    wait,
    isSecure: () => isSecureContext,
    features,
    permission,
    openMicrophone: () => openMicrophone(),
    createContext: (/** @type {AudioContextOptions} */ options = {}) =>
      new AudioContext({ latencyHint: 'interactive', ...options }),
    openWebSocket: (/** @type {string} */ url) => new WebSocket(url),
    isHostReached,
    reportEnd: service.reportEnd.bind(service),
    /** @param {{[parameter: string]: number}} wishes @param {AbortSignal} signal */
    fetchToken: (wishes, signal) =>
      fetchToken((...request) => fetch(...request), {
        tokenUrl: withParameters(tokenUrl, wishes).href,
        signal,
      }),
    /** @param {{[parameter: string]: number}} wishes @param {{[name: string]: unknown}} agentSession */
    createAgent: (wishes, agentSession) =>
      createVoiceAgent({
        tokenUrl: withParameters(tokenUrl, wishes),
        session: agentSession,
        tokenPrefetch: 'never',
      }),
  };
}

/** @param {number} delayMs @param {AbortSignal} signal @returns {Promise<void>} rejects when stopped */
function wait(delayMs, signal) {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const timer = setTimeout(done, delayMs);
    signal.addEventListener('abort', stop, { once: true });
    function done() {
      signal.removeEventListener('abort', stop);
      resolve();
    }
    function stop() {
      clearTimeout(timer);
      reject(signal.reason);
    }
  });
}

/** @returns {{[name: string]: boolean}} */
function features() {
  return {
    getUserMedia: typeof navigator.mediaDevices?.getUserMedia === 'function',
    AudioContext: typeof AudioContext === 'function',
    AudioWorklet: typeof AudioWorkletNode === 'function',
    WebSocket: typeof WebSocket === 'function',
    Worker: typeof Worker === 'function',
    MessageChannel: typeof MessageChannel === 'function',
    Locks: 'locks' in navigator,
    WakeLock: 'wakeLock' in navigator,
  };
}

async function permission() {
  return {
    state: await permissionState(),
    isForbidden: isMicrophoneForbidden(),
    isEmbedded: window !== window.top,
  };
}

/** @returns {Promise<string | null>} */
async function permissionState() {
  try {
    const name = /** @type {PermissionName} */ ('microphone');
    return (await navigator.permissions.query({ name })).state;
  } catch {
    return null;
  }
}

/**
 * Whether a host answers at all: what it says stays hidden, and does not matter.
 *
 * @param {string} wsUrl
 * @param {AbortSignal} signal
 * @returns {Promise<boolean | null>} null where this page's own policy keeps it from asking
 */
async function isHostReached(wsUrl, signal) {
  const url = wsUrl.replace(/^ws/, 'http');
  let isForbidden = false;
  const forbid = () => (isForbidden = true);
  document.addEventListener('securitypolicyviolation', forbid, { once: true });
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(REACH_MS)]);
    await fetch(url, { mode: 'no-cors', credentials: 'omit', cache: 'no-store', signal: limit });
    return true;
  } catch {
    await Promise.resolve();
    signal.throwIfAborted();
    return isForbidden ? null : false;
  } finally {
    document.removeEventListener('securitypolicyviolation', forbid);
  }
}

/** @param {URL} url @param {{[parameter: string]: number}} parameters */
function withParameters(url, parameters) {
  const whole = new URL(url);
  for (const [name, value] of Object.entries(parameters))
    whole.searchParams.set(name, String(value));
  return whole;
}
