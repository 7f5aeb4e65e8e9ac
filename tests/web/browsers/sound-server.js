// A room with a loudspeaker and a microphone for one browser: a PulseAudio server of its own, with nothing
// of this machine's sound in it. A test speaks into the microphone, and hears what the loudspeaker plays
// without anything of its own in the page.

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { recordLoudspeaker } from './recorder.js';
import { run, until } from './processes.js';

const SPEECH = new URL('../../fixtures/speech/', import.meta.url);

/**
 * What browsers get for the latency they ask for. They have no real-time thread here, and their own few
 * milliseconds run dry whenever something else uses the processor: with eight busy neighbours on two cores
 * next to nothing of a greeting came out whole, and with this nearly all of it.
 */
const BROWSER_LATENCY_MS = 300;

const PLAYING = ['--latency-msec=200', '--device=mouth'];

/** A server that a test could not end, because it was itself ended, goes by itself. */
const IDLE_SECONDS = 30;

/**
 * @typedef {object} SoundServer
 * @property {Record<string, string>} environment what a program needs to find this server and no other
 * @property {(clip: string) => Promise<void>} say a sentence of tests/fixtures/speech into the microphone, to its end
 * @property {import('./recorder.js').Recorder['heard']} heard
 * @property {() => Promise<number>} openMicrophones how many streams are fed by the microphone just now
 * @property {() => Promise<void>} stop
 */

/** @returns {Promise<SoundServer>} */
export async function startSoundServer() {
  const folder = mkdtempSync(join(tmpdir(), 'voicegate-sound-'));
  const socket = join(folder, 'native');
  const own = { PULSE_SERVER: `unix:${socket}`, PULSE_COOKIE: join(folder, 'cookie') };
  const server = await run('pulseaudio', serverArguments(socket), {
    XDG_RUNTIME_DIR: folder,
    HOME: folder,
  });
  const env = { ...process.env, ...own };
  /** @param {string[]} args */
  const ask = async (...args) => (await promisify(execFile)('pactl', args, { env })).stdout;
  const isUp = () =>
    ask('set-default-source', 'microphone').then(
      () => true,
      () => false,
    );
  await until(isUp, 'PulseAudio answers');
  const recorder = await recordLoudspeaker(own);
  return {
    environment: { ...own, PULSE_LATENCY_MSEC: String(BROWSER_LATENCY_MS) },
    heard: recorder.heard,
    say: async (clip) => {
      const path = fileURLToPath(new URL(`${clip}.wav`, SPEECH));
      await promisify(execFile)('paplay', [...PLAYING, path], { env });
    },
    openMicrophones: async () => {
      const microphone = rows(await ask('list', 'short', 'sources')).find(
        ([, name]) => name === 'microphone',
      );
      const streams = rows(await ask('list', 'short', 'source-outputs'));
      return streams.filter(([, source]) => source === microphone?.[0]).length;
    },
    stop: async () => {
      await recorder.stop();
      await server.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

/**
 * A short list of pactl, as fields; a stream's second one is the number of its source.
 * @param {string} list
 */
const rows = (list) => list.split('\n').map((line) => line.split('\t'));

/**
 * Two sinks without a device behind them: the loudspeaker, and the mouth in front of the microphone. Browsers
 * do not offer the monitor of a sink as a microphone, therefore the remapped source. Without `norewinds` such
 * a sink may sleep for two seconds before it plays what has come in.
 * @param {string} socket
 */
function serverArguments(socket) {
  const modules = [
    `module-native-protocol-unix auth-anonymous=1 socket=${socket}`,
    'module-null-sink sink_name=loudspeaker norewinds=1 rate=48000 channels=2',
    'module-null-sink sink_name=mouth norewinds=1 rate=48000 channels=1',
    'module-remap-source source_name=microphone master=mouth.monitor source_properties=device.description=Microphone',
  ];
  return [
    ...['-n', '--daemonize=no', '--use-pid-file=no', `--exit-idle-time=${IDLE_SECONDS}`],
    ...['--disable-shm=yes', '--log-target=stderr'],
    ...modules.flatMap((module) => ['-L', module]),
  ];
}
