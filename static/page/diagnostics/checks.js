// All checks, in the order in which a call would meet them.

import { call } from './checks/call.js';
import { echo } from './checks/echo.js';
import { features } from './checks/features.js';
import { microphone } from './checks/microphone.js';
import { permission } from './checks/permission.js';
import { rates } from './checks/rates.js';
import { roundTrip } from './checks/round-trip.js';
import { secureContext } from './checks/secure-context.js';
import { socket } from './checks/socket.js';
import { speaker } from './checks/speaker.js';
import { token } from './checks/token.js';

/** @type {readonly import('./types.js').Check[]} */
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
