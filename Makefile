# Everything installs into .venv; the stamps in .make/ make a second run instant.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# extra arguments of the command a target runs: make test ARGS="-k city"
ARGS ?=

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help serve test lint format bench clean

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS='	' read -r target what; do \
		printf '  make %-8s %s\n' "$$target" "$$what"; done

serve: .make/serve ## Run the service with the reference city and demo data on http://127.0.0.1:8000
	@exec $(BIN)/geo-reports serve --demo $(ARGS)

test: .make/dev ## Install what the tests need, Chromium included, and run them all
	@.ci/system-packages
	$(BIN)/pytest -n 2 $(ARGS)

lint: .make/dev ## Check style, types and which room imports which
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .make/dev ## Put the code in its one format
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

bench: .make/dev ## Run the side-by-side measurements in benchmarks/
	@set -e; for script in $(wildcard benchmarks/[a-z]*.py); do echo "== $$script"; $(BIN)/python "$$script" $(ARGS); done

clean: ## Remove what these targets made; your reports are kept elsewhere and stay
	rm -rf $(VENV) .make .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build dist
	find . -name __pycache__ -prune -exec rm -rf {} +

# .venv/bin/pip is what a virtual environment gets last, so a half-made one is made again.
$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo 'geo_reports needs Python 3.11 or newer, and "$(PYTHON)" is not. Name another: make PYTHON=python3.12 serve' >&2; \
		exit 1; }
	@echo 'Making a virtual environment in $(VENV).'
# Debian keeps the part of venv that brings pip in a package of its own (python3-venv); its pip can bring itself.
	@$(PYTHON) -m venv --clear $(VENV) >/dev/null 2>&1 || { \
		$(PYTHON) -m venv --clear --without-pip $(VENV) && \
		$(PYTHON) -m pip --python $(BIN)/python install --quiet --disable-pip-version-check pip; }

.make/serve: pyproject.toml $(BIN)/pip
	@echo 'Installing geo_reports and what it needs: about a minute the first time.'
	@$(PIP) -e '.[analysis,parquet]'
	@mkdir -p .make && touch $@

# The development extra holds all that serve needs, so serve has nothing left to install after it.
.make/dev: pyproject.toml $(BIN)/pip
	@echo 'Installing geo_reports with its tests and checks: about two minutes the first time.'
	@$(PIP) -e '.[dev]'
	@mkdir -p .make && touch .make/serve $@
