#!/bin/sh
# Makes the simulator's voice again, each clip beside this file: 24 kHz, mono, 16 bit.
# Needs Debian's festival, festvox-us-slt-hts and sox. The texts stand in clips.json, which the
# simulator reads too, so that what is said and what is written cannot differ.
set -eu
cd "$(dirname "$0")"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# The voice at 1.1 times its own pace, which is a little sleepy.
voice='(begin (voice_cmu_us_slt_arctic_hts)
  (set! hts_engine_params (append hts_engine_params (list (list "-r" 1.1)))))'

gain_to_average() { # file; prints the decibels that bring it to -20 dBFS
  sox "$1" -n stats 2>&1 | awk '/RMS lev dB/ {print -20 - $4}'
}

speak() { # name, text
  printf '%s\n' "$2" | text2wave -eval "$voice" -o "$scratch/raw.wav"
  # Band-limited to 24 kHz; silence before and after the words cut off, 20 ms of it left.
  sox "$scratch/raw.wav" -r 24000 -c 1 "$scratch/rate.wav" highpass 70 gain -3 rate -v 24000
  sox "$scratch/rate.wav" "$scratch/trim.wav" \
    silence 1 0.01 -52d reverse silence 1 0.01 -52d reverse pad 0.02 0.02
  # -20 dBFS on average, after a soft knee that keeps the peaks under -3 dBFS.
  sox "$scratch/trim.wav" "$scratch/loud.wav" gain "$(gain_to_average "$scratch/trim.wav")"
  sox "$scratch/loud.wav" "$scratch/soft.wav" compand 0.001,0.04 6:-70,-70,-12,-12,0,-8 0 -90 0.002
  sox -D "$scratch/soft.wav" -b 16 "$1.wav" gain "$(gain_to_average "$scratch/soft.wav")" fade t 0.004 -0 0.006
}

python3 -c 'import json; [print(name, text, sep="\t") for name, text in json.load(open("clips.json")).items()]' |
while IFS="$(printf '\t')" read -r name text; do
  speak "$name" "$text"
done
