#!/usr/bin/env bash
# A browser can send no header with a WebSocket, so a token often goes as one of its subprotocols;
# the server reads it and names none in its answer. The guess: a client that works in a test in
# Python works in Node and in a browser.
# Seen: websockets 17.4, aiohttp 3.14.5 and httpx-ws 0.9.0 open, without a subprotocol. ws 8.23.0,
# undici 8.13.1, Node's own WebSocket (as browsers by the standard) and websocket-client 1.9.2
# refuse the connection; only ws says why.
# What helps: a server that is offered subprotocols names one, and never the token.
set -euo pipefail
folder=$(mktemp -d) && cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund ws@8.23.0 undici@8.13.1 >/dev/null
python3 -m venv venv && venv/bin/pip install --quiet --disable-pip-version-check websockets==17.4 aiohttp==3.14.5 httpx-ws==0.9.0 websocket-client==1.9.2 2>pip.log || { cat pip.log; exit 1; }
cat >server.mjs <<'JS'
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';

const server = http.createServer();
server.on('upgrade', ({ headers }, socket) => {
  const accept = createHash('sha1')
    .update(`${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest('base64');
  socket.on('error', () => {}).write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  socket.once('data', () => socket.end());
});
server.listen(0, '127.0.0.1', () => fs.writeFileSync('port', String(server.address().port)));
JS
node server.mjs &
server=$!
trap 'kill $server; rm -rf "$folder"' EXIT
cat >try.py <<'PY'
import asyncio
import aiohttp, httpx_ws, websocket, websockets

url = f"ws://127.0.0.1:{open('port').read()}/"
offered = ["voice", "token.abc"]


async def by_websockets():
    socket = await websockets.connect(url, subprotocols=offered)
    socket.transport.abort()
    return socket.subprotocol


async def by_aiohttp():
    async with aiohttp.ClientSession() as session:
        socket = await session.ws_connect(url, protocols=offered)
        await socket.close()
        return socket.protocol


async def by_httpx_ws():
    async with httpx_ws.aconnect_ws(url.replace("ws:", "http:"), subprotocols=offered) as socket:
        return socket.subprotocol


async def by_websocket_client():
    return websocket.create_connection(url, subprotocols=offered).subprotocol


for connect in by_websockets, by_aiohttp, by_httpx_ws, by_websocket_client:
    name = connect.__name__[3:].replace("_", "-")
    try:
        print(f"{name}: open, subprotocol {asyncio.run(connect())}")
    except websocket.WebSocketException as error:
        print(f"{name}: refused ({error})")
PY
cat >try.mjs <<'JS'
import fs from 'node:fs';
import { WebSocket as Undici } from 'undici';
import Ws from 'ws';

const url = `ws://127.0.0.1:${fs.readFileSync('port', 'utf8')}/`;
for (const [name, Socket] of Object.entries({ ws: Ws, undici: Undici, Node: WebSocket })) {
  const told = await new Promise((resolve) => {
    const socket = new Socket(url, ['voice', 'token.abc']);
    socket.onopen = () => resolve('open');
    socket.onerror = ({ message }) => resolve(`refused (${message || 'no reason'})`);
  });
  console.log(`${name}: ${told}`);
}
process.exit();
JS
for _ in $(seq 100); do [ -s port ] && break; sleep 0.1; done
{ venv/bin/python try.py; node try.mjs; } | tee seen
diff seen - <<'END'
websockets: open, subprotocol None
aiohttp: open, subprotocol None
httpx-ws: open, subprotocol None
websocket-client: refused (Invalid WebSocket Header)
ws: refused (Server sent no subprotocol)
undici: refused (no reason)
Node: refused (no reason)
END
