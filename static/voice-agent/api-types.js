// What a page hands in and gets back, as types. Holds no code and is never loaded.

/**
 * @typedef {import('./core/connection/protocol.js').SessionConfig} SessionConfig
 * @typedef {import('./core/call-state.js').AgentState} AgentState
 * @typedef {import('./core/call-state.js').EndReason} EndReason
 * @typedef {import('./core/conversation/transcript.js').Turn} Turn
 * @typedef {import('./main-thread/tools/tool-runner.js').Tool} Tool
 * @typedef {import('./errors.js').VoiceAgentError} VoiceAgentError
 */

/**
 * @typedef {import('./main-thread/token-service.js').TokenServiceOptions & AgentOptions
 *   & import('./main-thread/audio/call-audio.js').AudioOptions
 *   & import('./core/session-types.js').CallOptions} VoiceAgentOptions
 */

/**
 * @typedef {object} AgentOptions
 * @property {SessionConfig} [session] `session` of the first session.update, wire names kept
 * @property {Record<string, Tool>} [tools] by name
 * @property {number} [idleSeconds] of quiet, until the person is asked whether they are there; 30 s later the call ends.
 *   By default the gate's for its agent, else 180; 0: never; at most 86400
 * @property {string | URL} [workletsUrl] folder with copies of the package's `worker.js` and `audio.worklet.js`, for an app
 *   whose policy lets no blob in; relative to the page, and for the whole page. By default the gate's
 */

/**
 * @typedef {object} StartOptions
 * @property {SessionConfig | Promise<SessionConfig>} [session] in place of the one given at creation; what is to be
 *   fetched first may come while the microphone opens
 * @property {boolean} [resume] go on with the call that this tab left less than 30 s ago (see `resumable`)
 * @property {boolean} [takeOver] end the call of another tab rather than fail with `other-tab`
 * @property {boolean} [microphone] false: begin without one, to type; `unmute()` opens it in the same call
 * @property {boolean} [textOnly] a call in writing: no microphone and no sound, and words are told as soon as they come
 */

/**
 * @typedef {object} StateEvent
 * @property {AgentState} state
 * @property {AgentState} previous
 * @property {VoiceAgentError | null} error why it failed, or what it is recovering from
 * @property {null | 'resumed' | 'continued'} recovery how the call came back: the same session, or a new one that knows the conversation
 * @property {EndReason | null} reason why it ended
 */

/**
 * @typedef {import('./core/telemetry/stats.js').Stats & {
 *   thread: 'worker' | 'main' | 'starting',
 *   audio: import('./main-thread/audio/call-audio.js').AudioFacts | null,
 * }} AgentStats `audio`: the devices' side of it, null before it is open
 */

/**
 * @typedef {object} AgentEvents
 * @property {StateEvent} state
 * @property {{secondsLeft: number | null}} reconnect a connection that was lost, or could not be made, is tried again in
 *   so many seconds; null: it is being tried
 * @property {Turn} transcript a turn that is new or has changed; the same `id` replaces
 * @property {{user: boolean, agent: boolean}} speaking `agent`: sound is really coming out
 * @property {{microphone: number, agent: number}} level 0 to 1 as a meter should show it, at most 15 a second
 * @property {{replyId: string, positionMs: number, done: boolean, flushed: boolean}} playback how much of a reply
 *   has been heard; `flushed`: the rest of it never will be
 * @property {{silent: boolean}} microphone nothing was heard from the microphone for three seconds, or something is again
 * @property {{muted: boolean}} mute the agent hears the microphone no more, or again; also as a call begins without one,
 *   and when that is over
 * @property {{held: boolean}} hold the call was put on hold, or goes on
 * @property {{speaking: boolean}} unheard the user speaks although the microphone is muted, or does so no more
 * @property {{halfDuplex: boolean}} echo the agent was stopped by its own echo in the microphone, which gives nothing
 *   while the agent speaks from now on; or the echo is gone, and the microphone is always open again
 * @property {{asking: boolean}} permission the browser is asking the user for the microphone, or has its answer
 * @property {import('./main-thread/audio/call-audio.js').DeviceEvent} device another microphone is in use, or the system muted it
 * @property {{blocked: boolean}} sound the browser or the system holds the sound back, until `wake()` is called in a click
 * @property {{secondsLeft: number | null, refused?: boolean}} limit the call will reach its time limit; null: `extend()`
 *   has put it off; `refused`: it could not
 * @property {{secondsLeft: number | null}} idle nobody has said anything for `idleSeconds`: the call ends in so many
 *   seconds unless somebody does, or `stillHere()` is called; null: somebody did
 * @property {{asked: string, used: string, language: string | null}} voice the service has not the voice that was asked
 *   for, and the call begins with the nearest that it has; `language` of both, null where they have none in common
 * @property {import('./main-thread/tools/tool-runner.js').ToolEvent} tool a tool is asked for, runs, or is done
 * @property {VoiceAgentError} error whatever stopped a call
 * @property {import('./core/telemetry/event-log.js').LogNews} debug what happened, for the curious: at most twice a
 *   second; each new listener is given the whole log of the call first
 */

export {};
