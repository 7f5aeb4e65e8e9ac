#!/usr/bin/env bash
# An agent's socket brings JSON events and binary sound in turn. The guess: the bytes of a binary
# message can be read as 16-bit samples where they lie.
# Seen (ws 8.23.0 as a client, Node 24): a message is a view into what the system read, and begins
# where the one before ended. After events of an odd length that is an odd address, and
# `new Int16Array(data.buffer, data.byteOffset, …)` throws a RangeError: here for 30 of 50
# messages, all of them right. Node's own WebSocket gives buffers of their own.
# What helps: copy the bytes first, or read them with `readInt16LE`.
set -euo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT && cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund ws@8.23.0 >/dev/null
cat >try.mjs <<'JS'
import { WebSocketServer, WebSocket } from 'ws';

const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
await new Promise((resolve) => server.once('listening', resolve));
server.on('connection', (socket) => {
  for (let event = 0; event < 50; event += 1) {
    socket.send(JSON.stringify({ type: 'event', number: event }));
    socket.send(new Uint8Array(960));
  }
  socket.send('end');
});
for (const [name, Client] of Object.entries({ ws: WebSocket, 'Node’s own': globalThis.WebSocket })) {
  const client = new Client(`ws://127.0.0.1:${server.address().port}/`);
  client.binaryType = Client === WebSocket ? 'nodebuffer' : 'arraybuffer';
  let messages = 0;
  let thrown = 0;
  await new Promise((resolve) => {
    client.onmessage = ({ data }) => {
      if (data === 'end') return resolve();
      if (typeof data === 'string') return;
      messages += 1;
      const bytes = data instanceof ArrayBuffer ? new Uint8Array(data) : data;
      try {
        new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
      } catch (error) {
        if (error instanceof RangeError) thrown += 1;
      }
    };
  });
  client.close();
  console.log(`${name}: ${messages} messages, ${thrown} at an odd address`);
  const isAsSeen = Client === WebSocket ? thrown > 0 : thrown === 0;
  if (!isAsSeen || messages !== 50) process.exitCode = 1;
}
server.close();
JS
node try.mjs
