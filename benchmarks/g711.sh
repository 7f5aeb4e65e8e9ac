#!/usr/bin/env bash
# Writes the table of docs/peers.md on G.711: encodes all 65,536 samples and decodes all 256 codes by
# libraries of PyPI and npm, by ffmpeg, and by sox and GStreamer where they are installed, and compares
# with what the simulator does (Python's audioop). Installs the named versions into a temporary folder;
# a minute. Exits with 1 where the table says otherwise.
#
#   benchmarks/g711.sh
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT && cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund alawmulaw@6.0.0 audio-decode@3.12.0 g711@1.0.1 \
  mulaw-js@1.0.1 wavefile@11.0.0 x-law@0.3.1 >/dev/null
python3 -m venv venv && venv/bin/pip install --quiet --disable-pip-version-check aiortc==1.16.0 av==18.1.0 g711==1.6.5 \
  imageio-ffmpeg==0.8.1 soundfile==0.14.0 numpy "audioop-lts; python_version >= '3.13'" 2>pip.log || { cat pip.log; exit 1; }
cat >try.mjs <<'JS'
// Writes what each library makes of all samples and of all codes: NAME.mu.codes, NAME.mu.samples, …
import fs from 'node:fs';
import alawmulaw from 'alawmulaw';
import decodeAny from 'audio-decode';
import g711 from 'g711';
import mulaw from 'mulaw-js';
import wavefile from 'wavefile';
import * as xlaw from 'x-law';

const samples = Int16Array.from({ length: 65536 }, (_, at) => at - 32768);
const codes = Uint8Array.from({ length: 256 }, (_, code) => code);
const wav = (law) => new Uint8Array(fs.readFileSync(`${law}.wav`));
const to16Bit = (channel) => Int16Array.from(channel, (value) => Math.round(value * 32768));
const fileOf = (pcm, way) => {
  const file = new wavefile.WaveFile();
  file.fromScratch(1, 8000, '16', pcm);
  file[way]();
  return file.data.samples;
};
const fromFile = (law, way) => {
  const file = new wavefile.WaveFile(wav(law));
  file[way]();
  return file.getSamples(false, Int16Array);
};
const ways = {
  'alawmulaw 6.0.0': {
    a: [() => alawmulaw.alaw.encode(samples), () => alawmulaw.alaw.decode(codes)],
    mu: [() => alawmulaw.mulaw.encode(samples), () => alawmulaw.mulaw.decode(codes)],
  },
  'audio-decode 3.12.0': {
    a: [null, async () => to16Bit((await decodeAny(wav('a'))).channelData[0])],
    mu: [null, async () => to16Bit((await decodeAny(wav('mu'))).channelData[0])],
  },
  'g711 1.0.1 (npm)': {
    a: [() => g711.alawFromPCM(samples), () => g711.alawToPCM(codes, 16)],
    mu: [() => g711.ulawFromPCM(samples), () => g711.ulawToPCM(codes, 16)],
  },
  'mulaw-js 1.0.1': { mu: [() => mulaw.encode(samples), () => mulaw.decode(codes)] },
  'wavefile 11.0.0': {
    a: [() => fileOf(samples, 'toALaw'), () => fromFile('a', 'fromALaw')],
    mu: [() => fileOf(samples, 'toMuLaw'), () => fromFile('mu', 'fromMuLaw')],
  },
  'x-law 0.3.1': {
    a: [() => xlaw.alaw.encode(samples), () => xlaw.alaw.decode(codes)],
    mu: [() => xlaw.mulaw.encode(samples), () => xlaw.mulaw.decode(codes)],
  },
};
for (const [name, laws] of Object.entries(ways))
  for (const [law, [encode, decode]] of Object.entries(laws)) {
    if (encode) fs.writeFileSync(`${name}.${law}.codes`, Uint8Array.from(await encode(), (code) => code & 255));
    const decoded = await decode();
    fs.writeFileSync(`${name}.${law}.samples`, Buffer.from(Int16Array.from(decoded).buffer));
  }
JS
cat >try.py <<'PY'
import io, platform, re, shutil, struct, subprocess, sys, warnings
from pathlib import Path

warnings.simplefilter("ignore")
import aiortc.codecs.g711, av, g711, imageio_ffmpeg, numpy, soundfile

sys.path.insert(0, sys.argv[1])
from app.simulator.audio.encoding import A_LAW, MU_LAW

LAWS = {"mu": MU_LAW, "a": A_LAW}
SAMPLES = numpy.arange(-32768, 32768, dtype="<i2")
CODES = bytes(range(256))
RIGHT = {law: numpy.frombuffer(ours.decode(CODES), "<i2").astype(int) for law, ours in LAWS.items()}
FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()


def file_of(law):
    """A WAV file of all codes."""
    form = struct.pack("<HHIIHH", {"mu": 7, "a": 6}[law], 1, 8_000, 8_000, 1, 8)
    chunks = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", 256) + CODES
    return b"RIFF" + struct.pack("<I", len(chunks)) + chunks


def piped(command, data):
    return subprocess.run(command, input=data, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout


def by_ffmpeg(source, target):
    raw = [part for form in (source, target) for part in ("-f", form, "-ar", "8000", "-ac", "1")]
    return lambda data: piped([FFMPEG, "-v", "error", *raw[:6], "-i", "-", *raw[6:], "-"], data)


def by_sox(source, target):
    ends = [["-t", "raw", "-r", "8000", "-c", "1", *form] for form in (source, target)]
    return lambda data: piped(["sox", "-D", "-V1", *ends[0], "-", *ends[1], "-"], data)


def by_gstreamer(source, element):
    caps = f"audio/{source},rate=8000,channels=1"
    caps += ",format=S16LE,layout=interleaved" if source == "x-raw" else ""
    return lambda data: piped(["gst-launch-1.0", "-q", "fdsrc", "blocksize=8192", "!", "capsfilter", f"caps={caps}", "!", element, "!", "fdsink"], data)


def by_aiortc(encoder, decoder):
    def encode(data):
        frame = av.AudioFrame.from_ndarray(numpy.frombuffer(data + bytes(2 * 64), "<i2").reshape(1, -1), "s16", "mono")
        frame.sample_rate, frame.pts, frame.time_base = 8_000, 0, aiortc.codecs.g711.TIME_BASE
        return b"".join(encoder().encode(frame)[0])[: len(data) // 2]

    def decode(codes):
        frames = decoder().decode(aiortc.jitterbuffer.JitterFrame(data=codes, timestamp=0))
        return numpy.concatenate([frame.to_ndarray().ravel() for frame in frames])

    return encode, decode


def by_soundfile(code):
    def encode(data):
        file = io.BytesIO()
        soundfile.write(file, numpy.frombuffer(data, "<i2"), 8_000, code, format="RAW")
        return file.getvalue()

    return encode, lambda codes: soundfile.read(io.BytesIO(codes), dtype="int16", samplerate=8_000, channels=1, format="RAW", subtype=code)[0]


def by_g711(encode, decode):
    return lambda data: encode(numpy.frombuffer(data, "<i2").astype("float32") / 32768), lambda codes: numpy.round(decode(codes) * 32768).astype(int)


def by_rule():
    """Encode as the program of the recommendation does (ITU-T G.191, `g711.c`)."""

    def mu(sample):
        size = min(((sample if sample >= 0 else ~sample) >> 2) + 33, 0x1FFF)
        segment = (size >> 5).bit_length() - 1
        return (0x80 if sample >= 0 else 0) | (7 - segment) << 4 | (15 - (size >> (segment + 1) & 15))

    def a(sample):
        size = (sample if sample >= 0 else ~sample) >> 4
        segment = max(0, size.bit_length() - 4)
        code = segment << 4 | (size >> max(0, segment - 1)) & 15
        return (code | (0x80 if sample >= 0 else 0)) ^ 0x55

    return {law: (bytes(map(encode, SAMPLES.tolist())), None) for law, encode in {"mu": mu, "a": a}.items()}


ffmpeg_version = piped([FFMPEG, "-version"], b"").split()[2].decode().lstrip("n").partition("-")[0]
WAYS = {
    "aiortc 1.16.0 on av 18.1.0": {
        "mu": by_aiortc(aiortc.codecs.g711.PcmuEncoder, aiortc.codecs.g711.PcmuDecoder),
        "a": by_aiortc(aiortc.codecs.g711.PcmaEncoder, aiortc.codecs.g711.PcmaDecoder),
    },
    f"ffmpeg {ffmpeg_version}": {"mu": (by_ffmpeg("s16le", "mulaw"), by_ffmpeg("mulaw", "s16le")), "a": (by_ffmpeg("s16le", "alaw"), by_ffmpeg("alaw", "s16le"))},
    "g711 1.6.5 (PyPI)": {"mu": by_g711(g711.encode_ulaw, g711.decode_ulaw), "a": by_g711(g711.encode_alaw, g711.decode_alaw)},
    f"soundfile 0.14.0 (libsndfile {soundfile.__libsndfile_version__})": {"mu": by_soundfile("ULAW"), "a": by_soundfile("ALAW")},
}
if shutil.which("sox"):
    version = re.search(rb"v([\d.]+)", piped(["sox", "--version"], b""))[1].decode()
    linear, mu, a = ["-e", "signed", "-b", "16"], ["-e", "mu-law", "-b", "8"], ["-e", "a-law", "-b", "8"]
    WAYS[f"sox {version}"] = {"mu": (by_sox(linear, mu), by_sox(mu, linear)), "a": (by_sox(linear, a), by_sox(a, linear))}
if shutil.which("gst-launch-1.0"):
    version = piped(["gst-launch-1.0", "--version"], b"").split()[2].decode()
    WAYS[f"GStreamer {version}"] = {
        "mu": (by_gstreamer("x-raw", "mulawenc"), by_gstreamer("x-mulaw", "mulawdec")),
        "a": (by_gstreamer("x-raw", "alawenc"), by_gstreamer("x-alaw", "alawdec")),
    }

for law in LAWS:
    Path(f"{law}.wav").write_bytes(file_of(law))
subprocess.run(["node", "try.mjs"], check=True)
answers = {"the program of the recommendation (ITU-T G.191)": by_rule()}
for path in Path().glob("*.samples"):
    name, law, _ = path.name.rsplit(".", 2)
    encoded = path.with_suffix(".codes")
    answers.setdefault(name, {})[law] = (encoded.read_bytes() if encoded.exists() else None, numpy.frombuffer(path.read_bytes(), "<i2"))
for name, laws in WAYS.items():
    for law, (encode, decode) in laws.items():
        decoded = decode(CODES)
        decoded = numpy.frombuffer(decoded, "<i2") if isinstance(decoded, bytes) else decoded
        answers.setdefault(name, {})[law] = (encode(SAMPLES.tobytes()), decoded)


def compared(values, others, law):
    """How many differ, by how many steps at most, and by how much at most."""
    if values is None:
        return "none"
    values = numpy.asarray(values, int)
    if len(values) != len(others):
        return f"{len(values)} of {len(others)}"
    count = numpy.count_nonzero(values != others)
    steps = numpy.abs(numpy.subtract(*(numpy.searchsorted(numpy.unique(RIGHT[law]), each) for each in (values, others)))).max()
    return f"{count:,} ({steps}; {numpy.abs(values - others).max():,})" if count else "same"


print(f"| library | encodes mu-law | encodes A-law | decodes mu-law | decodes A-law |\n|---|---|---|---|---|")
for name in sorted(answers, key=str.lower):
    cells = []
    for way in "codes", "samples":
        for law, ours in LAWS.items():
            encoded, decoded = answers[name].get(law, (None, None))
            if way == "samples":
                cells.append(compared(decoded, RIGHT[law], law))
            else:
                values = None if encoded is None else RIGHT[law][list(encoded)]
                cells.append(compared(values, RIGHT[law][list(ours.encode(SAMPLES))], law))
    print(f"| {name} | {' | '.join(cells)} |")
PY
venv/bin/python try.py "$root" | tee seen
sed 1,2d seen | while IFS= read -r row; do
  grep -Fxq -- "$row" "$root/docs/peers.md" || { echo "not in docs/peers.md: $row" >&2; exit 1; }
done
