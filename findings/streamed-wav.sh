#!/usr/bin/env bash
# A program that writes a WAV to a pipe cannot go back to write its length: the header says
# 0xFFFFFFFF or 0 (both are usual), the samples follow to the end of the file. The guess: readers
# take what is there.
# Seen (one second, 24 kHz, 16 bit): with 0xFFFFFFFF all but wav-file-decoder 1.0.3 read it; Python's
# `wave` says `getnframes()` 2147483647 and reads 24000. With 0 only wav 1.0.2, audio-decode 3.12.0
# and av 18.1.0 read it; wav-decoder 1.3.0, wavefile 11.0.0 and soundfile 0.14.0 give an empty
# recording without an error, and `wave` and scipy 1.17.1 raise.
# What helps: read to the end of the file, and say so where a header promises nothing.
set -euo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT && cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund wav@1.0.2 wav-decoder@1.3.0 wavefile@11.0.0 wav-file-decoder@1.0.3 audio-decode@3.12.0 >/dev/null
python3 -m venv venv && venv/bin/pip install --quiet --disable-pip-version-check soundfile==0.14.0 scipy==1.17.1 av==18.1.0 2>pip.log || { cat pip.log; exit 1; }
cat >try.py <<'PY'
import math, struct, sys, warnings, wave
import av, scipy.io.wavfile, soundfile

warnings.simplefilter("ignore")
samples = struct.pack("<24000h", *(int(9000 * math.sin(math.tau * 440 * n / 24000)) for n in range(24000)))
form = struct.pack("<IHHIIHH", 16, 1, 1, 24000, 48000, 2, 16)
for name, riff, data in ("right", 36 + len(samples), len(samples)), ("ffffffff", 2**32 - 1, 2**32 - 1), ("zero", 0, 0):
    with open(f"{name}.wav", "wb") as file:
        head = b"RIFF" + struct.pack("<I", riff) + b"WAVEfmt " + form
        file.write(head + b"data" + struct.pack("<I", data) + samples)


def by_wave(path):
    with wave.open(path) as file:
        return len(file.readframes(48000)) // 2


def by_av(path):
    with av.open(path) as file:
        return sum(frame.samples for frame in file.decode(audio=0))


readers = {
    "av": by_av,
    "scipy": lambda path: len(scipy.io.wavfile.read(path)[1]),
    "soundfile": lambda path: len(soundfile.read(path)[0]),
    "wave": by_wave,
}
for reader, read in readers.items():
    row = []
    for name in "right", "ffffffff", "zero":
        try:
            row.append(f"{name} {read(f'{name}.wav')}")
        except Exception:
            row.append(f"{name} raises")
    print(f"{reader}: {', '.join(row)}")
PY
cat >try.mjs <<'JS'
import fs from 'node:fs';
import decodeAny from 'audio-decode';
import { decodeWavFile } from 'wav-file-decoder';
import wav from 'wav';
import wavDecoder from 'wav-decoder';
import wavefile from 'wavefile';

const readers = {
  'audio-decode': async (bytes) => (await decodeAny(bytes)).channelData[0].length,
  wav: (bytes) =>
    new Promise((resolve, reject) => {
      let length = 0;
      const reader = new wav.Reader();
      reader.on('data', (piece) => (length += piece.length)).on('end', () => resolve(length / 2)).on('error', reject);
      reader.end(bytes);
    }),
  'wav-decoder': async (bytes) =>
    (await wavDecoder.decode(new Uint8Array(bytes).buffer)).channelData[0].length,
  'wav-file-decoder': async (bytes) => decodeWavFile(bytes).channelData[0].length,
  wavefile: async (bytes) => new wavefile.WaveFile(new Uint8Array(bytes)).getSamples(false, Int16Array).length,
};
for (const [reader, read] of Object.entries(readers)) {
  const row = [];
  for (const name of ['right', 'ffffffff', 'zero']) {
    const length = await read(fs.readFileSync(`${name}.wav`)).catch(() => 'raises');
    row.push(`${name} ${length}`);
  }
  console.log(`${reader}: ${row.join(', ')}`);
}
JS
{ venv/bin/python try.py; node try.mjs; } | tee seen
diff seen - <<'END'
av: right 24000, ffffffff 24000, zero 24000
scipy: right 24000, ffffffff 24000, zero raises
soundfile: right 24000, ffffffff 24000, zero 0
wave: right 24000, ffffffff 24000, zero raises
audio-decode: right 24000, ffffffff 24000, zero 24000
wav: right 24000, ffffffff 24000, zero 24000
wav-decoder: right 24000, ffffffff 24000, zero 0
wav-file-decoder: right 24000, ffffffff raises, zero raises
wavefile: right 24000, ffffffff 24000, zero 0
END
