#!/usr/bin/env bash
# A socket that is given a function for its address asks it anew for each connect: the place to
# fetch a fresh token. The guess: where that fetch fails once, the library tries again after its
# pause, as after a failed connect.
# Seen (Node 24): reconnecting-websocket 4.4.0 never asks again. It stays CONNECTING, fires no
# `error`, and the rejection is unhandled, which ends a Node process that does not catch it.
# partysocket 1.3.0, made from it, fires `error` and asks again.
set -euo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT && cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund reconnecting-websocket@4.4.0 partysocket@1.3.0 ws@8.23.0 >/dev/null
cat >try.mjs <<'JS'
import { createRequire } from 'node:module';
import { WebSocketServer, WebSocket } from 'ws';

const require = createRequire(import.meta.url);
const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
await new Promise((resolve) => server.once('listening', resolve));
const url = `ws://127.0.0.1:${server.address().port}/`;
let unhandled = 0;
process.on('unhandledRejection', () => (unhandled += 1));
const kinds = {
  'reconnecting-websocket': require('reconnecting-websocket'),
  partysocket: (await import('partysocket/ws')).default,
};
for (const [name, Socket] of Object.entries(kinds)) {
  let asked = 0;
  let errors = 0;
  unhandled = 0;
  const address = async () => {
    asked += 1;
    if (asked === 1) throw new Error('the token service is away');
    return url;
  };
  const socket = new Socket(address, [], { WebSocket, minReconnectionDelay: 50, maxReconnectionDelay: 100 });
  socket.addEventListener('error', () => (errors += 1));
  const opened = await new Promise((resolve) => {
    socket.addEventListener('open', () => resolve(true));
    setTimeout(resolve, 3000, false);
  });
  console.log(name, JSON.stringify({ asked, opened, errors, unhandled }));
  socket.close();
}
process.exit();
JS
node try.mjs | tee seen
diff seen - <<'END'
reconnecting-websocket {"asked":1,"opened":false,"errors":0,"unhandled":1}
partysocket {"asked":2,"opened":true,"errors":1,"unhandled":0}
END
