#!/usr/bin/env bash
# A token service for voice rooms, moved from one language to another with the vendor's own SDKs.
# The guess: the same calls make the same token, and what one refuses the other refuses.
# Seen: livekit-api 1.2.2 (Python) writes `canPublish`, `canSubscribe` and `canPublishData` into
# every room grant and takes a token for 60 seconds after its end; livekit-server-sdk 2.19.2
# (JavaScript) writes only what it is told and takes one for less than 20. A lifetime that comes as
# text from the environment ("600") fails in JavaScript only when the token is made.
set -euo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT && cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund livekit-server-sdk@2.19.2 jose@6.2.18 >/dev/null
python3 -m venv venv && venv/bin/pip install --quiet --disable-pip-version-check livekit-api==1.2.2 2>pip.log || { cat pip.log; exit 1; }
cat >try.py <<'PY'
import datetime
import jwt
from livekit import api

secret = "not-a-real-secret-" * 3


def token(seconds):
    lifetime = datetime.timedelta(seconds=seconds)
    grants = api.VideoGrants(room_join=True, room="room")
    return api.AccessToken("key", secret).with_identity("visitor").with_ttl(lifetime).with_grants(grants).to_jwt()


def verdict(seconds):
    try:
        api.TokenVerifier("key", secret).verify(token(-seconds))
    except jwt.ExpiredSignatureError:
        return "refused"
    return "taken"


print("Python grants:", *jwt.decode(token(60), options={"verify_signature": False})["video"])
print("Python, ended 5 s ago:", verdict(5), "20 s:", verdict(20), "90 s:", verdict(90))
PY
cat >try.mjs <<'JS'
import { decodeJwt } from 'jose';
import { AccessToken, TokenVerifier } from 'livekit-server-sdk';

const secret = 'not-a-real-secret-'.repeat(3);
async function make(ttl) {
  const token = new AccessToken('key', secret, { identity: 'visitor', ttl });
  token.addGrant({ roomJoin: true, room: 'room' });
  return token.toJwt();
}
const verdict = async (seconds) =>
  new TokenVerifier('key', secret).verify(await make(-seconds)).then(() => 'taken', () => 'refused');

console.log('JavaScript grants:', ...Object.keys(decodeJwt(await make(60)).video));
console.log('JavaScript, ended 5 s ago:', await verdict(5), '20 s:', await verdict(20), '90 s:', await verdict(90));
console.log('JavaScript, a lifetime of "600":', await make('600').then(() => 'taken', ({ message }) => message));
JS
{ venv/bin/python try.py; node try.mjs; } | tee seen
diff seen - <<'END'
Python grants: roomJoin room canPublish canSubscribe canPublishData
Python, ended 5 s ago: taken 20 s: taken 90 s: refused
JavaScript grants: roomJoin room
JavaScript, ended 5 s ago: taken 20 s: refused 90 s: refused
JavaScript, a lifetime of "600": Invalid time period format
END
