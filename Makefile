# make run: from an empty checkout to a finished day. make test: everything it needs, then all tests.
# Both need Python 3.11 to 3.14 and nothing else; uv makes the installation faster where it is there.
.DEFAULT_GOAL := help
SHELL := /bin/sh
.DELETE_ON_ERROR:

VENV ?= .venv
export ZAKAZ_VENV := $(abspath $(VENV))
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3.14 python3 python; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null && echo $$p && break; done)
# Called, not looked up: pyenv's shim of a uv that another Python has is found and does not start.
UV := $(shell uv --version >/dev/null 2>&1 && echo uv)
BIN := $(VENV)/bin

.PHONY: help run test lint mutants up down test-server bench datalens pictures lock clean install-systemd

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/.installed ## from an empty checkout to a finished day, with its tables printed
	@bin/zakaz run

test: $(VENV)/.installed-dev ## the whole test suite
	@$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder

lint: $(VENV)/.installed-dev ## ruff, mypy, sqlfluff, shellcheck, hadolint, actionlint
	@bin/lint

mutants: $(VENV)/.installed-mutants ## break the code in small ways, do its tests notice? (hours; ONLY=days, WORKERS=1)
	@$(BIN)/python tests/mutants $(ONLY) $(if $(WORKERS),--workers $(WORKERS))

up: $(VENV)/.installed ## Airflow with its UI in the background, on this machine only
	@bin/zakaz up

down: ## stop it
	@bin/zakaz down

test-server: $(VENV)/.installed-dev ## the warehouse tests against the server at CLICKHOUSE_TEST_URL (several: at once)
	@test -n "$$CLICKHOUSE_TEST_URL" || { echo "make test-server: set CLICKHOUSE_TEST_URL, e.g. clickhouse://default:@127.0.0.1:9000/?http_port=8123" >&2; exit 1; }
	@$(BIN)/pytest -m "$(or $(MARKS),warehouse)" -n $(words $(CLICKHOUSE_TEST_URL)) --dist loadfile --timeout 600 tests

bench: $(VENV)/.installed-dev ## speed and memory as ratios, into docs/BENCHMARKS.md (half an hour)
	@PYTHONPATH=plugins $(BIN)/python bench/run.py $(BENCH)

datalens: $(VENV)/.installed-dev ## infra/datalens/workbook.json anew (DRAW=preview: its pictures as well)
	@PYTHONPATH=plugins:infra $(BIN)/python -m datalens $(DRAW)

pictures: $(VENV)/.installed-dev ## the README's pictures anew, from the sandbox (needs Chromium; a few minutes)
	@PYTHONPATH=plugins:infra:tests $(BIN)/python tests/pictures

lock: ## compile the locks anew from the .in files (needs uv)
	uv pip compile $(LOCK) requirements.in -o requirements.txt
	uv pip compile $(LOCK) requirements-dev.in -o requirements-dev.txt
	uv pip compile $(LOCK) requirements-mutants.in -o requirements-mutants.txt
# The header that uv writes tells Renovate the command.
LOCK := --quiet --universal --python-version 3.11 --generate-hashes

# The project stands where it runs, /opt/zakaz by default: ProtectHome hides /home.
PREFIX ?= /opt/zakaz
UNITS := $(DESTDIR)/etc/systemd/system
install-systemd: ## units of systemd for the project in PREFIX (below DESTDIR, if set)
	@install -d "$(UNITS)/zakaz-.service.d" "$(UNITS)/etl@.service.d" "$(UNITS)/etl@zakaz_etl.service.d"
	@install -d -m 700 "$(DESTDIR)/etc/zakaz"
	@install -d "$(DESTDIR)/usr/local/bin"
	@test -e "$(DESTDIR)/etc/zakaz/zakaz.env" || (umask 077; \
		sed 's/^#ZAKAZ_SANDBOX=$$/ZAKAZ_SANDBOX=0/' .env.example > "$(DESTDIR)/etc/zakaz/zakaz.env")
	@for unit in infra/systemd/*.service infra/systemd/*.timer; do \
		sed 's|@PREFIX@|$(PREFIX)|' "$$unit" > "$(UNITS)/$${unit##*/}" || exit 1; done
	@for folder in zakaz-.service.d etl@.service.d; do \
		sed 's|@PREFIX@|$(PREFIX)|' infra/systemd/hardening.conf > "$(UNITS)/$$folder/hardening.conf" || exit 1; done
	@install -m 644 infra/systemd/etl@zakaz_etl.service.d/*.conf "$(UNITS)/etl@zakaz_etl.service.d"
	@sed 's|@PREFIX@|$(PREFIX)|' infra/systemd/as-zakaz > "$(DESTDIR)/usr/local/bin/as-zakaz"
	@chmod 755 "$(DESTDIR)/usr/local/bin/as-zakaz"
	@echo "→ units in $(UNITS), settings in $(DESTDIR)/etc/zakaz/zakaz.env; what is next: docs/INSTALL.md"

clean: ## remove the environment and everything made by run and up
	-@bin/zakaz down 2>/dev/null
	-@bin/zakaz sandbox stop 2>/dev/null
	rm -rf $(VENV) .airflow .mypy_cache .pytest_cache .ruff_cache

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "make: no Python 3.11 to 3.14 found; install one, or name it: make PYTHON=/path/to/python3.13" >&2; exit 1; }
	@echo "→ $(VENV) with $$($(PYTHON) -V)"
	@if [ -n "$(UV)" ]; then uv venv --quiet --python "$$(command -v $(PYTHON))" $(VENV); \
	else $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "make: $(PYTHON) can't make an environment; on Debian: apt-get install python3-venv" >&2; exit 1; }; fi

# $(call install,FILE): pip or uv into the environment, every version and file as in the lock, which names all there is:
# an older pip would look for the extras of what it names, and find no hashes for them.
install = if [ -n "$(UV)" ]; then uv pip install --quiet --require-hashes --no-deps --python "$(BIN)/python" $(1); \
	else "$(BIN)/python" -m pip --version >/dev/null 2>&1 || "$(BIN)/python" -m ensurepip >/dev/null; \
	"$(BIN)/python" -m pip install -qq --disable-pip-version-check --require-hashes --no-deps $(1); fi

$(VENV)/.installed: requirements.txt | $(VENV)/bin/python
	@echo "→ packages of requirements.txt (about 1.1 GB, once)"
	@$(call install,-r requirements.txt)
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	@echo "→ packages of requirements-dev.txt"
	@$(call install,-r requirements-dev.txt)
	@touch $@

$(VENV)/.installed-mutants: requirements-mutants.txt $(VENV)/.installed-dev
	@echo "→ packages of requirements-mutants.txt"
	@$(call install,-r requirements-mutants.txt)
	@touch $@
