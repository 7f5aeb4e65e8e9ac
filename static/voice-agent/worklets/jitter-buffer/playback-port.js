// What goes over the port between the session and the playback worklet. Types only.

/**
 * What the session sends. A reply id names one reply for good: once it is ended or flushed, nothing of it
 * sounds that comes later.
 * - `audio`: 16-bit little-endian samples at the wire's rate, transferred
 * - `end`: the reply is complete
 * - `flush`, `flush-all`: fall silent within a fade
 * - `duck`: the replies that are there become quieter, or as loud as before; later ones are not concerned
 * @typedef {{type: 'audio', replyId: string, pcm: ArrayBuffer} | {type: 'end', replyId: string}
 *   | {type: 'flush', replyId: string} | {type: 'flush-all'} | {type: 'duck', on: boolean}} PlaybackCommand
 */

/**
 * A reply that is over. What was heard is counted in the reply's own time: silence and sound that were left
 * out to catch up count as heard. Of a flushed reply it is what was heard until its last fade began.
 * @typedef {{replyId: string, heardMs: number, flushed: boolean}} FinishedReply
 */

/**
 * What the worklet tells the session.
 * @typedef {object} PlaybackReport
 * @property {string | null} sounding the reply that is heard
 * @property {number} level root mean square since the last report
 * @property {number} bufferedMs sound waiting
 * @property {number} playoutDelayMs sound kept ready before a reply starts, at present
 * @property {number} waitMs how long the last reply was held back before its first sound
 * @property {number} underruns how often sound was missing in the middle of a reply
 * @property {number} excessDelayMs how far the sound is behind the earliest it could have been
 * @property {number} savedMs delay given back so far
 * @property {number} overflowMs sound that did not fit
 * @property {{replyId: string, ms: number} | null} position how much of the present reply has been heard
 * @property {FinishedReply[]} finished replies that are over since the last report
 */

export {};
