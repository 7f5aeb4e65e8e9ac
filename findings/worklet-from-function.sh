#!/usr/bin/env bash
# A library brings its AudioWorklet as the text of a function (`${meter}`) in a Blob, since bundlers
# lose files. The guess: a function that uses nothing around it is the same after a build.
# Seen: esbuild 0.28.2 with `keepNames` (which runners like tsx switch on) puts `__name` around inner
# functions; for targets below ES2022 esbuild, swc 1.16.22 and TypeScript 5.9.3 make helpers of
# `static` and `#private` that stay in the page, so that the worklet dies of a ReferenceError when
# it runs. terser 5.51.4 and webpack 5.113.0 change nothing that matters. All builds are green.
# What helps: the worklet's text as a string that its own build made.
set -euo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT && cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund esbuild@0.28.2 @swc/core@1.16.22 typescript@5.9.3 terser@5.51.4 webpack@5.113.0 >/dev/null
cat >page.js <<'JS'
function meter() {
  class Meter extends AudioWorkletProcessor {
    static scale = 2;
    #sum = 0;
    process([input]) {
      const square = (sample) => sample ** 2;
      for (const sample of input[0]) this.#sum += square(sample);
      this.port.postMessage(this.#sum * Meter.scale);
      return true;
    }
  }
  registerProcessor('meter', Meter);
}
globalThis.worklet = `(${meter})()`;
JS
cat >try.mjs <<'JS'
import fs from 'node:fs';
import { promisify } from 'node:util';
import vm from 'node:vm';
import swc from '@swc/core';
import { transformSync } from 'esbuild';
import { minify } from 'terser';
import ts from 'typescript';
import webpack from 'webpack';

const source = fs.readFileSync('page.js', 'utf8');
const byTypeScript = (target) =>
  ts.transpileModule(source, { compilerOptions: { target, module: ts.ModuleKind.ESNext } }).outputText;
const bySwc = (target) => swc.transformSync(source, { jsc: { target }, isModule: false }).code;
await promisify(webpack)({ mode: 'production', entry: './page.js', output: { path: process.cwd(), filename: 'out.js' } });
const builds = {
  'as written': source,
  'esbuild, minified': transformSync(source, { minify: true }).code,
  'esbuild, keepNames': transformSync(source, { keepNames: true }).code,
  'esbuild, es2022': transformSync(source, { target: 'es2022' }).code,
  'esbuild, es2021': transformSync(source, { target: 'es2021' }).code,
  'swc, es2022': bySwc('es2022'),
  'swc, es2021': bySwc('es2021'),
  'TypeScript, ES2022': byTypeScript(ts.ScriptTarget.ES2022),
  'TypeScript, ES2021': byTypeScript(ts.ScriptTarget.ES2021),
  'terser': (await minify(source)).code,
  'webpack, production': fs.readFileSync('out.js', 'utf8'),
};
for (const [name, code] of Object.entries(builds)) {
  const page = {};
  page.globalThis = page;
  vm.runInNewContext(code, page);
  const sent = [];
  let Processor;
  const scope = {
    AudioWorkletProcessor: class {
      port = { postMessage: (message) => sent.push(message) };
    },
    registerProcessor: (_, given) => (Processor = given),
  };
  try {
    vm.runInNewContext(page.worklet, scope);
    new Processor().process([[[0.5]]]);
    console.log(`${name}: sends ${sent}`);
  } catch (error) {
    console.log(`${name}: ${error.message}`);
  }
}
JS
node try.mjs | tee seen
diff seen - <<'END'
as written: sends 0.5
esbuild, minified: sends 0.5
esbuild, keepNames: __name is not defined
esbuild, es2022: sends 0.5
esbuild, es2021: __publicField is not defined
swc, es2022: sends 0.5
swc, es2021: _define_property is not defined
TypeScript, ES2022: sends 0.5
TypeScript, ES2021: __classPrivateFieldSet is not defined
terser: sends 0.5
webpack, production: sends 0.5
END
