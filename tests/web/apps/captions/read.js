// Reads call.vtt with each library of npm, and prints a line of JSON for each: name, version and cues. Run by ../captions.sh.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { JSDOM } from 'jsdom';
import { parseText, renderVTTCueString } from 'media-captions'; // which looks for a window as it is loaded

const require = createRequire(`${process.cwd()}/`);
const source = readFileSync('call.vtt', 'utf8');
const { window } = new JSDOM('', { pretendToBeVisual: true });
Object.assign(globalThis, { window, document: window.document, self: window });

/** What Mozilla's parser and those made of it share. */
function mozilla(name) {
  const { WebVTT, VTTCue } = require(name);
  window.VTTCue = VTTCue;
  const cues = [];
  const parser = new WebVTT.Parser(window, WebVTT.StringDecoder());
  parser.oncue = (cue) => {
    const shown = WebVTT.convertCueToDOMTree(window, cue.text);
    cues.push([cue.startTime * 1000, cue.endTime * 1000, shown?.textContent ?? '']);
  };
  parser.parse(source);
  parser.flush();
  return cues;
}

const READERS = {
  async 'media-captions'() {
    const { cues } = await parseText(source, { type: 'vtt' });
    return cues.map((cue) => {
      const template = document.createElement('template');
      template.innerHTML = renderVTTCueString(cue);
      return [cue.startTime * 1000, cue.endTime * 1000, template.content.textContent];
    });
  },
  'node-webvtt': () =>
    require('node-webvtt')
      .parse(source)
      .cues.map(({ start, end, text }) => [start * 1000, end * 1000, text]),
  'subtitle': () =>
    require('subtitle')
      .parseSync(source)
      .filter(({ type }) => type === 'cue')
      .map(({ data }) => [data.start, data.end, data.text]),
  async '@plussub/srt-vtt-parser'() {
    const { parse } = await import('@plussub/srt-vtt-parser');
    return parse(source).entries.map(({ from, to, text }) => [from, to, text]);
  },
  async 'subsrt-ts'() {
    const { parse } = await import('subsrt-ts');
    const captions = parse(source, { format: 'vtt' }).filter(({ type }) => type === 'caption');
    return captions.map(({ start, end, text }) => [start, end, text]);
  },
  'webvtt-parser'() {
    const { WebVTTParser } = require('webvtt-parser');
    const words = ({ children, value = '' }) => children?.map(words).join('') ?? value;
    const { cues } = new WebVTTParser().parse(source);
    return cues.map(({ startTime, endTime, tree }) => [
      startTime * 1000,
      endTime * 1000,
      words({ children: tree.children }),
    ]);
  },
  // Last: they leave a cue of their own to the page.
  'vtt.js': () => mozilla('vtt.js'),
  'videojs-vtt.js': () => mozilla('videojs-vtt.js'),
};

for (const [name, read] of Object.entries(READERS)) {
  const { version } = JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8'));
  console.log(JSON.stringify({ name: `${name} ${version}`, cues: await read() }));
}
process.exit();
