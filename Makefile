# Everything a newcomer, a developer and CI run. Needs Python >= 3.11, Node >= 20 and make; the rest is installed.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN := $(BIN)/stagedoor

.PHONY: install demo test check gen mutants chaos bench soak clean

install: $(VENV)/.installed web/dist/index.html  ## the service and its UI

demo: install  ## from clone to a ringing phone
	@exec $(RUN) demo $(ARGS)

test: $(VENV)/.dev web/dist/index.html  ## everything, as CI runs it
	@scripts/test $(ARGS)

check: $(VENV)/.dev web/dist/index.html  ## linters, types, walls, generated files
	@scripts/check

mutants: $(VENV)/.dev  ## break the service in every way we know, and see which test notices
	@$(BIN)/python -m tests.mutants $(ARGS)

gen: $(VENV)/.dev web/node_modules/.package-lock.json  ## openapi.json and the client's types, from the code
	@$(RUN) openapi > openapi.json.new && mv openapi.json.new openapi.json
	@cd web && npm run --silent gen

chaos: $(VENV)/.dev  ## kill servers and database 250 times under a thousand calls; five to fifteen minutes
	@scripts/test-tools
	@$(BIN)/python -u -m tests.chaos $(ARGS)

bench: $(VENV)/.dev bench/peer/node_modules/.package-lock.json  ## speed, measured, into docs/performance.md (ARGS=--quick)
	@exec $(BIN)/python -m bench $(ARGS)

soak: $(VENV)/.dev  ## 200 calls and 1,000 sockets for ten minutes
	@exec $(BIN)/python -m bench.soak $(ARGS)

clean:  ## remove what was installed and built; data stays
	rm -rf $(VENV) web/node_modules web/dist bench/peer/node_modules

$(VENV)/.installed: requirements.lock pyproject.toml
	@scripts/install $(PYTHON) requirements.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml
	@scripts/install $(PYTHON) requirements-dev.lock
	@touch $@ $(VENV)/.installed

web/node_modules/.package-lock.json: web/package-lock.json
	@scripts/need-node
	@echo "Installing the UI's packages…"
	@cd web && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

bench/peer/node_modules/.package-lock.json: bench/peer/package-lock.json
	@scripts/need-node
	@cd bench/peer && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

web/dist/index.html: web/node_modules/.package-lock.json $(shell find web/src web/public web/index.html web/vite.config.ts -type f 2>/dev/null)
	@echo "Building the UI…"
	@cd web && npm run --silent build -- --logLevel warn
	@touch $@
