#!/usr/bin/env bash
# Writes the table of docs/embedding.md on unit tests: unit-tests/page.test.js in the runners and DOMs
# that front ends use. Installs the named versions into a temporary folder; one to three minutes. Exits with 1
# where the table says otherwise.
#
#   tests/web/apps/unit-tests.sh
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT && cd "$folder"
cp "$here"/unit-tests/* .
npm init -y >/dev/null
npm pkg set type=module 'overrides[jest-environment-jsdom][jsdom]=26.1.0' 'overrides[@happy-dom/jest-environment][happy-dom]=20.14.6'
{ npm pack --silent --pack-destination . "$root/static/voice-agent" &&
  npm install --silent --no-audit --no-fund ./voicegate-client-*.tgz react@19.3.1 react-dom@19.3.1 vitest@5.1.2 \
    jsdom@31.0.1 happy-dom@21.0.4 jest@30.5.2 jest-environment-jsdom@30.5.2 @happy-dom/jest-environment@20.14.5 \
    @babel/core@7.29.13 @babel/preset-env@7.29.14; } >npm.log 2>&1 || { cat npm.log; exit 1; }
version() { node -p "require('$1/package.json').version"; }
# vitest DOM, jest DOM ENVIRONMENT: the report, whether or not all tests pass.
vitest() { node_modules/.bin/vitest run --globals --environment "$1" --reporter=json --outputFile=report.json >run.log 2>&1 || true; }
jest() { node_modules/.bin/jest --env "$1" --json --outputFile report.json >run.log 2>&1 || true; }
row() { node row.js "$1" "$2" report.json; }
untransformed='[`transformIgnorePatterns`](#unit-tests)'
{
  vitest jsdom && row "vitest $(version vitest), jsdom $(version jsdom)" nothing
  vitest happy-dom && row "vitest $(version vitest), happy-dom $(version happy-dom)" nothing
  jest jsdom && row "jest $(version jest), jsdom $(version ./node_modules/jest-environment-jsdom/node_modules/jsdom)" "$untransformed"
  jest @happy-dom/jest-environment &&
    row "jest $(version jest), happy-dom $(version ./node_modules/@happy-dom/jest-environment/node_modules/happy-dom)" "$untransformed"
} | tee seen
sed -n '/^| | the client/,/^$/p' "$root/docs/embedding.md" | sed '1,2d;/^$/d' | diff seen -
