#!/usr/bin/env bash
# In captions (WebVTT) a backslash and braces are plain text: a path, a placeholder. The guess: a
# converter to SubRip, where they are plain text, too, keeps them.
# Seen: pysubs2 1.8.1 and ffmpeg (of imageio-ffmpeg 0.6.0) break the line at "\N" and "\n", which
# means that in SubStation, their form in between: "C:\Notes\new" is three lines. pysubs2 and subsrt-ts 2.1.2 lose
# "{name}" without a word; ffmpeg puts backslashes before the braces. pycaption 2.3.14 keeps all.
# What helps: a reader of WebVTT itself; there is no escape for either.
set -euo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT && cd "$folder"
npm init -y >/dev/null && npm pkg set type=module
npm install --silent --no-audit --no-fund subsrt-ts@2.1.2 >/dev/null
python3 -m venv venv && venv/bin/pip install --quiet --disable-pip-version-check pysubs2==1.8.1 pycaption==2.3.14 imageio-ffmpeg==0.6.0 2>pip.log || { cat pip.log; exit 1; }
printf 'WEBVTT\n\n1\n00:00:00.000 --> 00:00:02.000\nOpen C:\\Notes\\new, {name}.\n' >call.vtt
cat >try.py <<'PY'
import subprocess

import imageio_ffmpeg, pycaption, pysubs2

def words(srt):
    return srt.strip().splitlines()[2:]

source = open("call.vtt").read()
print("pysubs2:", words(pysubs2.load("call.vtt").to_string("srt")))
command = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-i", "call.vtt", "-f", "srt", "-"]
print("ffmpeg:", words(subprocess.run(command, capture_output=True, text=True).stdout))
print("pycaption:", words(pycaption.SRTWriter().write(pycaption.WebVTTReader().read(source))))
PY
cat >try.js <<'JS'
import { readFileSync } from 'node:fs';
import { build, parse } from 'subsrt-ts';
const srt = build(parse(readFileSync('call.vtt', 'utf8'), { format: 'vtt' }), { format: 'srt' });
console.log('subsrt-ts:', srt.trim().split(/\r?\n/).slice(2).join());
JS
{ venv/bin/python try.py; node try.js; } | tee seen
diff seen - <<'END'
pysubs2: ['Open C:', 'otes', 'ew, .']
ffmpeg: ['Open C:', 'otes', 'ew, \\{name\\}.']
pycaption: ['Open C:\\Notes\\new, {name}.']
subsrt-ts: Open C:\Notes\new, .
END
