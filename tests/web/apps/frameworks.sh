#!/usr/bin/env bash
# Writes the table of docs/embedding.md on frameworks: what becomes of the element's properties,
# attributes and events in a page of each. Installs the named versions into a temporary folder;
# loopback only; a minute. Exits with 1 where the table says otherwise.
#
#   CHROMIUM=/usr/bin/chromium tests/web/apps/frameworks.sh
set -euo pipefail
chromium=${CHROMIUM:-$(command -v chromium)} || { echo "this needs Chromium: name it in CHROMIUM" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT && cd "$folder"
cp -R "$here/frameworks/." . && mkdir out
npm init -y >/dev/null && npm pkg set type=module
npm install --silent --no-audit --no-fund react@19.3.1 react-dom@19.3.1 preact@11.2.0 preact-render-to-string@6.8.2 \
  vue@3.5.45 svelte@5.57.3 solid-js@1.9.20 babel-preset-solid@1.9.16 @babel/core@7.29.13 lit@3.3.3 @lit-labs/ssr@4.1.0 \
  @lit-labs/ssr-client@1.1.8 @angular/core@21.2.24 @angular/common@21.2.24 @angular/compiler@21.2.24 \
  @angular/platform-browser@21.2.24 @angular/platform-server@21.2.24 rxjs@7.8.2 esbuild@0.28.2 \
  playwright-core@1.65.1 >/dev/null 2>npm.log || { cat npm.log; exit 1; }
# The class alone: look.js defines the element when it is time.
node_modules/.bin/esbuild "$root/static/voice-agent/ui/element/voice-agent.js" --bundle --format=esm \
  --log-level=error --outfile=out/element.js
node build.js out >/dev/null
node look.js out "$chromium" | tee seen
sed -n '/^| | element defined/,/^$/p' "$root/docs/embedding.md" | sed '1,2d;/^$/d' | diff seen -
