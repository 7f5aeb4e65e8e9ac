#!/usr/bin/env bash
# A WAV file with a test tone goes through ffmpeg. The guess: what begins with RIFF and WAVE is a WAV.
# Seen (ffmpeg 9.0.2): a tone of 16 bits at full scale with 500 Hz at 48 kHz (500 Hz at 16 kHz, 250 Hz
# at 24 kHz; in other depths others) is taken for MPEG-TS, and the file is refused: "could not find
# codec parameters". Its period, a whole number of samples, puts a byte 0x47 every 192 bytes, which
# counts for more than the header. With 501 Hz, or at half the level, it is a WAV.
# What helps: `-f wav` before `-i`; or a tone whose period is no whole number of samples.
set -euo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT && cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet --disable-pip-version-check imageio-ffmpeg==0.8.1 2>pip.log || { cat pip.log; exit 1; }
cat >try.py <<'PY'
import math, subprocess, wave
from array import array
import imageio_ffmpeg

for rate_hz, hz, level in (48_000, 500, 1), (16_000, 500, 1), (24_000, 250, 1), (48_000, 501, 1), (48_000, 500, 0.5):
    with wave.open("tone.wav", "wb") as file:
        file.setparams((1, 2, rate_hz, 0, "NONE", ""))
        file.writeframes(array("h", (round(32767 * level * math.sin(2 * math.pi * hz * at / rate_hz)) for at in range(2 * rate_hz))))
    for options in [], ["-f", "wav"]:
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", *options, "-i", "tone.wav", "-f", "null", "-"]
        done = subprocess.run(command, capture_output=True, text=True)
        what = "read" if done.returncode == 0 else "taken for MPEG-TS" if "mpegts" in done.stderr else "refused"
        print(f"{hz} Hz at {rate_hz} Hz, level {level}{', -f wav' if options else ''}: {what}")
PY
venv/bin/python try.py | tee seen
diff seen - <<'END'
500 Hz at 48000 Hz, level 1: taken for MPEG-TS
500 Hz at 48000 Hz, level 1, -f wav: read
500 Hz at 16000 Hz, level 1: taken for MPEG-TS
500 Hz at 16000 Hz, level 1, -f wav: read
250 Hz at 24000 Hz, level 1: taken for MPEG-TS
250 Hz at 24000 Hz, level 1, -f wav: read
501 Hz at 48000 Hz, level 1: read
501 Hz at 48000 Hz, level 1, -f wav: read
500 Hz at 48000 Hz, level 0.5: read
500 Hz at 48000 Hz, level 0.5, -f wav: read
END
