// What the recorder of harness.js puts into the page.
declare var heard: () => { atMs: number; rateHz: number; samples: Float32Array<ArrayBuffer> }[];
declare var MediaStreamTrackProcessor: new (options: {
  track: MediaStreamTrack;
  maxBufferSize: number;
}) => { readable: ReadableStream<AudioData> & AsyncIterable<AudioData> };
declare var tracks: () => MediaStreamTrack[];
declare var openTracks: () => number;
declare var states: string[];
declare var shown: (id: string) => HTMLElement | null;
declare var focused: () => Element | null;

// What heard-words.js puts there.
declare var appeared: { text: string; sound: number[]; rateHz: number }[];

// What captions.test.js puts there.
declare var announced: string[];

// What the tests of the page's states put into it.
declare var wakeLocks: WakeLockSentinel[];
declare var strokes: number;
declare var allow: () => void;

// What presses.js puts into the page.
declare var element: () => Element;

// What accessibility.test.js puts into the page.
declare var axe: typeof import('axe-core');

// What leftovers.js puts there.
declare var leftovers: (() => Record<string, number>) | undefined;
