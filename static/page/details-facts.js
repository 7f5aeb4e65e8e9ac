// What the details say, place by place. Pure.

/** In place of what is not known. */
const NOTHING = '–';

/** @typedef {import('../voice-agent/index.js').AgentStats} AgentStats */

/**
 * @param {object} now
 * @param {import('./page-types.js').CallState} now.state
 * @param {AgentStats | null} now.stats
 * @param {import('./page-types.js').CallError | null} now.error
 * @param {ReturnType<ReturnType<typeof createRates>['next']>} now.rate
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
    outputUnderruns: count(audio?.outputUnderruns),

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

// Numbers with their units, as a language writes them.

/** @type {Map<string, ReturnType<typeof build>>} */
const built = new Map();

/** @param {string} language   BCP 47 */
export function createNumbers(language) {
  const numbers = built.get(language) ?? build(language);
  built.set(language, numbers);
  return numbers;
}

/** @param {string} language */
function build(language) {
  /**
   * @param {string} unit
   * @param {number} digits   after the decimal sign
   * @param {number} [divisor]
   */
  const format = (unit, digits, divisor = 1) => {
    const number = new Intl.NumberFormat(language, {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });
    return (/** @type {number | null | undefined} */ value) =>
      typeof value === 'number' ? `${number.format(value / divisor)}${unit}` : NOTHING;
  };
  return {
    count: format('', 0),
    ms: format('\u00a0ms', 0),
    seconds: format('\u00a0s', 1, 1000),
    secondsExactly: format('\u00a0s', 2, 1000),
    hz: format('\u00a0Hz', 0),
    perSecond: format('/s', 0),
    kilobits: format('\u00a0kbit/s', 0),
    kilobytes: format('\u00a0kB', 0, 1000),
  };
}

// Messages and bits a second, from copies of the counts.

/** Over how long the rates are taken: shorter would jump, longer would lag. */
const WINDOW_MS = 3_000;

/**
 * @typedef {{messages: number, kilobits: number}} Rate a second
 * @typedef {import('../voice-agent/index.js').Stats} Stats
 */

export function createRates() {
  /** @type {Pick<Stats, 'atMs' | 'traffic'>[]} oldest first */
  let copies = [];

  return {
    /**
     * @param {Pick<Stats, 'atMs' | 'traffic'> | null} stats as they are now; null when no call is under way
     * @returns {{sent: Rate, received: Rate} | null} null where nothing can be said yet
     */
    next(stats) {
      const last = copies.at(-1);
      if (!stats || (last && stats.atMs < last.atMs)) copies = [];
      if (!stats) return null;
      if (stats.atMs !== copies.at(-1)?.atMs) copies.push(stats);
      while (copies.length > 2 && stats.atMs - copies[0].atMs > WINDOW_MS) copies.shift();
      const [first] = copies;
      const seconds = (stats.atMs - first.atMs) / 1000;
      if (seconds <= 0) return null;
      return {
        sent: rate(first.traffic.sent, stats.traffic.sent, seconds),
        received: rate(first.traffic.received, stats.traffic.received, seconds),
      };
    },
  };
}

/**
 * @param {{messages: number, bytes: number}} before
 * @param {{messages: number, bytes: number}} now
 * @param {number} seconds
 * @returns {Rate}
 */
function rate(before, now, seconds) {
  return {
    messages: (now.messages - before.messages) / seconds,
    kilobits: ((now.bytes - before.bytes) * 8) / 1000 / seconds,
  };
}
