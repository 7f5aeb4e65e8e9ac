// What the details say, place by place. Pure.

import { createNumbers } from './details-numbers.js';

/** In place of what is not known. */
const NOTHING = '–';

/** @typedef {import('../voice-agent/index.js').AgentStats} AgentStats */

/**
 * @param {object} now
 * @param {import('./page-types.js').CallState} now.state
 * @param {AgentStats | null} now.stats
 * @param {import('./page-types.js').CallError | null} now.error
 * @param {ReturnType<ReturnType<typeof import('./details-rates.js').createRates>['next']>} now.rate
 * @param {import('./page-types.js').Texts} texts
 */
export function factsOf({ state, stats, error, rate }, texts) {
  const { details } = texts;
  const { ms, hz, seconds, perSecond, count, kilobits, kilobytes } = createNumbers(texts.language);
  const { playback, uplink, connection, traffic, audio } = stats ?? {};
  const microphone = audio?.microphone;
  const flow = (/** @type {'sent' | 'received'} */ way) => ({
    messages: count(traffic?.[way].messages),
    data: kilobytes(traffic?.[way].bytes),
    messageRate: perSecond(rate?.[way].messages),
    bitRate: kilobits(rate?.[way].kilobits),
  });
  const [sent, received] = [flow('sent'), flow('received')];

  return {
    state: texts.states[state].name,
    session: stats?.sessionId ?? NOTHING,
    thread: stats ? details.threads[stats.thread] : NOTHING,
    sockets: count(connection?.sockets),
    tokens: count(connection?.tokens),
    losses: losses(connection?.lossesByCause ?? {}) || count(connection && 0),
    resumes: count(connection?.resumes),
    continues: count(connection?.continues),
    rollovers: count(connection?.rollovers),
    error: error ? error.code : NOTHING,
    reference: String(error?.problem?.request_id ?? NOTHING),

    microphone: microphone?.label || NOTHING,
    echoCancellation: onOff(microphone?.echoCancellation, details.onOff),
    noiseSuppression: onOff(microphone?.noiseSuppression, details.onOff),
    autoGainControl: onOff(microphone?.autoGainControl, details.onOff),
    microphoneRate: hz(microphone?.rateHz),
    contextRate: hz(audio?.contextRateHz),
    wireRate: hz(audio?.wireRateHz),
    outputLatency: ms(audio?.outputLatencyMs),

    buffered: ms(playback?.bufferedMs),
    lead: ms(playback?.playoutDelayMs),
    late: ms(playback?.excessDelayMs),
    saved: ms(playback?.savedMs),
    underruns: count(playback?.underruns),
    overflow: ms(playback?.overflowMs),

    queued: ms(uplink?.queuedMs),
    frames: count(uplink?.sentFrames),
    replayed: seconds(uplink?.replayedMs),
    dropped: seconds(uplink?.droppedMs),

    sentRate: sent.messageRate,
    receivedRate: received.messageRate,
    sentBits: sent.bitRate,
    receivedBits: received.bitRate,
    sentMessages: sent.messages,
    receivedMessages: received.messages,
    sentData: sent.data,
    receivedData: received.data,
  };
}

/** @param {Record<string, number>} lossesByCause */
function losses(lossesByCause) {
  return Object.entries(lossesByCause)
    .map(([cause, times]) => `${cause} ×${times}`)
    .join(', ');
}

/**
 * @param {boolean | null | undefined} value
 * @param {{on: string, off: string}} words
 */
function onOff(value, words) {
  if (value === null || value === undefined) return NOTHING;
  return value ? words.on : words.off;
}
