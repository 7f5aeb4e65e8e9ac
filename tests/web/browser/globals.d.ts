// What the recorder of harness.js puts into the page.
declare var heard: () => { atMs: number; rateHz: number; samples: number[] }[];
declare var openTracks: () => number;
declare var states: string[];
