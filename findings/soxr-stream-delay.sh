#!/usr/bin/env bash
# Speech from a microphone comes in chunks of 20 ms and is to go on at half the rate. The guess:
# each chunk of 960 samples gives 480.
# Seen (soxr 1.1.0, Python 3.11, 48 to 24 kHz): that holds for quality QQ alone. At HQ, which one
# gets without asking, 22 of 50 chunks give nothing and others 830 samples at once, and 760 samples
# (32 ms) wait for the end of the stream; VHQ holds back less of it than HQ and MQ.
# What helps: for a conversation LQ or QQ, and room for two chunks behind it.
set -euo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT && cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet --disable-pip-version-check soxr==1.1.0 numpy 2>pip.log || { cat pip.log; exit 1; }
cat >try.py <<'PY'
import numpy
import soxr

sound = numpy.sin(2 * numpy.pi * 440 * numpy.arange(48_000) / 48_000).astype("float32")
for quality in "QQ", "LQ", "MQ", "HQ", "VHQ":
    stream = soxr.ResampleStream(48_000, 24_000, 1, dtype="float32", quality=quality)
    sizes = [len(stream.resample_chunk(chunk)) for chunk in numpy.split(sound, 50)]
    rest = len(stream.resample_chunk(sound[:0], last=True))
    print(f"{quality}: {sizes.count(0)} of 50 chunks give nothing, the fullest {max(sizes)}; {rest} at the end")
PY
venv/bin/python try.py | tee seen
diff seen - <<'END'
QQ: 0 of 50 chunks give nothing, the fullest 480; 1 at the end
LQ: 1 of 50 chunks give nothing, the fullest 940; 30 at the end
MQ: 23 of 50 chunks give nothing, the fullest 866; 618 at the end
HQ: 22 of 50 chunks give nothing, the fullest 830; 760 at the end
VHQ: 19 of 50 chunks give nothing, the fullest 758; 502 at the end
END
