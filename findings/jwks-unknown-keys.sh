#!/usr/bin/env bash
# A token names its key by `kid`; who checks it fetches the login's key set. The guess: a client
# with a cache bounds how often strangers can make it fetch, and still finds a key that was
# published a moment ago.
# Seen, after one good token and then twenty with unknown names: jwks-rsa 4.1.0 and get-jwks 11.0.3
# fetch for each of the twenty (jwks-rsa's own bound, `rateLimit`, is off unless it is asked for);
# they find the new key at once. jose 6.2.18 and PyJWT 2.15.1 fetch for none within 30 seconds, and
# within them a token with the new key is refused as if it were wrong.
# What helps: bound the first kind; let the second answer "try again" instead of "sign in again".
set -euo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT && cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund jose@6.2.18 jwks-rsa@4.1.0 get-jwks@11.0.3 >/dev/null
python3 -m venv venv && venv/bin/pip install --quiet --disable-pip-version-check pyjwt==2.15.1 cryptography 2>pip.log || { cat pip.log; exit 1; }
cat >try.mjs <<'JS'
import { generateKeyPairSync } from 'node:crypto';
import http from 'node:http';
import { createInterface } from 'node:readline';
import { spawn } from 'node:child_process';
import * as jose from 'jose';
import jwksRsa from 'jwks-rsa';
import buildGetJwks from 'get-jwks';

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const key = publicKey.export({ format: 'jwk' });
let names = [];
let fetches = 0;
const server = http.createServer((request, response) => {
  fetches += 1;
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ keys: names.map((kid) => ({ ...key, kid, alg: 'RS256', use: 'sig' })) }));
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const domain = `http://127.0.0.1:${server.address().port}`;
const url = `${domain}/.well-known/jwks.json`;

const clients = {
  jose() {
    const keys = jose.createRemoteJWKSet(new URL(url));
    return async (kid) => {
      const token = await new jose.SignJWT({}).setProtectedHeader({ alg: 'RS256', kid }).sign(privateKey);
      await jose.jwtVerify(token, keys);
    };
  },
  'jwks-rsa'() {
    const client = jwksRsa({ jwksUri: url });
    return (kid) => client.getSigningKey(kid);
  },
  'get-jwks'() {
    const client = buildGetJwks({ issuersWhitelist: [`${domain}/`] });
    return (kid) => client.getPublicKey({ kid, alg: 'RS256', domain });
  },
  PyJWT() {
    const program = `
import sys, jwt
client = jwt.PyJWKClient(sys.argv[1])
for name in sys.stdin:
    try:
        client.get_signing_key(name.strip())
        print("found", flush=True)
    except jwt.PyJWKClientError as error:
        print("refused", error, flush=True)
`;
    const python = spawn('venv/bin/python', ['-c', program, url], { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface({ input: python.stdout });
    return (kid) =>
      new Promise((resolve, reject) => {
        lines.once('line', (text) => (text === 'found' ? resolve() : reject(new Error(text))));
        python.stdin.write(`${kid}\n`);
      });
  },
};
for (const [name, create] of Object.entries(clients)) {
  names = ['first'];
  const find = create();
  await find('first');
  fetches = 0;
  for (let number = 0; number < 20; number += 1) await find(`unknown-${number}`).catch(() => {});
  const forUnknown = fetches;
  names = ['first', 'second'];
  const rotated = await find('second').then(() => 'found', () => 'refused');
  console.log(`${name}: ${forUnknown} fetches for 20 unknown names; a key just published: ${rotated}`);
}
process.exit();
JS
node try.mjs | tee seen
diff seen - <<'END'
jose: 0 fetches for 20 unknown names; a key just published: refused
jwks-rsa: 20 fetches for 20 unknown names; a key just published: found
get-jwks: 20 fetches for 20 unknown names; a key just published: found
PyJWT: 0 fetches for 20 unknown names; a key just published: refused
END
