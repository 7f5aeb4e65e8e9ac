// What the drivers put into the page, beside what ../browser/globals.d.ts names.
declare var complaints: string[];

// What contexts.js puts there.
declare var contexts: { context: AudioContext; isPressed: boolean; resumesWhileTaken: number }[];
declare var audioSession: { type: string };
declare var isBlocked: boolean;
declare var made: number[];
