// The rates and delays that the devices really run at.

import { judgeRates } from '../judge-sound.js';

/** Of the wire: a browser that gives it needs no resampling. */
const WIRE_RATE_HZ = 24_000;

/** @type {import('../diagnostics-types.js').Check} */
export const rates = {
  id: 'rates',
  needs: ['microphone'],
  limitMs: 40_000,
  async run({ platform, sound, signal }) {
    const context = await sound.context(signal);
    const track = await sound.microphone();
    const wire = platform.createContext({ sampleRate: WIRE_RATE_HZ });
    const givesWireRate = wire.sampleRate === WIRE_RATE_HZ;
    await wire.close();
    const {
      sampleRate = null,
      noiseSuppression = null,
      autoGainControl = null,
    } = track.getSettings();
    const baseLatencyMs = context.baseLatency * 1000;
    // Not every browser has it, and it is 0 until something has sounded.
    const outputLatencyMs = (context.outputLatency ?? 0) * 1000;
    const measured = {
      outputRateHz: context.sampleRate,
      microphoneRateHz: sampleRate,
      latencyMs: baseLatencyMs + outputLatencyMs,
    };
    const { outputRateHz, microphoneRateHz } = measured;
    sound.releaseMicrophone(); // nothing after this needs it open
    return {
      ...judgeRates(measured),
      values: {
        outputRateHz,
        microphoneRateHz,
        givesWireRate,
        baseLatencyMs,
        outputLatencyMs,
        noiseSuppression,
        autoGainControl,
      },
    };
  },
};
