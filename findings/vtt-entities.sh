#!/usr/bin/env bash
# Captions (WebVTT) of a call: "R&D" has to be written "R&amp;D", and the speaker stands in a voice
# tag, `<v R&amp;D desk>`. The guess: a reader gives the words as they were said, and the name.
# Seen: only pycaption 2.3.14 gives both. vtt.js 0.13.0 gives the words, and a name of "R&amp;D".
# webvtt-py 0.6.0, pysubs2 1.8.1, node-webvtt 2.0.0 and subtitle 4.2.2 hand on "R&amp;D" in the words;
# webvtt-parser 2.2.0 makes "R&;D" of it. ffmpeg (of imageio-ffmpeg 0.6.0) ends the tag at the first
# semicolon, so that the rest of the name is said: "&D deskAsk R&D."
# What helps: speakers' names without &, < and >; unescape what such a reader gives.
set -euo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT && cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund node-webvtt@2.0.0 subtitle@4.2.2 webvtt-parser@2.2.0 vtt.js@0.13.0 jsdom@31.0.1 >/dev/null
python3 -m venv venv && venv/bin/pip install --quiet --disable-pip-version-check webvtt-py==0.6.0 pysubs2==1.8.1 pycaption==2.3.14 imageio-ffmpeg==0.6.0 2>pip.log || { cat pip.log; exit 1; }
printf 'WEBVTT\n\n1\n00:00:00.000 --> 00:00:02.000\n<v R&amp;D desk>Ask R&amp;D.\n' >call.vtt
cat >try.py <<'PY'
import re, subprocess
import imageio_ffmpeg, pycaption, pysubs2, webvtt

source = open("call.vtt").read()
(cue,) = webvtt.read("call.vtt")
print(f"webvtt-py: {cue.voice} | {cue.text}")
(event,) = pysubs2.load("call.vtt")
print(f"pysubs2: {event.name} | {event.plaintext}")
(caption,) = pycaption.WebVTTReader().read(source).get_captions("en-US")
print(f"pycaption: {caption.get_text().replace(': ', ' | ')}")
command = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-i", "call.vtt", "-f", "srt", "-"]
print("ffmpeg:  |", subprocess.run(command, capture_output=True, text=True).stdout.splitlines()[2])
PY
cat >try.cjs <<'JS'
const fs = require('fs');
const { JSDOM } = require('jsdom');
const { window } = new JSDOM('');
Object.assign(globalThis, { window, document: window.document });
const source = fs.readFileSync('call.vtt', 'utf8');
console.log(`node-webvtt:  | ${require('node-webvtt').parse(source).cues[0].text}`);
console.log(`subtitle:  | ${require('subtitle').parseSync(source)[1].data.text}`);
const { WebVTTParser } = require('webvtt-parser');
const [voice] = new WebVTTParser().parse(source).cues[0].tree.children;
console.log(`webvtt-parser: ${voice.value} | ${voice.children[0].value}`);
const { WebVTT, VTTCue } = require('vtt.js');
window.VTTCue = VTTCue;
const parser = new WebVTT.Parser(window, WebVTT.StringDecoder());
parser.oncue = ({ text }) => {
  const [span] = WebVTT.convertCueToDOMTree(window, text).children;
  console.log(`vtt.js: ${span.title} | ${span.textContent}`);
};
parser.parse(source);
parser.flush();
JS
{ venv/bin/python try.py; node try.cjs; } | tee seen
diff seen - <<'END'
webvtt-py: R&amp;D desk | Ask R&amp;D.
pysubs2:  | Ask R&amp;D.
pycaption: R&D desk | Ask R&D.
ffmpeg:  | &D deskAsk R&D.
node-webvtt:  | <v R&amp;D desk>Ask R&amp;D.
subtitle:  | <v R&amp;D desk>Ask R&amp;D.
webvtt-parser: R&amp;D desk | Ask R&;D.
vtt.js: R&amp;D desk | Ask R&D.
END
