#!/usr/bin/env bash
# An agent's voice of 24 kHz goes on to a telephone at 8 kHz. The guess: what a library calls setting
# the frame rate, or resampling, takes away what 8 kHz cannot hold.
# Seen: a tone of 7 kHz, which must vanish, comes out as one of 1 kHz at full level from pydub 0.25.1
# (`set_frame_rate`), Python's own audioop (`ratecv`), samplerate 0.2.4 `linear` and soxr 1.1.0 QQ,
# and 3 dB lower from wavefile 11.0.0 and wave-resampler 1.0.0 `linear`: sibilants become whistles.
# The defaults of wavefile, wave-resampler, soxr and av 18.1.0 take it away (below -60 dB).
# What helps: name a quality that filters, or filter before.
set -euo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT && cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund wavefile@11.0.0 wave-resampler@1.0.0 >/dev/null
python3 -m venv venv && venv/bin/pip install --quiet --disable-pip-version-check pydub==0.25.1 samplerate==0.2.4 soxr==1.1.0 av==18.1.0 numpy \
  "audioop-lts; python_version >= '3.13'" 2>pip.log || { cat pip.log; exit 1; }
cat >try.py <<'PY'
import warnings
warnings.simplefilter("ignore")
import audioop
import av, numpy, pydub, samplerate, soxr

tone = (10_000 * numpy.sin(2 * numpy.pi * 7_000 * numpy.arange(24_000) / 24_000)).astype("<i2")


def by_av():
    frame = av.AudioFrame.from_ndarray(tone.reshape(1, -1), format="s16", layout="mono")
    frame.sample_rate = 24_000
    converter = av.AudioResampler("s16", "mono", 8_000)
    frames = converter.resample(frame) + converter.resample(None)
    return numpy.concatenate([each.to_ndarray().ravel() for each in frames])


def by_pydub():
    segment = pydub.AudioSegment(tone.tobytes(), sample_width=2, frame_rate=24_000, channels=1)
    return numpy.frombuffer(segment.set_frame_rate(8_000).raw_data, "<i2")


ways = {
    "audioop.ratecv": lambda: numpy.frombuffer(audioop.ratecv(tone.tobytes(), 2, 1, 24_000, 8_000, None)[0], "<i2"),
    "av": by_av,
    "pydub": by_pydub,
    "samplerate, linear": lambda: samplerate.resample(tone.astype("float32"), 1 / 3, "linear"),
    "samplerate, sinc_fastest": lambda: samplerate.resample(tone.astype("float32"), 1 / 3, "sinc_fastest"),
    "soxr, HQ": lambda: soxr.resample(tone.astype("float32"), 24_000, 8_000),
    "soxr, QQ": lambda: soxr.resample(tone.astype("float32"), 24_000, 8_000, quality="QQ"),
}
for name, convert in ways.items():
    middle = numpy.asarray(convert(), float)[800:-800]
    level_db = 20 * numpy.log10(max(numpy.sqrt((middle**2).mean()), 1e-3) / 7071)
    print(f"{name}: {'gone' if level_db < -60 else f'{abs(level_db):.0f} dB lower'}")
PY
cat >try.mjs <<'JS'
import waveResampler from 'wave-resampler';
import wavefile from 'wavefile';

const tone = Int16Array.from({ length: 24_000 }, (_, n) => Math.round(10_000 * Math.sin((2 * Math.PI * 7_000 * n) / 24_000)));
const byWavefile = (options) => {
  const file = new wavefile.WaveFile();
  file.fromScratch(1, 24_000, '16', tone);
  file.toSampleRate(8_000, options);
  return file.getSamples(false, Int16Array);
};
const ways = {
  'wave-resampler': () => waveResampler.resample([...tone], 24_000, 8_000),
  'wave-resampler, linear': () => waveResampler.resample([...tone], 24_000, 8_000, { method: 'linear' }),
  'wavefile': () => byWavefile(),
  'wavefile, linear': () => byWavefile({ method: 'linear' }),
};
for (const [name, convert] of Object.entries(ways)) {
  const middle = [...convert()].slice(800, -800);
  const level = Math.sqrt(middle.reduce((sum, sample) => sum + sample ** 2, 0) / middle.length);
  const levelDb = 20 * Math.log10(Math.max(level, 1e-3) / 7071);
  console.log(`${name}: ${levelDb < -60 ? 'gone' : `${Math.abs(levelDb).toFixed(0)} dB lower`}`);
}
JS
{ venv/bin/python try.py; node try.mjs; } | tee seen
diff seen - <<'END'
audioop.ratecv: 0 dB lower
av: gone
pydub: 0 dB lower
samplerate, linear: 0 dB lower
samplerate, sinc_fastest: gone
soxr, HQ: gone
soxr, QQ: 0 dB lower
wave-resampler: gone
wave-resampler, linear: 3 dB lower
wavefile: gone
wavefile, linear: 3 dB lower
END
