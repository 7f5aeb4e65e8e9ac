#!/usr/bin/env bash
# A token service makes its tokens with one library and moves to another; the lifetime stays as it
# was. The guess: 600 is ten minutes, as a number or as text from the environment.
# Seen: jsonwebtoken 9.0.3 reads the number as seconds and the text "600" as milliseconds; fast-jwt
# 6.3.6 reads both as milliseconds; jose 6.2.18 reads the number as a moment (1970) and refuses the
# text. Where they say milliseconds, the token is over as it arrives, within the second. None
# says so when it signs. "600s" is ten minutes for all three.
set -euo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT && cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund jsonwebtoken@9.0.3 jose@6.2.18 fast-jwt@6.3.6 >/dev/null
cat >try.mjs <<'JS'
import { createSigner } from 'fast-jwt';
import { decodeJwt, SignJWT } from 'jose';
import jsonwebtoken from 'jsonwebtoken';

const secret = 'not-a-real-secret-'.repeat(3);
const signers = {
  'jsonwebtoken': (lifetime) => jsonwebtoken.sign({ sub: 'caller' }, secret, { expiresIn: lifetime }),
  'fast-jwt': (lifetime) => createSigner({ key: secret, expiresIn: lifetime })({ sub: 'caller' }),
  'jose': (lifetime) =>
    new SignJWT({ sub: 'caller' })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuedAt()
      .setExpirationTime(lifetime)
      .sign(new TextEncoder().encode(secret)),
};
for (const [name, sign] of Object.entries(signers)) {
  for (const lifetime of [600, '600', '600s']) {
    let told;
    try {
      const { iat, exp } = decodeJwt(await sign(lifetime));
      told = exp < iat ? `ends in ${new Date(exp * 1000).getUTCFullYear()}` : exp - iat < 2 ? 'under 2 s' : `${exp - iat} s`;
    } catch {
      told = 'refused';
    }
    console.log(`${name}, ${JSON.stringify(lifetime)}: ${told}`);
  }
}
JS
node try.mjs | tee seen
diff seen - <<'END'
jsonwebtoken, 600: 600 s
jsonwebtoken, "600": under 2 s
jsonwebtoken, "600s": 600 s
fast-jwt, 600: under 2 s
fast-jwt, "600": under 2 s
fast-jwt, "600s": 600 s
jose, 600: ends in 1970
jose, "600": refused
jose, "600s": 600 s
END
