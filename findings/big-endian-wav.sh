#!/usr/bin/env bash
# A WAV file may have its numbers the other way round: it then begins with RIFX in place of RIFF, and
# wavefile's `toRIFX()`, libsndfile and sox write it. The guess: a reader that takes it reads it right,
# another refuses.
# Seen (a tone of 16 bits): ffmpeg 9.0.2, PyAV 18.1.0 and `decodeAudioData` of Chromium 156 take the
# header right and the samples for little-endian: noise 10 dB louder, no error. wavefile 11.0.0 and
# soundfile 0.14.0 read it right; Python's `wave` and wav-decoder 1.3.0 refuse.
# What helps: ffmpeg's `-c:a pcm_s16be` before `-i`, or another reader.
set -euo pipefail
chromium=${CHROMIUM:-$(command -v chromium)} || { echo "this needs Chromium: name it in CHROMIUM" >&2; exit 2; }
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT && cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund wav-decoder@1.3.0 wavefile@11.0.0 >/dev/null
python3 -m venv venv && venv/bin/pip install --quiet --disable-pip-version-check soundfile==0.14.0 av==18.1.0 \
  imageio-ffmpeg==0.8.1 numpy 2>pip.log || { cat pip.log; exit 1; }
cat >try.py <<'PY'
import base64, subprocess, sys, wave
import av, imageio_ffmpeg, numpy, soundfile

tone = numpy.round(8000 * numpy.sin(2 * numpy.pi * 440 * numpy.arange(24_000) / 24_000)).astype("<i2")
soundfile.write("tone.wav", tone, 24_000, "PCM_16", "BIG", "WAV")
tone.tofile("tone.raw")
data = open("tone.wav", "rb").read()
assert data[:4] == b"RIFX" and tone.byteswap().tobytes() in data


def by_ffmpeg(*options):
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *options, "-i", "tone.wav", "-f", "s16le", "-"]
    return numpy.frombuffer(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout, "<i2")


def by_av():
    with av.open("tone.wav") as file:
        return numpy.concatenate([frame.to_ndarray().ravel() for frame in file.decode(audio=0)])


def by_wave():
    with wave.open("tone.wav") as file:
        return numpy.frombuffer(file.readframes(24_000), "<i2")


def by_chromium():
    with open("page.html", "w") as page:
        page.write(f"""<!doctype html><p id="seen"></p><script>
            const bytes = Uint8Array.from(atob('{base64.b64encode(data).decode()}'), (each) => each.charCodeAt(0));
            const show = (text) => (seen.textContent = text);
            new OfflineAudioContext(1, 1, 24000).decodeAudioData(bytes.buffer).then(
              (sound) => show(Array.from(sound.getChannelData(0), (value) => Math.round(value * 32768))), show);
            </script>""")
    command = [sys.argv[1], "--headless=new", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=5000", "--dump-dom", "page.html"]
    shown = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True).stdout
    return numpy.array(shown.partition('id="seen">')[2].partition("<")[0].split(","), int)


readers = {
    "Chromium": by_chromium,
    "av": by_av,
    "ffmpeg": by_ffmpeg,
    "ffmpeg, -c:a pcm_s16be": lambda: by_ffmpeg("-c:a", "pcm_s16be"),
    "soundfile": lambda: soundfile.read("tone.wav", dtype="int16")[0],
    "wave": by_wave,
}
for name, read in readers.items():
    try:
        seen = numpy.asarray(read(), float)
    except wave.Error:
        print(f"{name}: refuses")
        continue
    louder_db = 10 * numpy.log10((seen**2).mean() / (tone.astype(float) ** 2).mean())
    print(f"{name}: {'right' if len(seen) == len(tone) and numpy.abs(seen - tone).max() <= 1 else f'{louder_db:.0f} dB louder'}")
PY
cat >try.mjs <<'JS'
import fs from 'node:fs';
import wavDecoder from 'wav-decoder';
import wavefile from 'wavefile';

const raw = fs.readFileSync('tone.raw');
const tone = Int16Array.from({ length: raw.length / 2 }, (_, at) => raw.readInt16LE(2 * at));
const bytes = () => new Uint8Array(fs.readFileSync('tone.wav'));
const readers = {
  'wav-decoder': async () => (await wavDecoder.decode(bytes().buffer)).channelData[0].map((value) => value * 32768),
  wavefile: async () => new wavefile.WaveFile(bytes()).getSamples(false, Int16Array),
};
for (const [name, read] of Object.entries(readers)) {
  const seen = await read().catch(() => null);
  console.log(`${name}: ${!seen ? 'refuses' : tone.every((value, at) => Math.abs(value - seen[at]) <= 1) ? 'right' : 'noise'}`);
}
JS
{ venv/bin/python try.py "$chromium"; node try.mjs; } | tee seen
diff seen - <<'END'
Chromium: 10 dB louder
av: 10 dB louder
ffmpeg: 10 dB louder
ffmpeg, -c:a pcm_s16be: right
soundfile: right
wave: refuses
wav-decoder: refuses
wavefile: right
END
