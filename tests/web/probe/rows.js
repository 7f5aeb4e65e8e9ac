// What is tried in each engine, and what the client does about the answer.

import { freePort } from '../browser/machine.js';

/**
 * @typedef {object} Row
 * @property {string} what
 * @property {(visit: import('./visit.js').Visit) => Promise<unknown>} ask
 * @property {'list' | 'table' | 'word'} shape of the answer
 * @property {string} weDo
 */

/** What a thread of ours might want, and may not find. */
export const GLOBALS = [
  ...['AbortController', 'TextDecoder', 'TextEncoder', 'URL', 'atob', 'btoa', 'console'],
  ...['crypto', 'fetch', 'performance', 'queueMicrotask', 'setInterval', 'setTimeout'],
  ...['structuredClone', 'MessageChannel', 'SharedArrayBuffer', 'WebAssembly', 'WebSocket'],
  ...[
    'Array.fromAsync',
    'ArrayBuffer.prototype.transfer',
    'Float16Array',
    'Iterator.prototype.map',
  ],
  ...['Map.groupBy', 'Object.groupBy', 'Promise.withResolvers', 'Uint8Array.fromBase64'],
];

/** How sockets end, as server.js names it, and in words. */
const SOCKET_ENDS = {
  'reset-at-upgrade': 'resets the line before it answers',
  'status-401': 'answers 401',
  'status-403': 'answers 403',
  'status-503': 'answers 503',
  'redirect': 'answers 302',
  'wrong-accept': 'answers with a wrong Sec-WebSocket-Accept',
  'reset': 'resets the open line',
  'no-close-frame': 'closes TCP without a close frame',
  'no-code': 'sends a close frame without a code',
  'close-1000': 'closes with 1000',
  'close-1008': 'closes with 1008',
  'close-1009': 'closes with 1009',
  'close-1011': 'closes with 1011, as services do whose ping is not answered',
  'close-1012': 'closes with 1012',
  'close-1013': 'closes with 1013',
  'close-4001': 'closes with 4001',
  'close-1006-sent': 'sends 1006 in a close frame',
  'reserved-bit': 'sends a frame with a reserved bit',
  'bad-utf8': 'sends text that is no UTF-8',
};

const NO_STATUS =
  'Gives an opening 5 s, then says that the agent cannot be reached: no engine tells a page more. What the page may read of a refusal comes from the token route.';
const WITHOUT_CODE =
  'Taken for a line that broke: resumes, and counts some of what was sent last as not received (`core/connection/socket.js`).';
const BY_CODE =
  'The code decides what is told (`core/connection/failures.js`); where an engine tells 1006 instead, the call is tried again as after a line that broke.';

/** @type {Record<string, Row['weDo']>} by end; the others are of the line */
const WE_DO = {
  'reset-at-upgrade': NO_STATUS,
  'status-401': NO_STATUS,
  'status-403': NO_STATUS,
  'status-503': NO_STATUS,
  'redirect': NO_STATUS,
  'wrong-accept': NO_STATUS,
  'no-code': BY_CODE,
  'close-1000': `Taken for an end that was meant: no new session is opened unasked.`,
  'close-1008': BY_CODE,
  'close-1009': BY_CODE,
  'close-1011': BY_CODE,
  'close-1012': BY_CODE,
  'close-1013': BY_CODE,
  'close-4001': BY_CODE,
};

/** @type {Record<string, Row[]>} by section */
export const SECTIONS = {
  'Sound': [
    {
      what: 'Rates in Hz that an audio context takes',
      ask: (visit) => visit.ask('contextRates'),
      shape: 'table',
      weDo: 'Asks for 24 kHz, the rate of the wire; where that is refused, for the device’s own, and resamples in the worklets.',
    },
    {
      what: 'A microphone in a context of 24 kHz',
      ask: (visit) => visit.ask('microphoneAtWireRate'),
      shape: 'word',
      weDo: 'Where it is refused, a second context is built at the device’s rate, and the page remembers that for its next calls.',
    },
    {
      what: '`renderSizeHint`: frames a render quantum',
      ask: (visit) => visit.ask('renderSize'),
      shape: 'table',
      weDo: 'Not asked for: `hardware` gave no other size than `default` here.',
    },
    {
      what: '`AudioContext.playbackStats`',
      ask: (visit) => visit.ask('playbackStats'),
      shape: 'list',
      weDo: 'Its underruns are in `agent.stats.audio.outputUnderruns`, and in the details of a call.',
    },
    {
      what: 'Latency in ms that the context tells',
      ask: (visit) => visit.ask('latencies'),
      shape: 'table',
      weDo: 'The output’s is shown in the details; nothing is decided by it.',
    },
    {
      what: 'Choice of the loudspeaker',
      ask: (visit) => visit.ask('speakerChoice'),
      shape: 'list',
      weDo: 'By `AudioContext.setSinkId`; elsewhere the choice is not offered, and `setSpeaker` rejects with `unsupported-browser`.',
    },
    {
      what: 'A context that nobody pressed for',
      ask: (visit) => visit.askUnpressed('contextWithoutPress'),
      shape: 'table',
      weDo: 'The context is made or resumed in the press itself, and asked again once the microphone is open, which lets it sound everywhere; what stays silent is told with a button.',
    },
    {
      what: '`navigator.audioSession`',
      ask: (visit) => visit.ask('audioSession'),
      shape: 'word',
      weDo: 'Set to `play-and-record` for the time of a call where it is there.',
    },
    {
      what: 'Contexts at the same time, of 20',
      ask: (visit) => visit.ask('manyContexts'),
      shape: 'word',
      weDo: 'Has one for each call, and closes it with the call.',
    },
  ],
  'Microphone and permissions': [
    {
      what: '`getSettings()` of the microphone that the client asks for',
      ask: (visit) => visit.ask('settings'),
      shape: 'table',
      weDo: 'What is left out counts as not known; a kind of echo cancelling in place of `true` counts as on.',
    },
    {
      what: 'Constraints that are supported',
      ask: (visit) => visit.ask('constraints'),
      shape: 'list',
      weDo: 'Asks by plain values, which nobody has to fulfil.',
    },
    {
      what: 'Microphones listed before one is allowed',
      ask: (visit) => visit.ask('devicesBefore'),
      shape: 'table',
      weDo: 'No entry at all means that there is no microphone: it is told before a token is asked for.',
    },
    {
      what: 'A microphone that is not there',
      ask: (visit) => visit.ask('missingDevice'),
      shape: 'word',
      weDo: 'The default one is taken in its place.',
    },
    {
      what: 'Names of permissions',
      ask: (visit) => visit.ask('permissions'),
      shape: 'table',
      weDo: 'Asks for `microphone` only; where a browser cannot say, it counts as one that will ask.',
    },
    {
      what: 'Elements that ask for a microphone',
      ask: (visit) => visit.ask('captureElements'),
      shape: 'list',
      weDo: 'Where a microphone was refused, `<microphone>` stands below the words on where to allow it; with its track the call begins. Not `<usermedia>`: it asks for the camera too, whatever `setConstraints()` was given. Both ignore a press, and tell nobody, before their first `validationstatuschange`, and where colours have too little contrast. What their prompt looks like after a refusal needs a person, and was not seen.',
    },
    {
      what: 'What else of the platform is there',
      ask: (visit) =>
        visit.ask('presence', [
          ...['navigator.locks', 'navigator.wakeLock', 'navigator.connection'],
          ...['navigator.userActivation', 'trustedTypes', 'document.featurePolicy'],
          ...['document.permissionsPolicy', 'Element.prototype.moveBefore', 'document.onresume'],
          ...['MediaStreamTrackProcessor', 'WebSocketStream', 'SharedArrayBuffer'],
        ]),
      shape: 'list',
      weDo: 'Does without each of them; the last three are not used at all.',
    },
  ],
  'Worklets and Workers': [
    {
      what: 'A worklet lacks',
      ask: (visit) => visit.ask('inWorklet', { task: 'missing', names: GLOBALS }),
      shape: 'list',
      weDo: 'The worklets use none of them.',
    },
    {
      what: 'A Worker lacks',
      ask: (visit) => visit.ask('inWorker', { task: 'missing', names: GLOBALS }),
      shape: 'list',
      weDo: 'The session core does not use it.',
    },
    {
      what: '`import … from` in a worklet',
      ask: (visit) => visit.ask('inWorklet', { task: 'static-import' }),
      shape: 'word',
      weDo: 'Relied on where the modules are served as written; the built file has no import.',
    },
    {
      what: '`import()` in a worklet',
      ask: (visit) => visit.ask('inWorklet', { task: 'dynamic-import' }),
      shape: 'word',
      weDo: 'Not used.',
    },
    {
      what: '`import.meta.url` in a worklet',
      ask: (visit) => visit.ask('inWorklet', { task: 'url' }),
      shape: 'word',
      weDo: 'Not used there.',
    },
    {
      what: 'A worklet from a blob that imports a file',
      ask: (visit) => visit.ask('workletFrom', 'blob'),
      shape: 'word',
      weDo: 'The npm package’s blob has everything in it.',
    },
    {
      what: 'A worklet of another origin, with CORS',
      ask: (visit) => visit.ask('workletFrom', `${visit.site.foreignUrl}/imported.js?cors`),
      shape: 'word',
      weDo: 'Relied on: a page of another site loads the worklet from the gate.',
    },
    {
      what: 'The same without CORS',
      ask: (visit) => visit.ask('workletFrom', `${visit.site.foreignUrl}/imported.js`),
      shape: 'word',
      weDo: 'The service sends CORS headers for the client’s files.',
    },
    {
      what: 'A worklet’s port, handed to a Worker',
      ask: (visit) => visit.ask('portToWorker'),
      shape: 'word',
      weDo: 'Relied on: sound goes between worklets and Worker past the page’s own thread.',
    },
    {
      what: '`import … from` in a module Worker',
      ask: (visit) => visit.ask('inWorker', { task: 'static-import' }),
      shape: 'word',
      weDo: 'As in worklets.',
    },
    {
      what: '`import()` in a module Worker',
      ask: (visit) => visit.ask('inWorker', { task: 'dynamic-import' }),
      shape: 'word',
      weDo: 'Relied on where the client is of another origin than the page.',
    },
    {
      what: 'A Worker from a blob that imports a file',
      ask: (visit) => visit.ask('workerFrom', 'blob'),
      shape: 'word',
      weDo: 'Relied on where the client is of another origin than the page.',
    },
    {
      what: 'A Worker of another origin',
      ask: (visit) => visit.ask('workerFrom', `${visit.site.foreignUrl}/worker.js?cors`),
      shape: 'word',
      weDo: 'Never tried: a blob imports it.',
    },
    {
      what: "A Worker from a blob where the policy says `worker-src 'self'`",
      ask: (visit) => visit.ask('workerFrom', 'blob', { query: "?policy=worker-src 'self'" }),
      shape: 'word',
      weDo: 'An exception and an error event alike lead to the next address, and at last to the page’s own thread.',
    },
  ],
  'Sockets': [
    {
      what: 'Nobody listens there',
      ask: async (visit) => visit.ask('endOf', { url: `ws://127.0.0.1:${await freePort()}/` }),
      shape: 'word',
      weDo: NO_STATUS,
    },
    ...Object.entries(SOCKET_ENDS).map(([end, what]) => {
      /** @type {Row} */
      const row = {
        what: `The service ${what}`,
        ask: (visit) => visit.ask('endOf', { url: visit.socket(end) }),
        shape: 'word',
        weDo: WE_DO[end] ?? WITHOUT_CODE,
      };
      return row;
    }),
    {
      what: 'The page closes, and the service does not answer',
      ask: (visit) => visit.ask('endOf', { url: visit.socket('deaf'), closesItself: true }),
      shape: 'word',
      weDo: 'Waits for nobody: a socket that was closed is forgotten at once.',
    },
    {
      what: 'Reset, as a Worker sees it',
      ask: (visit) => visit.ask('endInWorker', visit.socket('reset')),
      shape: 'word',
      weDo: WITHOUT_CODE,
    },
    {
      what: '`bufferedAmount` of 64 MiB to a service that reads nothing',
      ask: (visit) => visit.ask('buffered', visit.socket('deaf')),
      shape: 'table',
      weDo: 'One of two signs of a dead line; the other is a ping that is not answered while somebody speaks (`core/connection/liveness.js`).',
    },
    {
      what: "`bufferedAmount` after `send('four')` on a closed socket",
      ask: (visit) => visit.ask('bufferedAfterClose', visit.talk),
      shape: 'word',
      weDo: 'Sends only on a socket that is open.',
    },
    {
      what: 'Four attempts at once after one another, where nobody listens',
      ask: async (visit) => visit.ask('retries', `ws://127.0.0.1:${await freePort()}/`),
      shape: 'word',
      weDo: 'Backs off by itself, for longer than an engine does.',
    },
    {
      what: 'A ping of the service',
      ask: async (visit) => {
        visit.site.heard.length = 0;
        await visit.ask('bufferedAfterClose', visit.talk);
        return visit.site.heard.includes('pong') ? 'answered by the engine' : 'not answered';
      },
      shape: 'word',
      weDo: 'Nothing: no page sees it.',
    },
  ],
  'The life of a page': [
    ...['nothing else', 'microphone'].map((company) => {
      /** @type {Row} */
      const row = {
        what:
          company === 'microphone'
            ? 'Hidden, with sound and an open microphone: beats a second of a timer of 100 ms'
            : 'Hidden, with a silent context: beats a second of a timer of 100 ms',
        ask: (visit) => visit.hidden(company),
        shape: 'table',
        weDo: 'Connection and liveness run in the Worker, sound in the worklets; on the page’s own thread only the watch over devices and context waits for timers, which may then be a second late.',
      };
      return row;
    }),
    ...Object.entries({
      'nothing': undefined,
      'an open socket': 'socket',
      'an open socket in a Worker': 'socket in a Worker',
      'a live microphone': 'track',
      'a held lock': 'lock',
      'a running context': 'context',
    }).map(([words, what]) => {
      /** @type {Row} */
      const row = {
        what: `Back to a page that held ${words}`,
        ask: (visit) => visit.goBack(what),
        shape: 'word',
        weDo: 'Lets go of all of it in `pagehide`, and offers a call that was left again, whether the page comes back as it was or anew.',
      };
      return row;
    }),
    {
      what: 'What arrives of a page that sends in `pagehide`',
      ask: (visit) => visit.leaving(),
      shape: 'list',
      weDo: 'Says `session.end` through its Worker; where that does not arrive, the agent’s service sees the socket go (1001). The end is told to ours by a fetch with `keepalive`.',
    },
  ],
  'Policies and frames': [
    {
      what: "`require-trusted-types-for 'script'`",
      ask: (visit) =>
        visit.ask('trustedTypes', undefined, {
          query: "?policy=require-trusted-types-for 'script'; trusted-types voicegate",
        }),
      shape: 'table',
      weDo: 'Makes its Worker by the policy `voicegate`.',
    },
    {
      what: 'In a frame of another site',
      ask: async (visit) => {
        await visit.ask('lockAndStore');
        return visit.again('frame', `${visit.site.foreignUrl}/frame.html`);
      },
      shape: 'table',
      weDo: 'Storage that throws is done without; `allow="microphone"` is asked for where the frame lacks it.',
    },
  ],
};
