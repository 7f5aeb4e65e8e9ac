// What every part of the client and its UI knows of a call. Any thread; imports nothing.

/** How long the service keeps the session of a lost connection. Source: documents, "session.resume", 30 s. */
export const GRACE_SECONDS = 30;

/** How much of what is said is kept while there is no connection, where the page does not say. */
export const KEEP_SPEECH_SECONDS = 20;

/** @typedef {'idle' | 'connecting' | 'live' | 'reconnecting' | 'ended' | 'failed'} AgentState */

/** Whether no call is under way. @param {AgentState} state */
export const isAtRest = (state) => state === 'idle' || state === 'ended' || state === 'failed';

/** Whether there is a conversation, connected or not. @param {AgentState} state */
export const isConversation = (state) => state === 'live' || state === 'reconnecting';
