// The scripts of the other threads, each a module: where it is, or what is in it. `make build` writes the present names
// into the service's files. The package has the texts (static/build/package.js), as no bundler knows a form for worklets,
// and each has its own for Workers.

/** The session core's. */
export const WORKER = {
  file: new URL('../../core/worker.js', import.meta.url).href,
  text: '',
};

/** The audio thread's. */
export const WORKLET = {
  file: new URL('../../worklets/audio.worklet.js', import.meta.url).href,
  text: '',
};
