// What caller.js puts into the page.
declare var openMicrophones: () => number;
declare var sayAloud: (sentence: { samples: number[]; rateHz: number }) => Promise<void>;
declare var seen: { state: string; error: string; status: string; problem: string }[];
declare var callStats: any;
declare var wasCached: boolean | undefined;

// What census.js puts into the page.
declare var counted: () => {
  timers: number;
  openContexts: number;
 
  microphones: number;
};
