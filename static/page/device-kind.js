// What kind of device a name stands for. Pure.

/** The first that fits. @type {[string, RegExp][]} */
const KINDS = [
  ['bluetooth', /bluetooth|airpods|hands.?free|\bbuds\b/i],
  ['headset', /headset|headphone|kopfhörer|earphone/i],
  ['webcam', /webcam|camera|kamera|facetime/i],
  ['built-in', /built.?in|internal|intern|macbook|array|realtek|integrated/i],
  ['usb', /\busb\b/i],
  ['virtual', /virtual|fake|loopback|monitor|blackhole|cable/i],
  ['default', /default|standard/i],
];

/** For reports: people name their headsets after themselves. @param {unknown} label */
export function kindOf(label) {
  if (typeof label !== 'string' || label === '') return 'unknown';
  return KINDS.find(([, pattern]) => pattern.test(label))?.[0] ?? 'other';
}
