# Everything here works from a bare clone on Debian with Python 3.11, as root or as an ordinary user.
SHELL := /bin/bash
.DEFAULT_GOAL := help
BIN := .venv/bin

# Every process that a target starts would otherwise compile the whole house anew: half of a command's time.
unexport PYTHONDONTWRITEBYTECODE

# Django is asked about its settings in a folder of its own, so that a check touches nobody's data.
IN_A_NEW_HOME := home=$$(mktemp -d) && trap 'rm -rf "$$home"' EXIT && \
	TROTH_HOME="$$home" DJANGO_SETTINGS_MODULE=troth.config.settings

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## set everything up and serve the sample company at https://localhost:8443 (PORT, TROTH_HOME)
	@scripts/setup.sh run
	@exec $(BIN)/troth demo $(if $(PORT),--port $(PORT)) $(if $(TROTH_HOME),--home "$(TROTH_HOME)")

# Side by side: a browser's test waits more than it works, and so does a worker of the other database meanwhile. The one
# worker of PostgreSQL has the longest way, so the others step back for it.
test: companions ## set everything up and run what is checked before a change is taken
	@$(MAKE) --no-print-directory --keep-going --jobs=3 TIER="not long" \
		tests-sqlite types tests-postgres lint contracts migrations

test-long: companions ## the tests that take long: storms of kills, restores, each page in a browser; CI runs them after the others
	@$(MAKE) --no-print-directory --keep-going --jobs=2 TIER=long tests-sqlite tests-postgres

companions: development ## what the tests talk to: a stand-in for Stripe, clients from npm
	@scripts/setup.sh localstripe
	@scripts/setup.sh clients

bench: ## run the benchmarks beside their peers; a table as text and JSON
	@scripts/setup.sh bench
	@scripts/setup.sh pymerkle
	@PYMERKLE_PYTHON="$(CURDIR)/.venv-pymerkle/bin/python" .venv-bench/bin/python -m bench $(BENCH)

development: ## make the development environment, with Chromium when run as root
	@scripts/setup.sh dev
	@scripts/setup.sh browser

lint: development ## ruff: rules and format
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .

types: development ## mypy, strict
	@$(IN_A_NEW_HOME) nice -n 5 $(BIN)/mypy

contracts: development ## import-linter: who may import whom
	@$(BIN)/lint-imports --no-logo

migrations: development ## Django's checks, and no model change without its migration
	@$(IN_A_NEW_HOME) $(BIN)/python -m django check --fail-level WARNING
	@$(IN_A_NEW_HOME) $(BIN)/python -m django makemigrations --check --dry-run

tests-sqlite: development ## every test, on SQLite (ARGS="-k word" for some)
	@set -o pipefail; nice -n 5 $(BIN)/pytest -n 2 $(if $(TIER),-m "$(TIER)") $(ARGS) | sed -u 's/^/sqlite    /'

tests-postgres: development ## the tests that touch the database, on PostgreSQL (ARGS="--whole tests/site": the browser suite too)
	@set -o pipefail; $(BIN)/python scripts/postgres.py -- $(BIN)/pytest -n 1 --database-only $(if $(TIER),-m "$(TIER)") $(ARGS) | \
		sed -u 's/^/postgres  /'

format: development ## put every file into ruff's form
	@$(BIN)/ruff check --quiet --fix . ; $(BIN)/ruff format --quiet .

COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate
requirements: development ## compile requirements/*.txt from pyproject.toml (UPGRADE=--upgrade)
	@$(COMPILE) $(UPGRADE) pyproject.toml --group build --output-file requirements/run.txt
	@$(COMPILE) $(UPGRADE) pyproject.toml --group build --extra s3 --constraint requirements/run.txt --output-file requirements/s3.txt
	@$(COMPILE) $(UPGRADE) pyproject.toml --group dev --constraint requirements/run.txt --output-file requirements/dev.txt
	@$(COMPILE) $(UPGRADE) pyproject.toml --group build --extra vault --constraint requirements/dev.txt --output-file requirements/vault.txt
	@$(COMPILE) $(UPGRADE) pyproject.toml --group build --extra stripe --constraint requirements/dev.txt --output-file requirements/stripe.txt
	@$(COMPILE) $(UPGRADE) pyproject.toml --group bench --constraint requirements/run.txt --output-file requirements/bench.txt
	@$(COMPILE) $(UPGRADE) --group pymerkle --output-file requirements/pymerkle.txt
	@$(COMPILE) $(UPGRADE) --group localstripe --constraint requirements/dev.txt --output-file requirements/localstripe.txt
	@$(COMPILE) $(UPGRADE) --group uv --output-file requirements/uv.txt

clean: ## remove the environments and caches, never data
	@rm -rf .venv .venv-bench .venv-pymerkle .venv-localstripe .venv-scan .clients .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

.PHONY: help demo test test-long companions bench development lint types contracts migrations tests-sqlite tests-postgres \
	format requirements clean
