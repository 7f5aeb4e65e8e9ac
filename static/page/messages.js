// Every text that the page's scripts show, in one place, ready for translation. Pure data: no DOM, no logic.
// Words in braces are replaced by values.

/** @type {{[state in import('./types.js').CallState]: {name: string, detail: string}}} */
export const states = {
  idle: { name: 'Ready', detail: '' },
  connecting: { name: 'Connecting', detail: 'Allow the microphone if your browser asks.' },
  live: { name: 'Connected', detail: '' },
  reconnecting: {
    name: 'Reconnecting',
    detail: 'The connection was lost. The conversation is kept and goes on in a moment.',
  },
  ending: { name: 'Ending the call', detail: '' },
  ended: { name: 'Call ended', detail: '' },
  failed: { name: 'Not connected', detail: '' },
};

/** How a call ended, by the client's reason. @type {{[reason: string]: string}} */
export const endings = {
  'by-user': 'You ended it after {duration}.',
  'by-service': 'The voice service ended it after {duration}.',
  'taken-over': 'Another tab took the call over after {duration}.',
  'page-left': 'You left the page after {duration}.',
  'time-limit': 'It reached its time limit after {duration}.',
  'other': 'It lasted {duration}.',
};

export const speaking = {
  none: 'Listening',
  user: 'You are speaking',
  agent: '{agent} is speaking',
  both: 'You are both speaking',
  muted: 'You are muted',
};

export const callButton = {
  start: 'Start talking',
  retry: 'Try again',
  resume: 'Continue the call',
  cancel: 'Cancel',
  end: 'End call',
  ending: 'Ending …',
  wait: 'in {time}',
};

export const muteButton = { mute: 'Mute', unmute: 'Unmute' };

export const microphone = {
  standard: 'Default microphone',
  unnamed: 'Microphone {number}',
};

export const transcript = {
  you: 'You',
  interrupted: 'interrupted',
  call: 'Call started at {time}',
  left: 'The page was left in the middle of the call. You can go on where you were.',
  resumed: 'The connection was lost for a moment. Nothing is missing.',
  continued:
    'The connection was lost. The call goes on in a new session, and the agent knows what was said.',
};

export const errorPanel = {
  dismiss: 'Dismiss',
  reference: 'Reference for support: {id}',
  wait: 'You can try again in {duration}.',
  ready: 'You can try again now.',
};

/** Where an access code is asked for; by what came of it. */
export const accessDialog = {
  submit: 'Start talking',
  checking: 'Checking …',
  empty: 'Type the access code first.',
  wrong: 'That code is not right.',
  limited: 'Too many attempts; try again in {duration}.',
  unreachable: 'The service cannot be reached. Check your internet connection and try again.',
  failed: 'The service did not answer as it should. Try again in a moment.',
  again: 'You can try again now.',
};

/** What the one action beside an error may be called. */
export const actions = {
  secure: 'Open the secure address',
  copy: 'Copy the address',
  copied: 'Copied',
  settings: 'Open settings',
  takeOver: 'Talk here instead',
  extend: 'Go on talking',
  wake: 'Turn the sound on',
};

/**
 * What happened and what to do, by the client's error code.
 *
 * @typedef {'secure' | 'copy' | 'settings' | 'takeOver' | 'extend' | 'wake'} Action
 * @typedef {{title: string, text: string, action?: Action, final?: boolean}} ErrorText
 *     `final`: trying again in this browser or at this address cannot help.
 * @type {{[code: string]: ErrorText}}
 */
export const errors = {
  'insecure-context': {
    title: 'This address is not secure',
    text: 'Browsers share the microphone only with pages on https. Open this page by its https address.',
    action: 'secure',
    final: true,
  },
  'unsupported-browser': {
    title: 'This browser cannot make the call',
    text: 'It lacks something a live voice call needs. Open this page in a current Chrome, Edge, Firefox or Safari.',
    action: 'copy',
    final: true,
  },
  'microphone-denied': {
    title: 'The microphone is blocked',
    text: 'Your browser does not let this page listen. Allow the microphone in the site settings beside the address, then try again.',
  },
  'microphone-not-found': {
    title: 'No microphone found',
    text: 'Plug one in or switch it on, or choose another one, then try again.',
  },
  'microphone-busy': {
    title: 'The microphone is in use',
    text: 'Another program or tab holds it. Close that one or choose another microphone, then try again.',
  },
  'other-tab': {
    title: 'Another tab is talking',
    text: 'This browser has a call open in another tab or window. Only one can talk at a time.',
    action: 'takeOver',
  },
  'immutable-field': {
    title: 'This cannot change during a call',
    text: 'End the call first; the change then holds for the next one.',
  },
  'update-refused': {
    title: 'The change was not accepted',
    text: 'The call goes on as it was.',
  },
  'token-refused': {
    title: 'You cannot start a call here',
    text: 'The service did not accept the request. Reload the page; if that does not help, ask whoever runs it.',
  },
  'token-limited': {
    title: 'Too many calls just now',
    text: 'The limit for new calls is reached for the moment.',
  },
  'token-unavailable': {
    title: 'The service cannot be reached',
    text: 'Check your internet connection and try again in a moment.',
  },
  'connection-failed': {
    title: 'The call could not be set up',
    text: 'The voice service did not answer. A firewall or VPN may block it; try again or use another network.',
  },
  'connection-lost': {
    title: 'The connection was lost',
    text: 'It could not be restored in time. The conversation so far stays on this page; start again when you are back online.',
  },
  'unauthorized': {
    title: 'The voice service refused the call',
    text: 'The permission for this call was not accepted or came too late. Try again; if it happens again, tell whoever runs this page.',
  },
  'agent-refused': {
    title: "The agent's settings were not accepted",
    text: 'The voice service refused the voice, system prompt or greeting. Change them or restore the defaults, then try again.',
    action: 'settings',
  },
  'at-capacity': {
    title: 'All lines are busy',
    text: 'The voice service takes no more calls at the moment. Try again in a minute.',
  },
  'resume-refused': {
    title: 'The connection was lost',
    text: 'The conversation could not be picked up where it stopped. Start again to go on talking.',
  },
  'session-expired': {
    title: 'The call reached its time limit',
    text: 'Start a new one to go on talking.',
  },
  'protocol-error': {
    title: 'Something went wrong on the line',
    text: 'The voice service answered in a way this page does not understand. Try again; if it happens again, tell whoever runs this page.',
  },
  'internal-error': {
    title: 'Something broke on this page',
    text: 'Reload the page and start again; if it happens again, tell whoever runs it.',
  },
  'audio-failed': {
    title: 'The sound could not be started',
    text: 'Check that speakers or headphones are connected and not used by another program, then try again.',
  },
};

/** What may need the user's hand during a call that is otherwise well. @satisfies {{[cause: string]: ErrorText}} */
export const warnings = {
  'microphone-silent': {
    title: 'Nothing is heard from your microphone',
    text: 'Check that it is switched on and not muted, or choose another one.',
  },
  'sound-blocked': {
    title: 'The sound is off',
    text: 'Your browser holds the sound back until you allow it.',
    action: 'wake',
  },
  'limit-near': {
    title: 'The call ends soon',
    text: 'It reaches its time limit in {duration}. You can go on in a new session; the agent keeps what was said.',
    action: 'extend',
  },
};

/** Sharper words for a problem that the service named itself; they replace title and text of the error above. @type {{[code: string]: ErrorText}} */
export const problems = {
  unauthenticated: {
    title: 'Please sign in',
    text: 'Calls are only for people who are signed in. Sign in at the site of whoever runs this page, then try again.',
  },
  access_code: {
    title: 'An access code is needed',
    text: 'Calls on this page are for people who have one. Try again to enter yours.',
  },
  origin_not_allowed: {
    title: 'This page may not make calls',
    text: 'The service does not take calls from this address. Whoever runs it can add the address to the allowed origins.',
  },
  forbidden: {
    title: 'You may not make calls here',
    text: 'Your account does not include voice calls. Ask whoever runs this page.',
  },
  rate_limited: {
    title: 'Too many calls just now',
    text: 'Many calls were started in a short time.',
  },
  quota_exhausted: {
    title: 'No more calls for now',
    text: 'The calls or minutes set aside here are used up for the moment.',
  },
  upstream_busy: {
    title: 'All lines are busy',
    text: 'The voice service takes no more calls at the moment.',
  },
  upstream_unavailable: {
    title: 'The voice service is away',
    text: 'It has trouble of its own at the moment. Try again in a minute.',
  },
  upstream_unreadable: {
    title: 'The voice service is away',
    text: 'It has trouble of its own at the moment. Try again in a minute.',
  },
  upstream_timeout: {
    title: 'The voice service is slow',
    text: 'It did not answer in time. Try again in a minute.',
  },
  upstream_rejected: {
    title: 'This page is not set up correctly',
    text: 'The voice service does not accept its key. Only whoever runs the page can change that.',
  },
  service_unavailable: {
    title: 'Calls are paused',
    text: 'This page takes no calls at present: whoever runs it has paused them, or must look at the account.',
  },
  overloaded: {
    title: 'Very busy just now',
    text: 'Many people are starting calls at this moment. Try again shortly.',
  },
  internal_error: {
    title: 'Something broke in the service',
    text: 'Try again; if it happens again, tell whoever runs this page.',
  },
  draining: {
    title: 'The service is restarting',
    text: 'It is back in a few seconds. Try again then.',
  },
};
