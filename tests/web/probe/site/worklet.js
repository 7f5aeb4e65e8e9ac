// An AudioWorklet that tells what is there, and counts its blocks.
import { imported } from './imported.js';

registerProcessor(
  'probe',
  class extends AudioWorkletProcessor {
    blocks = 0;

    constructor() {
      super();
      this.port.onmessage = async ({ data: { task, names, port } }) => {
        if (port) return port.postMessage('from the worklet');
        if (task === 'static-import') return this.port.postMessage(imported);
        if (task === 'url') return this.port.postMessage(typeof import.meta.url);
        if (task === 'dynamic-import')
          return import('./imported.js').then(
            (module) => this.port.postMessage(module.imported),
            ({ name }) => this.port.postMessage(name),
          );
        if (task === 'missing') {
          const at = (name) => name.split('.').reduce((it, key) => it?.[key], globalThis);
          return this.port.postMessage(names.filter((name) => at(name) === undefined));
        }
        if (task === 'blocks') return this.port.postMessage(this.blocks);
      };
    }

    process() {
      this.blocks += 1;
      return true;
    }
  },
);
