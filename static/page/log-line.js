// One line of the log as people read it. Pure.

/** @typedef {import('../voice-agent/index.js').LogEntry} LogEntry */

/** Milliseconds since the call began: 72345 → "1:12.35". @param {number} ms */
export function logTime(ms) {
  const hundredths = Math.floor(ms / 10);
  const pad = (/** @type {number} */ value) => String(value).padStart(2, '0');
  const [minutes, seconds] = [Math.floor(hundredths / 6000), Math.floor(hundredths / 100) % 60];
  return `${minutes}:${pad(seconds)}.${pad(hundredths % 100)}`;
}

/** "reply.audio ×48" @param {LogEntry} entry */
export function logName({ name, count }) {
  return count > 1 ? `${name} ×${count}` : name;
}

/** "1.0 s, 65 kB, replyId=reply_1" @param {LogEntry} entry */
export function logFacts({ soundMs, bytes, detail }) {
  const parts = Object.entries(detail).map(([name, value]) => `${name}=${value}`);
  if (bytes >= 1000) parts.unshift(`${Math.round(bytes / 1000)} kB`);
  else if (bytes > 0) parts.unshift(`${bytes} B`);
  if (soundMs > 0) parts.unshift(`${(soundMs / 1000).toFixed(1)} s`);
  return parts.join(', ');
}

/** The whole line as plain text, for the report. @param {LogEntry} entry */
export function logLine(entry) {
  const { direction, atMs } = entry;
  return [logTime(atMs), direction, logName(entry), logFacts(entry)].filter(Boolean).join(' ');
}
