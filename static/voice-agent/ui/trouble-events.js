// What the client tells of trouble in a call that goes on, as warnings that come and go.

/** @typedef {import('./warning-list.js').Cause} Cause */

/**
 * What an event of the microphone's device begins; every other one ends it.
 * @type {{[reason: string]: Cause}}
 */
const DEVICE_CAUSES = {
  'muted-by-system': 'microphone-muted',
  'lost': 'microphone-lost',
  'permission-lost': 'microphone-permission-lost',
};

/**
 * @param {Pick<import('../index.js').Agent, 'on'>} agent
 * @param {(cause: Cause, isOn: boolean) => void} warn
 * @param {{isHeld: () => boolean}} page   `isHeld`: a button is held to be heard
 */
export function listenForTrouble(agent, warn, { isHeld }) {
  agent.on('microphone', ({ silent }) => warn('microphone-silent', silent));
  agent.on('sound', ({ blocked }) => warn('sound-blocked', blocked));
  agent.on('device', ({ reason }) => {
    for (const [of, cause] of Object.entries(DEVICE_CAUSES)) warn(cause, of === reason);
  });
  agent.on('unheard', ({ speaking }) => {
    warn('unheard', speaking && !isHeld());
    warn('unheard-hold', speaking && isHeld());
  });
  agent.on('limit', ({ secondsLeft, refused = false }) => {
    warn('limit-near', secondsLeft !== null && !refused);
    warn('extension-failed', refused);
  });
}
