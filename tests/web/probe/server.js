// The one site that the engines visit: a page, scripts of other threads, a place that keeps what is sent to it, and
// WebSockets that end in every way there is. On loopback; `localhost` is another site than `127.0.0.1`.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname } from 'node:path';
import { WebSocketServer } from 'ws';
import { onLoopback } from '../browser/site.js';

/** @typedef {import('node:net').Socket} Socket */

/** @type {Record<string, string>} */
const TYPES = { '.html': 'text/html', '.js': 'text/javascript' };

/** Time for the page to know that its socket is open. */
const OPEN_MS = 100;

const CLOSE = 8;
const TEXT = 1;

/**
 * How a socket ends, by the last part of its address.
 * @type {Record<string, (socket: Socket, agree: () => void) => void>}
 */
const ENDS = {
  'reset-at-upgrade': (socket) => socket.resetAndDestroy(),
  'status-401': (socket) => refuse(socket, '401 Unauthorized'),
  'status-403': (socket) => refuse(socket, '403 Forbidden'),
  'status-503': (socket) => refuse(socket, '503 Service Unavailable'),
  'redirect': (socket) => refuse(socket, '302 Found\r\nLocation: /talk'),
  'wrong-accept': (socket) => agreeTo(socket, 'another key'),
  'reset': (socket, agree) => (agree(), later(() => socket.resetAndDestroy())),
  'no-close-frame': (socket, agree) => (agree(), later(() => socket.end())),
  'no-code': (socket, agree) => (agree(), closing(socket, Buffer.alloc(0))),
  'close-1000': (socket, agree) => (agree(), closing(socket, code(1000))),
  'close-1008': (socket, agree) => (agree(), closing(socket, code(1008))),
  'close-1009': (socket, agree) => (agree(), closing(socket, code(1009))),
  'close-1011': (socket, agree) => (agree(), closing(socket, code(1011, 'keepalive ping timeout'))),
  'close-1012': (socket, agree) => (agree(), closing(socket, code(1012))),
  'close-1013': (socket, agree) => (agree(), closing(socket, code(1013))),
  'close-4001': (socket, agree) => (agree(), closing(socket, code(4001))),
  'close-1006-sent': (socket, agree) => (agree(), closing(socket, code(1006))),
  'reserved-bit': (socket, agree) => (agree(), later(() => socket.write(frame(TEXT | 0x40, 'x')))),
  'bad-utf8': (socket, agree) => (agree(), later(() => socket.write(frame(TEXT, '\xff')))),
  'deaf': (socket, agree) => (agree(), socket.pause()), // and answers no close
};

/**
 * @typedef {object} Site
 * @property {string} url
 * @property {string} foreignUrl the same, as another site
 * @property {string[]} heard what pages sent, in order
 * @property {() => void} stop
 */

/** @returns {Promise<Site>} */
export async function openSite() {
  /** @type {string[]} */
  const heard = [];
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(String(request.url), 'http://site');
    if (pathname === '/heard') {
      heard.push(String(searchParams.get('what')));
      return response.writeHead(204).end();
    }
    const path = pathname === '/' ? '/index.html' : pathname;
    const policy = searchParams.get('policy');
    if (policy) response.setHeader('Content-Security-Policy', policy);
    if (searchParams.has('cors')) response.setHeader('Access-Control-Allow-Origin', '*');
    try {
      const text = readFileSync(new URL(`site${path}`, import.meta.url));
      response.setHeader('Content-Type', TYPES[extname(path)]).end(text);
    } catch {
      response.writeHead(404).end();
    }
    return undefined;
  });
  const talk = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => {}); // that it breaks is what it is for
    const [, kind, name] = String(request.url).split('/');
    if (kind === 'talk')
      return talk.handleUpgrade(request, socket, head, (line) => {
        line.on('message', (data) => heard.push(String(data)));
        line.on('pong', () => heard.push('pong'));
        line.on('close', (number) => heard.push(`close ${number}`));
        line.ping();
      });
    const agree = () =>
      agreeTo(/** @type {Socket} */ (socket), request.headers['sec-websocket-key']);
    return ENDS[name](/** @type {Socket} */ (socket), agree);
  });
  const { url, stop } = await onLoopback(server);
  return { url, foreignUrl: url.replace('127.0.0.1', 'localhost'), heard, stop };
}

/** @param {() => void} task */
const later = (task) => void setTimeout(task, OPEN_MS);

/** @param {Socket} socket @param {string} status */
const refuse = (socket, status) => socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`);

/** @param {Socket} socket @param {string | undefined} key */
function agreeTo(socket, key) {
  const word = `${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`; // Source: RFC 6455, 4.2.2
  const accept = createHash('sha1').update(word).digest('base64');
  const head = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
  socket.write([...head, `Sec-WebSocket-Accept: ${accept}`, '', ''].join('\r\n'));
}

/** @param {Socket} socket @param {Buffer} payload */
function closing(socket, payload) {
  later(() => {
    socket.write(frame(CLOSE, payload));
    socket.once('data', () => socket.end());
  });
}

/** @param {number} head opcode and reserved bits @param {Buffer | string} payload */
const frame = (head, payload) =>
  Buffer.concat([
    Buffer.from([0x80 | head, payload.length]),
    typeof payload === 'string' ? Buffer.from(payload, 'latin1') : payload,
  ]);

/** @param {number} number @param {string} [reason] */
function code(number, reason = '') {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(number);
  return Buffer.concat([bytes, Buffer.from(reason)]);
}
