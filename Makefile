PYTHON ?= python3
BIN := .venv/bin
MKDOCS := NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs

.DEFAULT_GOAL := help
PORT ?= 8765
.PHONY: help demo demo-oauth test quick coverage check matrix docs docs-serve conformance conformance-server fix screenshots bench load growth fuzz fuzz-keep clean

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: .venv/demo  ## Set up everything and serve the demo on 127.0.0.1:8000
	@$(BIN)/python manage.py demo

demo-oauth: .venv/demo-oauth  ## Serve the demo with sign-in, and print what to paste into a client
	@DJANGO_SETTINGS_MODULE=config.oauth $(BIN)/python manage.py demo_oauth

test: .venv/test  ## Run the tests that need nothing but Python
	@$(BIN)/pytest -q -n auto -m "not node"
	@echo "Left out: the tests that need Node (TypeScript SDKs, MCP Inspector) or a browser, and the runs on PostgreSQL."
	@echo "'make check' installs what they need and runs them, too."

check: .venv/check tests/integration/node/node_modules tests/conformance/node_modules  ## Run everything that CI runs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy tests/typing/public_api.py
	$(BIN)/pyright --project tests/typing --pythonpath $(BIN)/python
	$(BIN)/lint-imports
	$(MKDOCS) build --strict --quiet
	$(BIN)/python manage.py check
	$(BIN)/python manage.py makemigrations --check --dry-run
	@# Without them the tests that tell through Redis, stand behind nginx or look at pages are skipped, and say so.
	@tests/with-redis true || true
	@{ command -v nginx && command -v chromium; } >/dev/null || [ "$$(id -u)" != 0 ] \
		|| ! command -v apt-get >/dev/null || { apt-get update -qq \
		&& apt-get install -y -qq --no-install-recommends nginx-light chromium >/dev/null; } || true
	tests/with-postgres $(BIN)/pytest -q -n auto tests/hard_cases tests/schema/test_zoo.py \
		tests/admin/test_guarded.py tests/admin/test_calls.py tests/management/test_mcp_token.py tests/management/test_mcp_purge.py \
		tests/contrib/oauth_toolkit tests/threats tests/test_migrations.py tests/test_rolling_deploy.py tests/guests/test_tenants.py \
		$$($(BIN)/python -m tests.spec.threats)
	$(BIN)/pytest -q -n auto
	$(BIN)/python -m tests.conformance.run
	$(BIN)/python -m benchmarks.guard

matrix: .venv/check  ## Run the tests on each version of Python, Django and DRF; says which are skipped
	$(BIN)/tox run $(if $(TESTS),-- $(TESTS))

docs: .venv/docs  ## Build the documentation into build/site
	$(MKDOCS) build --strict --quiet

docs-serve: .venv/docs  ## Show the documentation on 127.0.0.1:8001, and anew with each change
	@$(MKDOCS) serve --dev-addr 127.0.0.1:8001

conformance: .venv/check tests/conformance/node_modules  ## Run MCP's official conformance suite
	@$(BIN)/python -m tests.conformance.run

conformance-server: .venv/check  ## Serve what the suite tests, on localhost:8765/mcp/ or PORT=...
	@$(BIN)/python -m tests.conformance.run --serve $(or $(PORT),8765)

quick: .venv/test  ## Run the tests that take no server and no second
	@$(BIN)/pytest -q -n auto -m "not node and not live and not slow"

coverage: .venv/check  ## Run the tests that need no server, and say which lines none of them runs
	$(BIN)/pytest -q -n auto -m "not node and not live" --cov --cov-report=term

fix: .venv/check  ## Format the code and mend what a linter can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

screenshots: .venv/check  ## Make the pictures in docs/images anew; needs Chromium
	@$(BIN)/python -m tests.screenshots

bench: .venv/test  ## Measure an MCP call against the same REST call, here and in other packages
	$(BIN)/python -m benchmarks.calls
	$(BIN)/python -m benchmarks.beside

fuzz: .venv/fuzz  ## Send hostile input for FUZZ_SECONDS=600, or INPUTS=1000000 of them
	@$(BIN)/python -m tests.fuzz.run $(if $(INPUTS),--inputs $(INPUTS))

fuzz-keep: .venv/fuzz  ## The same, and take into the corpus what reached new code
	@$(BIN)/python -m tests.fuzz.run --keep $(if $(INPUTS),--inputs $(INPUTS))

load: .venv/test  ## Load real servers with 200 clients, break what can break, and look for what is lost
	tests/with-postgres tests/with-redis $(BIN)/python -m benchmarks.load
	FAULTS_LONG=1 $(BIN)/pytest -q tests/faults
	FAULTS_LONG=1 tests/with-postgres $(BIN)/pytest -q tests/faults tests/rolling

growth: .venv/test  ## Measure how costs grow with tools, rows, listeners and recorded calls
	$(BIN)/python -m benchmarks.growth
	tests/with-postgres $(BIN)/python -m benchmarks.overview --rows 10000000

clean:  ## Remove what the other targets made
	rm -rf .venv .tox .fuzz tests/integration/node/node_modules tests/conformance/node_modules db.sqlite3 .coverage .*_cache .hypothesis build dist

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; name one with: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"

.venv/demo .venv/demo-oauth .venv/test .venv/docs .venv/fuzz .venv/check: .venv/%: pyproject.toml | .venv/bin/python
	@echo "Installing what 'make $*' needs ..."
	@$(BIN)/python -m pip install --quiet --group $* --editable .
	@touch $@

tests/integration/node/node_modules tests/conformance/node_modules: %/node_modules: %/package-lock.json | .venv/check
	@echo "Installing what $* runs on Node ..."
	@PATH="$(CURDIR)/$(BIN):$$PATH" npm --prefix $* ci --loglevel=error --no-audit --no-fund >/dev/null
	@touch $@
