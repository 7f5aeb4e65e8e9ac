#!/usr/bin/env bash
# Writes the table of docs/peers.md on HTTP clients: what HTTP clients make of a refusal
# such as the gate's (429 or 503, problem details, Retry-After). Installs the named versions into a
# temporary folder; loopback only; two minutes. Exits with 1 where the table says otherwise.
# Needs Python 3.11 and Node 22.19 (undici); the table's is the Node of `make test`:
#
#   PATH="$PWD/.venv/bin:$PATH" tests/web/clients/retries.sh
set -euo pipefail
node -e 'const [major, minor] = process.versions.node.split("."); process.exit(major > 22 || (major === "22" && minor >= 19) ? 0 : 1)' ||
  { echo "Node 22.19 or newer is needed: this is $(node --version)" >&2; exit 2; }
docs=$(cd "$(dirname "$0")/../../.." && pwd)/docs/peers.md
folder=$(mktemp -d) && cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund undici@8.13.1 got@16.1.0 ky@2.1.0 axios@1.21.1 axios-retry@4.5.0 \
  retry-axios@4.0.3 ofetch@1.5.1 wretch@3.0.9 p-retry@9.0.0 superagent@10.4.2 xior@0.8.5 >/dev/null 2>npm.log || { cat npm.log; exit 1; }
python3 -m venv venv && venv/bin/pip install --quiet --disable-pip-version-check requests==2.34.2 urllib3==2.8.0 niquests==3.21.2 \
  httpx==0.28.1 httpx-retries==0.6.0 aiohttp==3.14.5 aiohttp-retry==2.9.1 retryhttp==1.5.0 stamina==26.1.0 2>pip.log || { cat pip.log; exit 1; }
cat >server.mjs <<'JS'
// /KEY?status=N refuses once (or always, with &always) and then has a token; /seen/KEY tells of it.
import fs from 'node:fs';
import http from 'node:http';

const seen = {};
const server = http.createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://a');
  if (pathname.startsWith('/seen')) return response.end(JSON.stringify(seen[pathname.slice(5)] ?? []));
  for await (const _ of request);
  const asked = (seen[pathname] ??= []);
  asked.push(performance.now());
  const status = asked.length === 1 || searchParams.has('always') ? Number(searchParams.get('status')) : 200;
  const fields = { 'RateLimit': '"caller-minute";r=0;t=3', 'RateLimit-Policy': '"caller-minute";q=10;w=60' };
  if (status === 429 || status === 503) fields['Retry-After'] = '3';
  fields['Content-Type'] = status === 200 ? 'application/json' : 'application/problem+json';
  const problem = { type: 'about:blank', title: 'Refused', status, detail: 'Not now.', code: 'a_problem', request_id: '1' };
  response.writeHead(status, fields).end(JSON.stringify(status === 200 ? { token: 't' } : problem));
});
server.listen(0, '127.0.0.1', () => fs.writeFileSync('port', String(server.address().port)));
JS
node server.mjs &
server=$!
trap 'kill $server; rm -rf "$folder"' EXIT
for _ in $(seq 200); do [ -s port ] && break; sleep 0.05; done
cat >try.mjs <<'JS'
import fs from 'node:fs';
import axios from 'axios';
import axiosRetry from 'axios-retry';
import got from 'got';
import ky from 'ky';
import { ofetch } from 'ofetch';
import pRetry from 'p-retry';
import * as rax from 'retry-axios';
import superagent from 'superagent';
import { Agent, interceptors, request, RetryAgent } from 'undici';
import wretch from 'wretch';
import { retry } from 'wretch/middlewares';
import xior from 'xior';
import xiorRetry from 'xior/plugins/error-retry';

const url = `http://127.0.0.1:${fs.readFileSync('port', 'utf8')}`;
const body = '{"expires_in_seconds":60}';
const headers = { 'content-type': 'application/json' };
const sent = (method) => (method === 'POST' ? { method, body, headers } : { method });
const byAxios = (instance, more) => (method, address) =>
  instance.request({ url: address, method, data: method === 'POST' ? body : undefined, headers, ...more });
const patient = axios.create();
axiosRetry(patient);
const attached = axios.create();
rax.attach(attached);
const withPlugin = xior.create();
withPlugin.plugins.use(xiorRetry());
const again = wretch().middlewares([retry()]);
const viaUndici = (dispatcher) => async (method, address) =>
  (await request(address, { ...sent(method), dispatcher })).body.json();
const clients = {
  [`fetch of Node ${process.versions.node.split('.')[0]}`]: (method, address) => fetch(address, sent(method)),
  'axios 1.21.1 with axios-retry 4.5.0': byAxios(patient),
  'axios 1.21.1 with retry-axios 4.0.3': byAxios(attached, { raxConfig: {} }),
  'got 16.1.0': (method, address) => got(address, sent(method)).json(),
  'ky 2.1.0': (method, address) => ky(address, sent(method)).json(),
  'ofetch 1.5.1': (method, address) => ofetch(address, sent(method)),
  'p-retry 9.0.0 around fetch': (method, address) =>
    pRetry(async () => {
      const answer = await fetch(address, sent(method));
      if (!answer.ok) throw new Error(answer.statusText);
    }, { retries: 2 }),
  'superagent 10.4.2, `.retry(2)`': (method, address) =>
    method === 'POST' ? superagent.post(address).set(headers).send(body).retry(2) : superagent.get(address).retry(2),
  'undici 8.13.1, RetryAgent': viaUndici(new RetryAgent(new Agent())),
  'undici 8.13.1, `interceptors.retry`': viaUndici(new Agent().compose(interceptors.retry())),
  'wretch 3.0.9, `retry()`': (method, address) =>
    method === 'POST' ? again.url(address).headers(headers).body(body).post().json() : again.url(address).get().json(),
  'xior 0.8.5 with its error-retry': (method, address) =>
    method === 'POST' ? withPlugin.post(address, JSON.parse(body)) : withPlugin.get(address),
};

/** Where an error has the problem. */
function place(error, path = 'error', depth = 3) {
  if (error?.code === 'a_problem' && error.detail) return `\`${path}\``;
  if (typeof error === 'string' && error.includes('a_problem')) return `\`${path}\`, as text`;
  if (depth === 0 || error === null || typeof error !== 'object') return '';
  const names = ['data', 'body', 'json', 'message', 'response', 'cause', 'text'].filter((name) => name in error);
  return names.map((name) => place(error[name], `${path}.${name}`, depth - 1)).find(Boolean) ?? '';
}

let keys = 0;
async function outcome(call, method, status) {
  const key = `/js${(keys += 1)}`;
  await Promise.resolve(call(method, `${url}${key}?status=${status}`)).catch(() => {});
  const [first, second] = await (await fetch(`${url}/seen${key}`)).json();
  if (second === undefined) return 'tells';
  return second - first >= 2900 ? 'waits' : 'too soon';
}
for (const [name, call] of Object.entries(clients)) {
  const cells = [];
  for (const method of ['GET', 'POST']) {
    const outcomes = await Promise.all([429, 503].map((status) => outcome(call, method, status)));
    cells.push(outcomes[0] === outcomes[1] ? outcomes[0] : `429 ${outcomes[0]}, 503 ${outcomes[1]}`);
  }
  const error = await Promise.resolve(call('GET', `${url}/always${(keys += 1)}?status=422&always`)).catch((failure) => failure);
  console.log(`| ${name} | ${cells.join(' | ')} | ${error instanceof Error ? place(error) || 'gone' : 'the answer'} |`);
}
process.exit();
JS
cat >try.py <<'PY'
import asyncio, json, logging, urllib.request
import aiohttp, aiohttp_retry, httpx, httpx_retries, niquests, requests, retryhttp, stamina, urllib3

logging.disable()
url = f"http://127.0.0.1:{open('port').read()}"
headers = {"Content-Type": "application/json"}


def body(verb):
    return b'{"expires_in_seconds":60}' if verb == "POST" else None


def by_requests(session):
    return lambda verb, address: session.request(verb, address, data=body(verb), headers=headers)


def by_httpx(client):
    def call(verb, address):
        client.request(verb, address, content=body(verb), headers=headers).raise_for_status()

    return call


def by_aiohttp(verb, address):
    async def ask():
        options = aiohttp_retry.ExponentialRetry(attempts=3, statuses={429})
        async with aiohttp_retry.RetryClient(retry_options=options) as client:
            async with client.request(verb, address, data=body(verb), headers=headers):
                pass

    asyncio.run(ask())


mounted = requests.Session()
mounted.mount("http://", requests.adapters.HTTPAdapter(max_retries=3))
plain = by_httpx(httpx.Client())
clients = {
    "aiohttp 3.14.5 with aiohttp-retry 2.9.1": by_aiohttp,
    "httpx 0.28.1, `retries=3`": by_httpx(httpx.Client(transport=httpx.HTTPTransport(retries=3))),
    "httpx 0.28.1 with httpx-retries 0.6.0": by_httpx(httpx.Client(transport=httpx_retries.RetryTransport())),
    "niquests 3.21.2, `retries=3`": by_requests(niquests.Session(retries=3)),
    "requests 2.34.2": by_requests(requests.Session()),
    "requests 2.34.2, `max_retries=3`": by_requests(mounted),
    "retryhttp 1.5.0 around httpx": retryhttp.retry(plain),
    "stamina 26.1.0 around httpx": stamina.retry(on=httpx.HTTPError, attempts=3)(plain),
    "urllib3 2.8.0": lambda verb, address: urllib3.request(verb, address, body=body(verb), headers=headers),
}
keys = 0
for name, call in clients.items():
    cells = []
    for verb in "GET", "POST":
        outcomes = []
        for status in 429, 503:
            keys += 1
            try:
                call(verb, f"{url}/py{keys}?status={status}")
            except Exception:
                pass
            asked = json.load(urllib.request.urlopen(f"{url}/seen/py{keys}"))
            again = len(asked) > 1
            outcomes.append(("waits" if asked[1] - asked[0] >= 2900 else "too soon") if again else "tells")
        cells.append(outcomes[0] if len(set(outcomes)) == 1 else f"429 {outcomes[0]}, 503 {outcomes[1]}")
    print(f"| {name} | {' | '.join(cells)} | the answer |")
PY
{ node try.mjs; venv/bin/python try.py; } | tee seen
sed -n '/^| client /,/^$/p' "$docs" | sed '1,2d;/^$/d' | diff seen -
