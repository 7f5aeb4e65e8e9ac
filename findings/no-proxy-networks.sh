#!/usr/bin/env bash
# In a company's network programs go out by HTTP_PROXY, and NO_PROXY names what is inside, often as
# a network (10.0.0.0/8). The guess: today's HTTP libraries heed that.
# Seen: requests 2.34, niquests, pyreqwest and curl do; httpx, urllib (Python 3.11), aiohttp, undici,
# Node's own fetch, axios and proxy-agent send the request to the proxy. A single address is heeded
# by all, and a prefix ("127.") by none.
set -euo pipefail
folder=$(mktemp -d) && cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund undici@7.30.2 axios@1.21.1 proxy-agent@8.0.3 >/dev/null
python3 -m venv venv && venv/bin/pip install --quiet --disable-pip-version-check requests==2.34.2 httpx==0.28.1 aiohttp==3.14.5 pyreqwest==0.15.1 niquests==3.21.2 2>pip.log || { cat pip.log; exit 1; }
cat >servers.mjs <<'JS'
import fs from 'node:fs';
import http from 'node:http';

const listen = (word) =>
  new Promise((resolve) => {
    const server = http.createServer((request, response) => response.end(word));
    // Some ask a proxy for a tunnel even to a plain address.
    server.on('connect', (request, socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      const head = `HTTP/1.1 200 OK\r\nContent-Length: ${word.length}\r\nConnection: close`;
      socket.once('data', () => socket.end(`${head}\r\n\r\n${word}`));
    });
    server.listen(0, '127.0.0.1', () => resolve(server.address().port));
  });
fs.writeFileSync('ports', `${await listen('direct')} ${await listen('proxy')}\n`);
setTimeout(process.exit, 300_000);
JS
cat >try.py <<'PY'
import asyncio, sys, urllib.request
import aiohttp, httpx, niquests, requests
from pyreqwest.client import ClientBuilder

url = sys.argv[1]


async def by_aiohttp():
    async with aiohttp.ClientSession(trust_env=True) as session, session.get(url) as answer:
        return await answer.text()


async def by_pyreqwest():
    async with ClientBuilder().build() as client:
        return await (await client.get(url).build().send()).text()


print("requests", requests.get(url).text)
print("niquests", niquests.get(url).text)
print("pyreqwest", asyncio.run(by_pyreqwest()))
print("httpx", httpx.get(url).text)
print("urllib", urllib.request.urlopen(url).read().decode())
print("aiohttp", asyncio.run(by_aiohttp()))
PY
cat >try.mjs <<'JS'
import http from 'node:http';
import axios from 'axios';
import { ProxyAgent } from 'proxy-agent';
import { EnvHttpProxyAgent, fetch } from 'undici';

const url = process.argv[2];
console.log('undici', await (await fetch(url, { dispatcher: new EnvHttpProxyAgent() })).text());
console.log('node', await (await globalThis.fetch(url)).text());
console.log('axios', (await axios.get(url)).data);
const answer = await new Promise((resolve) => http.get(url, { agent: new ProxyAgent() }, resolve));
console.log('proxy-agent', (await answer.setEncoding('utf8').toArray()).join(''));
process.exit();
JS
node servers.mjs & servers=$!
trap 'kill "$servers"; rm -rf "$folder"' EXIT
until [ -s ports ]; do read -rt 0.1 <> <(:) || :; done
read -r direct proxy <ports
export http_proxy=http://127.0.0.1:$proxy HTTP_PROXY=http://127.0.0.1:$proxy NODE_USE_ENV_PROXY=1
for inside in 127.0.0.0/8 127.0.0.1 127.; do
  export no_proxy=$inside NO_PROXY=$inside
  url=http://127.0.0.1:$direct/
  echo "$inside $( { venv/bin/python try.py "$url"; node --no-warnings try.mjs "$url"; echo "curl $(curl --silent "$url")"; } | sort | tr '\n' ' ')"
done | tee seen
diff seen - <<'END'
127.0.0.0/8 aiohttp proxy axios proxy curl direct httpx proxy niquests direct node proxy proxy-agent proxy pyreqwest direct requests direct undici proxy urllib proxy 
127.0.0.1 aiohttp direct axios direct curl direct httpx direct niquests direct node direct proxy-agent direct pyreqwest direct requests direct undici direct urllib direct 
127. aiohttp proxy axios proxy curl proxy httpx proxy niquests proxy node proxy proxy-agent proxy pyreqwest proxy requests proxy undici proxy urllib proxy 
END
