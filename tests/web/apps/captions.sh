#!/usr/bin/env bash
# Writes the table of docs/peers.md on captions: a conversation as the client exports it, in the
# readers that people use. Installs the named versions into a temporary folder, and takes ffmpeg, Chromium and
# Firefox as they are; loopback only; a minute. Exits with 1 where the table says otherwise.
#
#   CHROMIUM=/usr/bin/chromium FIREFOX=/usr/bin/firefox-esr tests/web/apps/captions.sh
set -euo pipefail
chromium=${CHROMIUM:-$(command -v chromium)} || { echo "this needs Chromium: name it in CHROMIUM" >&2; exit 2; }
firefox=${FIREFOX:-$(command -v firefox-esr)} || { echo "this needs Firefox: name it in FIREFOX" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT && cd "$folder"
cp "$here"/captions/* .
npm init -y >/dev/null && npm pkg set type=module
npm install --silent --no-audit --no-fund vtt.js@0.13.0 videojs-vtt.js@0.15.5 media-captions@1.0.4 node-webvtt@2.0.0 \
  subtitle@4.2.2 @plussub/srt-vtt-parser@2.0.5 subsrt-ts@2.1.2 webvtt-parser@2.2.0 jsdom@31.0.1 puppeteer-core@25.16.0 \
  >/dev/null 2>npm.log || { cat npm.log; exit 1; }
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check webvtt-py==0.6.0 pysubs2==1.8.1 pycaption==2.3.14 ttconv==1.2.3 \
  2>pip.log || { cat pip.log; exit 1; }
cat >read.py <<'PY'
import json
import re
import subprocess
from importlib.metadata import version
from io import StringIO

import pycaption
import pysubs2
import ttconv.vtt.reader
import webvtt
from ttconv.model import Text

SOURCE = open("call.vtt", encoding="utf-8", newline="").read()


def ms(time: str) -> float:
    hours, minutes, seconds = time.replace(",", ".").split(":")
    return round(int(hours) * 3_600_000 + int(minutes) * 60_000 + float(seconds) * 1000)


def of_webvtt():
    return [[ms(cue.start), ms(cue.end), cue.text] for cue in webvtt.read("call.vtt")]


def of_pysubs2():
    return [[event.start, event.end, event.plaintext] for event in pysubs2.load("call.vtt")]


def of_pycaption():
    captions = pycaption.WebVTTReader().read(SOURCE).get_captions("en-US")
    return [[one.start / 1000, one.end / 1000, re.sub(r"^[^:]*: ?", "", one.get_text())] for one in captions]


def of_ttconv():
    def words(element):
        return element.get_text() if isinstance(element, Text) else "".join(map(words, element))

    body = ttconv.vtt.reader.to_model(StringIO(SOURCE)).get_body()
    (div,) = body
    return [[float(p.get_begin() * 1000), float(p.get_end() * 1000), words(p)] for p in div]


def of_srt(text: str):
    blocks = re.findall(r"^\d+\n(\S+) --> (\S+)\n(.*?)\n(?=\n\d+\n|\n*\Z)", text + "\n", re.M | re.S)
    return [[ms(start), ms(end), words] for start, end, words in blocks]


def of_ffmpeg():
    command = ["ffmpeg", "-loglevel", "error", "-i", "call.vtt", "-f", "srt", "-"]
    told = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    return of_srt(re.sub(r"<i>(\(.*?\))</i>", r"\1", told))  # italics are tags in SubRip, too


def first_line(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\n")[0]


READERS = {
    f"webvtt-py {version('webvtt-py')}": of_webvtt,
    f"pysubs2 {version('pysubs2')}": of_pysubs2,
    f"pycaption {version('pycaption')}": of_pycaption,
    f"ttconv {version('ttconv')}": of_ttconv,
    f"ffmpeg {first_line('ffmpeg', '-version').split()[2]}": of_ffmpeg,
}
for name, read in READERS.items():
    print(json.dumps({"name": name, "cues": read()}))
PY
node sample.js "$root/static/voice-agent/ui/take.js"
{ node track.js "$chromium" "$firefox"; node read.js; venv/bin/python read.py; } >cues
node compare.js <cues | tee seen
sed -n '/^| reader/,/^$/p' "$root/docs/peers.md" | sed '1,2d;/^$/d' | diff seen -
