// What the figures were measured on, and what else went on there.

import { readFileSync } from 'node:fs';
import { cpus, platform } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';

const SAMPLE_MS = 250;
const TICKS_PER_SECOND = 100;

/**
 * How busy the machine is while nothing of the benchmark runs.
 * @returns {Promise<number>} cores in use, the neighbours of a virtual machine included; NaN where unknown
 */
export async function idleLoad() {
  const before = busyTicks();
  await pause(SAMPLE_MS);
  return ((busyTicks() - before) / TICKS_PER_SECOND) * (1000 / SAMPLE_MS);
}

/** Source: Linux, proc(5), /proc/stat: user nice system idle iowait irq softirq steal. */
function busyTicks() {
  try {
    const [line] = readFileSync('/proc/stat', 'utf8').split('\n');
    const [user, nice, system, , , irq, softirq, steal] = line.split(/\s+/).slice(1).map(Number);
    return user + nice + system + irq + softirq + steal;
  } catch {
    return NaN;
  }
}

/** @param {string} browserVersion */
export function describeMachine(browserVersion) {
  const parts = [
    platform(),
    `${cpus().length} cores`,
    `Chromium ${browserVersion}`,
    `Node ${process.versions.node}`,
  ];
  if (isRealTime()) parts.push('run with real-time priority (chrt)');
  return parts.join(', ');
}

/** Whether this process goes before all ordinary ones. Source: Linux, proc(5), /proc/self/stat, field 41. */
function isRealTime() {
  try {
    const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ');
    return fields[38] !== '0';
  } catch {
    return false;
  }
}
