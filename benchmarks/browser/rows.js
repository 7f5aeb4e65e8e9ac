// The table's rows: what each scenario's figures are called, and what they should be. The targets are those
// that the client was built to.

/**
 * @typedef {object} Row
 * @property {string} scenario
 * @property {string} figure that the scenario gives
 * @property {string} label
 * @property {string} unit
 * @property {number} [digits] after the point
 * @property {number} [most] target: at most this
 * @property {number} [exactly] target: this
 * @property {'median' | 'worst'} [judge] which of the runs must meet it; the median where left out
 * @property {string} [never] in place of a figure, where it did not happen
 */

const NEVER_IN_OUTAGE = 'never (6 s watched)';
const NEVER_HALF_OPEN = 'never (8 s watched)';

/** @type {Row[]} */
export const ROWS = [
  row('uplink', 'deviceSpeed', 'speed of the sound device: below 1, the machine was too busy', '', {
    digits: 2,
  }),
  row('uplink', 'messages', 'messages a second, up', '', { most: 50 }),
  row('uplink', 'overhead', 'JSON bytes ÷ raw PCM', '', { most: 1.38, digits: 3 }),
  row('uplink', 'newestMs', 'capture to wire, newest sample of a frame', 'ms', {
    most: 1.5,
    digits: 2,
  }),
  row('uplink', 'meanMs', 'capture to wire, mean sample', 'ms', { digits: 2 }),
  row('uplink', 'oldestMs', 'capture to wire, oldest sample of a frame', 'ms', {
    most: 22,
    digits: 2,
  }),
  row('uplink', 'cpuQuiet', 'main thread, the user talks', 's/min', { most: 0.15, digits: 2 }),
  row('uplink', 'cpuTalking', 'main thread, a reply plays as well', 's/min', {
    most: 0.15,
    digits: 2,
  }),
  row('uplink', 'allocationQuiet', 'script allocation, the user talks', 'MB/min', {
    most: 1,
    digits: 2,
  }),
  row('uplink', 'allocationTalking', 'script allocation, a reply plays as well', 'MB/min', {
    most: 1,
    digits: 2,
  }),

  row('downlink', 'firstMs', 'sound sent → rendered, first reply, real time', 'ms', { most: 50 }),
  row('downlink', 'laterMs', 'the same, later replies', 'ms', { most: 50 }),
  row('downlink', 'fastMs', 'the same, service 5 times as fast', 'ms', { most: 20 }),

  row('downlink', 'gaps', 'gaps in 6 s, real time, calm network', '', { exactly: 0 }),
  row('downlink', 'clicks', 'clicks at chunk seams', '', { exactly: 0 }),

  row('jitter', 'gaps', 'gaps in 10 s, 50 ms of jitter', '', { exactly: 0 }),
  row('jitter', 'totalMs', 'silence in them', 'ms'),
  row('jitter', 'startMs', 'sound sent → rendered there', 'ms'),
  row('trained-jitter', 'gaps', 'gaps in 10 s, 150 ms of jitter after two replies', '', {
    exactly: 0,
  }),
  row('trained-jitter', 'totalMs', 'silence in them', 'ms'),
  row('trained-jitter', 'startMs', 'sound sent → rendered there', 'ms'),

  row('blocked', 'gaps', 'main thread busy 500 ms each second: gaps in 10 s', '', { exactly: 0 }),
  row('blocked', 'totalMs', 'silence in them', 'ms'),
  row('blocked', 'worstUplinkMs', 'worst uplink delay there', 'ms', { most: 60 }),

  row('barge-in', 'staleMs', 'interruption sent → silent, median', 'ms', { most: 8 }),
  row('barge-in', 'staleWorstMs', 'interruption sent → silent, worst', 'ms', {
    most: 20,
    judge: 'worst',
  }),
  row('barge-in', 'staleBlockedMs', 'the same, main thread busy, worst', 'ms', {
    most: 20,
    judge: 'worst',
  }),
  row('barge-in', 'step', 'largest step at the cut', 'of full scale', { most: 0.02, digits: 3 }),
  row('barge-in', 'mixedMs', 'old and new reply heard at once', 'ms', { exactly: 0 }),

  row('embedded', 'gaps', 'our element on another origin, main thread busy: gaps in 10 s', '', {
    exactly: 0,
  }),
  row('embedded', 'totalMs', 'silence in them', 'ms'),
  row('embedded', 'worstUplinkMs', 'worst uplink delay there', 'ms', { most: 60 }),
  row('embedded', 'staleBlockedMs', 'interruption sent → silent there, worst', 'ms', {
    most: 20,
    judge: 'worst',
  }),

  row('connect', 'readyMs', 'click → session.ready', 'ms', { most: 440 }),
  row('connect', 'prefetchReadyMs', 'click → session.ready, token prefetch', 'ms', { most: 440 }),
  row('connect', 'tokenAskedMs', 'click → token asked for', 'ms'),
  row('connect', 'microphoneMs', 'click → microphone open', 'ms'),
  row('connect', 'greetingMs', 'click → greeting heard', 'ms', { most: 450 }),
  row('connect', 'prefetchGreetingMs', 'click → greeting heard, token prefetch', 'ms'),
  row('connect', 'lostMs', 'speech lost before ready', 'ms', { most: 0 }),
  row('connect', 'prefetchLostMs', 'speech lost before ready, token prefetch', 'ms', { most: 0 }),

  row('drop', 'backMs', 'drop → audio flows again', 'ms', { most: 450 }),
  row('drop', 'prefetchBackMs', 'drop → audio flows again, token prefetch', 'ms', { most: 240 }),
  row('drop', 'lostMs', 'speech lost at the drop', 'ms', { most: 0 }),
  row('drop', 'tracks', 'microphone tracks open afterwards', '', { exactly: 1 }),
  row('drop', 'contexts', 'AudioContexts open afterwards', '', { exactly: 1 }),
  row('drop', 'rate', 'seconds of audio a second afterwards', '', { exactly: 1, digits: 1 }),

  row('outage', 'backMs', '3 s outage: audio again after', 'ms', {
    most: 4_000,
    never: NEVER_IN_OUTAGE,
  }),
  row('outage', 'lostMs', 'speech lost', 'ms', { most: 0, never: 'all' }),
  row('outage', 'lateMs', 'the microphone is behind, 3 s after that', 'ms'),
  row('half-open', 'backMs', 'half-open socket: audio again after', 'ms', {
    most: 4_500,
    never: NEVER_HALF_OPEN,
  }),
  row('half-open', 'lostMs', 'speech lost', 'ms', { most: 50, never: 'all' }),
  row('half-open', 'repeatedMs', 'speech sent twice', 'ms'),
  row('half-open', 'lateMs', 'the microphone is behind, 3 s after that', 'ms'),

  row('flood', 'gaps', '60 s reply within 1 s: gaps in its first 7.5 s', '', { exactly: 0 }),
  row('flood', 'mainThread', 'main thread for it', 's', { most: 0.05, digits: 3 }),
  row('flood', 'worstUplinkMs', 'worst uplink delay meanwhile', 'ms', { most: 30 }),

  row('drift', 'startMs', 'two-minute reply: delay at its start', 'ms'),
  row('drift', 'growthMs', 'delay added at its end, 300 ms stall in its first half', 'ms', {
    most: 20,
  }),
  row('drift', 'deviceLagMs', 'by how much the sound device fell behind meanwhile', 'ms'),
  row('drift', 'gaps', 'gaps in it, the stall included', ''),

  row('resampler', 'worstDb', '48 → 24 kHz: alias and distortion of a sine sweep', 'dB', {
    most: -80,
    digits: 1,
  }),
  row('resampler', 'rippleDb', '48 → 24 kHz: pass band to 10.5 kHz is flat within', 'dB', {
    most: 0.1,
    digits: 3,
  }),
];

/**
 * @param {string} scenario
 * @param {string} figure
 * @param {string} label
 * @param {string} unit
 * @param {Partial<Row>} [details]
 * @returns {Row}
 */
function row(scenario, figure, label, unit, details = {}) {
  return { scenario, figure, label, unit, ...details };
}
