// All checks, in the order in which a call would meet them.

import { call } from './checks/call-check.js';
import { echo } from './checks/echo-check.js';
import { features } from './checks/features-check.js';
import { microphone } from './checks/microphone-check.js';
import { permission } from './checks/permission-check.js';
import { rates } from './checks/rates-check.js';
import { roundTrip } from './checks/round-trip-check.js';
import { secureContext } from './checks/secure-context-check.js';
import { socket } from './checks/socket-check.js';
import { speaker } from './checks/speaker-check.js';
import { token } from './checks/token-check.js';

/** @type {readonly import('./diagnostics-types.js').Check[]} */
export const CHECKS = [
  secureContext,
  features,
  permission,
  microphone,
  speaker,
  echo,
  rates,
  token,
  socket,
  roundTrip,
  call,
];
