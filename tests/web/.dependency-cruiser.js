// Which folder of static/ may import which; read by dependency-cruiser in `npm run check`.
// Whatever no line allows is an error, so a new folder has to say what it may know.

import { fileURLToPath } from 'node:url';

const CLIENT = '^static/voice-agent';
const PAGE = '^static/page';

/**
 * Folders of the client, and the folders that each may import besides itself; the same goes for types, of which
 * `core/ports.js` has those that all of the core may use.
 */
const FOLDERS = {
  'worklets/dsp': [],
  'worklets/jitter-buffer': ['worklets/dsp'],
  'worklets': ['worklets/dsp', 'worklets/jitter-buffer'],
  'core/connection/token': [],
  'core/connection': ['core/connection/token'],
  'core/connection/reconnect': ['core/connection', 'core/connection/token'],
  'core/conversation': ['core/connection'],
  'core/uplink': ['core/connection', 'core/telemetry', 'worklets/dsp'],
  'core/downlink': [
    ...['core/connection', 'core/telemetry', 'worklets/dsp', 'worklets/jitter-buffer'],
  ],
  'core/telemetry': ['core/connection'],
  'core': [
    ...['core/connection', 'core/connection/reconnect', 'core/connection/token'],
    ...['core/conversation', 'core/uplink', 'core/downlink', 'core/telemetry', 'worklets/dsp'],
  ],
  'main-thread': [
    ...['main-thread/audio', 'main-thread/tools', 'core', 'core/connection', 'core/conversation'],
    ...['core/connection/token', 'worklets/dsp'],
  ],
  'main-thread/audio': ['worklets/dsp'],
  'main-thread/tools': ['core', 'core/connection', 'core/conversation'],
  'ui': [],
  'ui/element': ['ui'],
};

/** What the diagnostics use of the client one by one; a call uses all of it together. */
const DIAGNOSTICS = [
  'worklets/dsp/level',
  'main-thread/audio/microphone',
  'main-thread/token-service',
  'core/connection/(protocol|failures|token/token)',
];

/**
 * @param {string} from   pattern of the importing file's path
 * @param {string} to     pattern of the imported file's path
 */
const allow = (from, to) => ({ from: { path: from }, to: { path: to } });

export default {
  forbidden: [
    {
      name: 'imports-exist',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^react$' },
    },
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'what-all-may-import-stands-alone',
      severity: 'error',
      from: { path: `${CLIENT}/(errors|emitter|call-facts)\\.js$` },
      to: {},
    },
  ],
  allowed: [
    ...Object.entries(FOLDERS).map(([folder, others]) =>
      allow(
        `${CLIENT}/${folder}/[^/]+$`,
        `${CLIENT}/((${[folder, ...others].join('|')})/[^/]+|errors|call-facts)\\.js$`,
      ),
    ),
    allow(`${CLIENT}/ui/`, `${CLIENT}/ui/[^/]+\\.json$`), // what is shown, as data
    allow(`${CLIENT}/core/conversation/`, `${CLIENT}/voices\\.json$`), // what is known of voices
    allow(`${PAGE}/`, `${CLIENT}/core/conversation/voices\\.js$`),
    // The element uses the client as any page would.
    allow(
      `${CLIENT}/ui/element/`,
      `${CLIENT}/(index|emitter|main-thread/(gate|reload-resume|token-service|audio/call-audio))\\.js$`,
    ),
    allow(`${CLIENT}/react\\.js$`, '^react$'), // of whoever uses it
    // The client's own front files may use all of it, and nothing outside it.
    allow(`${CLIENT}/[^/]+\\.js$`, `${CLIENT}/`),
    allow(`${PAGE}/`, `${PAGE}/`),
    allow(`${PAGE}/`, `${CLIENT}/(index|ui/[^/]+|ui/element/(voice-agent|element-language))\\.js$`),
    allow(`${PAGE}/diagnostics/`, `${CLIENT}/(errors|${DIAGNOSTICS.join('|')})\\.js$`),
  ],
  allowedSeverity: 'error',
  options: {
    baseDir: fileURLToPath(new URL('../..', import.meta.url)),
    exclude: '^static/(build|dist|voice-agent/(dist|examples))/',
  },
};
