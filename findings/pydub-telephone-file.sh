#!/usr/bin/env bash
# A recording of a telephone call is a WAV of mu-law: a byte holds what takes 14 bits as PCM. The
# guess: pydub, which hands to ffmpeg what it cannot read itself, gets 16-bit samples of it.
# Seen (pydub 0.25.1, with Debian 12's ffmpeg 5.1.9): its header says 8 bits, so pydub asks for 8-bit
# PCM. A tone 30 dB below full scale stands 14 dB above its noise in place of 35, one of -50 dB is lost
# in it. No error, no warning; `parameters` is set behind that and changes nothing.
# What helps: soundfile, or ffmpeg by hand before.
set -euo pipefail
for tool in ffmpeg ffprobe; do command -v $tool >/dev/null || { echo "this needs $tool" >&2; exit 2; }; done
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT && cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet --disable-pip-version-check pydub==0.25.1 soundfile==0.14.0 numpy \
  "audioop-lts; python_version >= '3.13'" 2>pip.log || { cat pip.log; exit 1; }
cat >try.py <<'PY'
import warnings
warnings.simplefilter("ignore")
import numpy, pydub, soundfile


def by_pydub(**options):
    segment = pydub.AudioSegment.from_file("call.wav", "wav", **options)
    return numpy.array(segment.get_array_of_samples()) / (1 << (8 * segment.sample_width - 1))


readers = {
    "pydub": by_pydub,
    "pydub, -acodec pcm_s16le": lambda: by_pydub(parameters=["-acodec", "pcm_s16le"]),
    "soundfile": lambda: soundfile.read("call.wav")[0],
}
for level_db in -10, -30, -50:
    tone = 10 ** (level_db / 20) * numpy.sin(2 * numpy.pi * 437 * numpy.arange(16_000) / 8_000)
    soundfile.write("call.wav", tone, 8_000, "ULAW")
    for name, read in readers.items():
        seen = read()
        kept = (seen @ tone) / (tone @ tone) * tone
        over_noise_db = 10 * numpy.log10((kept @ kept) / ((seen - kept) @ (seen - kept)))
        print(f"{level_db} dB, {name}: {f'{over_noise_db:.0f} dB above its noise' if over_noise_db > 3 else 'lost'}")
PY
venv/bin/python try.py | tee seen
diff seen - <<'END'
-10 dB, pydub: 32 dB above its noise
-10 dB, pydub, -acodec pcm_s16le: 32 dB above its noise
-10 dB, soundfile: 37 dB above its noise
-30 dB, pydub: 14 dB above its noise
-30 dB, pydub, -acodec pcm_s16le: 14 dB above its noise
-30 dB, soundfile: 35 dB above its noise
-50 dB, pydub: lost
-50 dB, pydub, -acodec pcm_s16le: lost
-50 dB, soundfile: 30 dB above its noise
END
