#!/usr/bin/env bash
# Writes the table of docs/sound.md on WAV files: makes a file of each kind, plays it to Chromium as its
# microphone (--use-file-for-fake-audio-capture) and lets the Python example read it. What the example
# refuses goes through the line of ffmpeg that it says. Installs the named versions into a temporary
# folder; needs Chromium; four minutes, more on a busy machine. Exits with 1 where the table says otherwise.
#
#   benchmarks/wav_kinds.sh
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
CHROMIUM=${CHROMIUM:-$("$root/.ci/chromium")} && export CHROMIUM
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT && cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet --disable-pip-version-check soundfile==0.14.0 imageio-ffmpeg==0.8.1 numpy 2>pip.log || { cat pip.log; exit 1; }
cat >page.html <<'HTML'
<!doctype html>
<script type="module">
  const TAP = `registerProcessor('tap', class extends AudioWorkletProcessor {
    process([input]) {
      if (input.length > 0) this.port.postMessage(input[0]);
      return true;
    }
  })`;
  const RATE_HZ = 48000;
  const BLOCKS = (1.5 * RATE_HZ) / 128;

  async function hear() {
    const microphone = await navigator.mediaDevices.getUserMedia({
      audio: { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false },
    });
    const context = new AudioContext({ sampleRate: RATE_HZ });
    await context.audioWorklet.addModule(URL.createObjectURL(new Blob([TAP], { type: 'text/javascript' })));
    const tap = new AudioWorkletNode(context, 'tap', { numberOfOutputs: 0 });
    const blocks = [];
    const { promise, resolve } = Promise.withResolvers();
    tap.port.onmessage = ({ data }) => blocks.push(data) >= BLOCKS && resolve();
    context.createMediaStreamSource(microphone).connect(tap);
    await promise;
    return new Blob(blocks);
  }

  const body = await hear().catch(String);
  await fetch('/heard', { method: 'POST', body });
</script>
HTML
cat >try.py <<'PY'
import os, platform, queue, shlex, signal, struct, subprocess, sys, tempfile, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import imageio_ffmpeg, numpy, soundfile

sys.path.insert(0, sys.argv[1] + "/static/voice-agent/examples/python")
import sound

CHROMIUM = os.environ["CHROMIUM"]
FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
PAGE = Path("page.html").read_bytes()
PAGE_RATE_HZ = 48_000
SECONDS = 2
LEVEL = 0.25
# What each channel holds; no period is a whole number of samples, which ffmpeg may take for MPEG-TS.
TONES_HZ = 1010, 1210, 1410, 1610, 1810, 2010


def tones(rate_hz, channels):
    at = numpy.arange(rate_hz * SECONDS) / rate_hz
    return numpy.column_stack([LEVEL * numpy.sin(2 * numpy.pi * hz * at) for hz in TONES_HZ[:channels]])


def libsndfile(rate_hz=24_000, channels=1, form="WAV", code="PCM_16", endian=None):
    def make(path):
        with path.open("wb") as file:
            soundfile.write(file, tones(rate_hz, channels), rate_hz, code, endian, form)
    return make


def ffmpeg(*options, rate_hz=24_000, is_piped=False):
    def make(path):
        source = path.with_suffix(".source")
        libsndfile(rate_hz, code="PCM_24")(source)
        options_of_form = options if "-f" in options else (*options, "-f", "wav")
        command = [FFMPEG, "-v", "error", "-i", source, *options_of_form, "-" if is_piped else path]
        written = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
        if is_piped:
            path.write_bytes(written)
    return make


def chunk(name, data, length=None, pad=True):
    length = len(data) if length is None else length
    return name + struct.pack("<I", length) + data + bytes(len(data) % 2 if pad else 0)


PCM = numpy.round(tones(24_000, 1) * 32767).astype("<i2").tobytes()
FORMAT = struct.pack("<HHIIHH", 1, 1, 24_000, 48_000, 2, 16)
FMT, DATA = chunk(b"fmt ", FORMAT), chunk(b"data", PCM)
WORDS = b"INFOICMT\x05\0\0\0Hello"


def by_hand(*chunks, length=None, cut=0, more=b"", name=b"RIFF"):
    data = chunk(name, b"WAVE" + b"".join(chunks), length)
    return lambda path: path.write_bytes(data[: len(data) - cut] + more)


def bw64(path):
    libsndfile(form="RF64")(path)
    path.write_bytes(b"BW64" + path.read_bytes()[4:])


def nothing(path):
    pass


RATES_HZ = 8_000, 11_025, 16_000, 22_050, 24_000, 44_100, 48_000, 96_000, 192_000
SIXTEEN = "-c:a", "pcm_s16le"
LATER = "written to a pipe: lengths of "
# What it is, who made it, and the ways to make it, which are one row if they come to the same.
KINDS = [
    ("16 bits, 8 to 192 kHz", "libsndfile", [libsndfile(rate_hz) for rate_hz in RATES_HZ]),
    ("16 bits, 96 kHz, by ffmpeg, which writes it as extensible", "ffmpeg", [ffmpeg(*SIXTEEN, rate_hz=96_000)]),
    ("8 bits", "libsndfile", [libsndfile(code="PCM_U8")]),
    ("24 bits", "libsndfile", [libsndfile(code="PCM_24")]),
    ("24 bits, extensible", "ffmpeg, libsndfile", [ffmpeg("-c:a", "pcm_s24le"), libsndfile(form="WAVEX", code="PCM_24")]),
    ("32 bits", "libsndfile", [libsndfile(code="PCM_32")]),
    ("float, 32 and 64 bits", "libsndfile", [libsndfile(code="FLOAT"), libsndfile(code="DOUBLE")]),
    ("extensible, 16 bits", "libsndfile", [libsndfile(form="WAVEX")]),
    ("extensible, float", "libsndfile", [libsndfile(form="WAVEX", code="FLOAT")]),
    ("A-law, mu-law, GSM 6.10, 8 kHz", "libsndfile", [libsndfile(8_000, code=code) for code in ("ALAW", "ULAW", "GSM610")]),
    ("IMA and Microsoft ADPCM", "ffmpeg, libsndfile", [ffmpeg("-c:a", "adpcm_ima_wav"), libsndfile(code="IMA_ADPCM"), libsndfile(code="MS_ADPCM")]),
    ("MP3 in WAV", "ffmpeg", [ffmpeg("-c:a", "libmp3lame")]),
    ("two channels", "libsndfile", [libsndfile(channels=2), libsndfile(48_000, channels=2)]),
    ("six channels", "libsndfile", [libsndfile(channels=6)]),
    ("six channels, extensible", "libsndfile", [libsndfile(channels=6, form="WAVEX")]),
    (LATER + "0xFFFFFFFF", "ffmpeg, by hand", [ffmpeg(*SIXTEEN, is_piped=True), by_hand(FMT, chunk(b"data", PCM, 2**32 - 1), length=2**32 - 1)]),
    (LATER + "0", "by hand", [by_hand(FMT, chunk(b"data", PCM, 0), length=0)]),
    ("length 0 in the first chunk only", "by hand", [by_hand(FMT, DATA, length=0)]),
    ("`LIST`, `bext`, `JUNK` or `fact` before the sound", "ffmpeg, by hand", [
        ffmpeg(*SIXTEEN, "-metadata", "title=odd"), ffmpeg(*SIXTEEN, "-write_bext", "1", "-metadata", "description=odd"),
        ffmpeg(*SIXTEEN, "-rf64", "auto"), by_hand(chunk(b"JUNK", bytes(28)), FMT, DATA), by_hand(FMT, chunk(b"fact", bytes(4)), DATA)]),
    ("`LIST` of an odd length, with its pad byte", "by hand", [by_hand(FMT, chunk(b"LIST", WORDS), DATA)]),
    ("the same without it", "by hand", [by_hand(FMT, chunk(b"LIST", WORDS, pad=False), DATA)]),
    ("`fmt` of 18 or 40 bytes", "by hand", [by_hand(chunk(b"fmt ", FORMAT + bytes(more)), DATA) for more in (2, 24)]),
    ("`LIST` behind the sound, or bytes that are nothing", "by hand", [by_hand(FMT, DATA, chunk(b"LIST", WORDS)), by_hand(FMT, DATA, more=b"\xa5" * 3001)]),
    ("cut off within the sound", "by hand", [by_hand(FMT, DATA, cut=30_001)]),
    ("an empty `data` before the right one", "by hand", [by_hand(FMT, chunk(b"data", b""), DATA)]),
    ("`data` before `fmt`", "by hand", [by_hand(DATA, FMT)]),
    ("RF64, BW64, W64", "ffmpeg, libsndfile", [ffmpeg(*SIXTEEN, "-rf64", "always"), libsndfile(form="RF64"), bw64, libsndfile(form="W64")]),
    ("RIFX (big-endian)", "libsndfile", [libsndfile(endian="BIG")]),
    ("AIFF, AU, FLAC, MP3, Opus, AAC, named `.wav`", "ffmpeg, libsndfile", [
        *(libsndfile(form=form) for form in ("AIFF", "AU", "FLAC")), ffmpeg("-f", "mp3"),
        ffmpeg("-c:a", "libopus", "-f", "ogg", rate_hz=48_000), ffmpeg("-c:a", "aac", "-f", "ipod")]),
    ("samples without a header", "by hand", [lambda path: path.write_bytes(PCM)]),
    ("no sound in it", "by hand", [by_hand(FMT, chunk(b"data", b""))]),
    ("no such file", "", [nothing]),
]


class Site(BaseHTTPRequestHandler):
    """The page, and what it heard."""

    heard = queue.Queue()

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(PAGE)

    def do_POST(self):
        self.heard.put(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def what_is_in(samples, rate_hz, channels):
    """Say which channels of a file are heard in the middle of it, and how loud."""
    middle = samples[len(samples) // 4 :][: rate_hz // 2]
    if numpy.abs(middle).max() < 1e-4:
        return "silence"
    spectrum = numpy.abs(numpy.fft.rfft(middle * numpy.hanning(len(middle)))) * 4 / len(middle)
    places = [round(hz * len(middle) / rate_hz) for hz in TONES_HZ]
    levels = [spectrum[place - 1 : place + 2].max() for place in places]
    for place in places:
        spectrum[place - 5 : place + 6] = 0
    if numpy.sqrt((spectrum**2).sum()) > LEVEL / 20:
        return "noise"
    decibels = {at: round(20 * numpy.log10(level / LEVEL)) for at, level in enumerate(levels, 1) if level > LEVEL / 30}
    if channels == 1 and decibels == {1: 0}:
        return "right"
    parts = []
    for decibel in sorted(set(decibels.values()), reverse=True):
        numbers = [str(at) for at, each in decibels.items() if each == decibel]
        parts.append(f"channel{'s' * (len(numbers) > 1)} {', '.join(numbers)} at {decibel} dB".replace("-", "−"))
    return "; ".join(parts)


def by_chromium(path, channels, address):
    """Return what a page hears of it, and whether the log says a word."""
    with tempfile.TemporaryDirectory() as profile, tempfile.TemporaryFile("w+") as log:
        command = [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--autoplay-policy=no-user-gesture-required", "--enable-logging=stderr", f"--user-data-dir={profile}",
            "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
            f"--use-file-for-fake-audio-capture={path}", address]
        browser = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log, start_new_session=True)
        try:
            heard = Site.heard.get(timeout=60)
        finally:
            os.killpg(browser.pid, signal.SIGTERM)
            browser.wait()
        log.seek(0)
        is_told = "simple_sources.cc" in log.read()
    if len(heard) < PAGE_RATE_HZ:
        raise RuntimeError(heard.decode())
    return what_is_in(numpy.frombuffer(heard, "<f4"), PAGE_RATE_HZ, channels) + (", and a line in its log" if is_told else "")


def by_example(path, channels, is_made=False):
    """Return what the example reads, or that it says why not and whether its line of ffmpeg helps."""
    try:
        pcm = sound.read_wav(path)
    except sound.SoundError as error:
        line = shlex.split(str(error).partition("this makes one: ")[2])
        if is_made or not line or subprocess.run([FFMPEG, "-v", "quiet", *line[1:]]).returncode:
            return "refused"
        made = by_example(Path(line[-1]), channels, is_made=True)
        if made == "refused":
            return made
        return f"refused; its line makes {'one' if made == 'right' or channels > 1 else made}"
    return what_is_in(numpy.frombuffer(pcm, "<i2") / 32768, sound.RATE_HZ, channels)


site = ThreadingHTTPServer(("127.0.0.1", 0), Site)
threading.Thread(target=site.serve_forever, daemon=True).start()
version = subprocess.run([CHROMIUM, "--version"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout.split()[1]
tool = subprocess.run([FFMPEG, "-version"], stdout=subprocess.PIPE, text=True).stdout.split()[2].split("-")[0]
print(f"| file | made by | Chromium {version} | the Python example, CPython {platform.python_version()} |\n|---|---|---|---|")
for number, (what, maker, ways) in enumerate(KINDS):
    channels = {"two channels": 2, "six channels": 6, "six channels, extensible": 6}.get(what, 1)
    heard, read = {}, {}
    for way, make in enumerate(ways):
        path = Path(f"{number}-{way}.wav").resolve()
        make(path)
        for _ in range(3):  # a busy machine puts gaps into it, which are noise
            told = by_chromium(path, channels, f"http://127.0.0.1:{site.server_port}/")
            if not told.startswith("noise"):
                break
        heard[told] = way
        read[by_example(path, channels)] = way
    maker = maker.replace("ffmpeg", f"ffmpeg {tool.lstrip('n')}").replace("libsndfile", f"libsndfile {soundfile.__libsndfile_version__}")
    print(f"| {what} | {maker} | {' / '.join(heard)} | {' / '.join(read)} |", flush=True)
PY
venv/bin/python try.py "$root" | tee seen
sed -n '/^| file /,/^$/p' "$root/docs/sound.md" | sed '1,2d;/^$/d' | diff <(sed 1,2d seen) -
