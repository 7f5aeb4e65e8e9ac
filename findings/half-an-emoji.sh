#!/usr/bin/env bash
# A transcript that streams is cut anywhere, also in the middle of an emoji: JavaScript's
# `JSON.stringify` then writes half of it as "\ud83d", which is JSON by its grammar. The guess: a
# reader takes it, or says what is wrong with it.
# Seen (Python 3.11): json, simplejson 4.3.0 and ujson 6.1.0 take it, and the text cannot be sent
# on: `encode()` raises. orjson 3.13.0, python-rapidjson 1.25, pydantic-core 2.50.5 and msgspec
# 0.23.0 refuse the whole message; to msgspec it is "truncated". In Node the text goes on as U+FFFD.
# What helps: cut between characters, or let the socket's handler outlive such a message.
set -euo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT && cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet --disable-pip-version-check orjson==3.13.0 ujson==6.1.0 \
  python-rapidjson==1.25 msgspec==0.23.0 simplejson==4.3.0 pydantic-core==2.50.5 2>pip.log || { cat pip.log; exit 1; }
node -e 'console.log(JSON.stringify({ type: "transcript.delta", text: "Great 🎧".slice(0, 7) }))' >message
cat >try.py <<'PY'
import json
import msgspec, orjson, pydantic_core, rapidjson, simplejson, ujson

message = open("message").read()
readers = {
    "json": json.loads,
    "msgspec": msgspec.json.decode,
    "orjson": orjson.loads,
    "pydantic-core": pydantic_core.from_json,
    "rapidjson": rapidjson.loads,
    "simplejson": simplejson.loads,
    "ujson": ujson.loads,
}
for name, read in readers.items():
    try:
        text = read(message)["text"]
    except ValueError as error:
        print(f"{name}: refused{', as truncated' * ('truncated' in str(error))}")
        continue
    try:
        text.encode()
        print(f"{name}: taken, and can be sent on")
    except UnicodeEncodeError:
        print(f"{name}: taken, cannot be sent on")
PY
{
  venv/bin/python try.py
  node -e '
    const { text } = JSON.parse(require("fs").readFileSync("message", "utf8"));
    console.log(`Node: taken, goes on as U+${Buffer.from(text).toString().at(-1).charCodeAt().toString(16).toUpperCase()}`);'
} | tee seen
diff seen - <<'END'
json: taken, cannot be sent on
msgspec: refused, as truncated
orjson: refused
pydantic-core: refused
rapidjson: refused
simplejson: taken, cannot be sent on
ujson: taken, cannot be sent on
Node: taken, goes on as U+FFFD
END
