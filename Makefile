PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo test test-long test-phone test-browser simulate check bench lock migration snapshots screenshots clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

demo: $(VENV)/.run ## try the desk in a local workspace at http://127.0.0.1:8420/ (ARGS=--tour needs no browser)
	@$(BIN)/loandesk demo $(ARGS)

test: export PYTHONDONTWRITEBYTECODE := # otherwise each worker compiles every test itself
test: $(VENV)/.dev ## run the tests on SQLite and PostgreSQL
	@command -v softhsm2-util >/dev/null || sh tests/storage/keys/install_softhsm.sh || echo "SoftHSM cannot be installed here: its tests are left out, and say so"
	$(BIN)/python -m pytest -m "not browser and not long and not in_time and not phone" -n auto --dist worksteal $(ARGS)
	$(BIN)/python -m pytest -m "in_time and not long" $(or $(ARGS),$$(grep -rl --include='*.py' 'mark\.in_time' tests)) $(if $(ARGS),|| [ $$? -eq 5 ]) # 5: ARGS selects none of these

test-long: $(VENV)/.dev ## run the tests that take minutes: a worker killed fifty times at each step, long outages of the database
	$(BIN)/python -m pytest -m long $(ARGS)

test-phone: $(VENV)/.dev ## make a real SIP call between baresip and SIPp on 127.0.0.1, recorded and logged (needs Debian's baresip-core and sip-tester)
	@command -v baresip >/dev/null && command -v sipp >/dev/null || { echo "apt-get install baresip-core sip-tester"; exit 1; }
	$(BIN)/python -m pytest -m phone $(or $(ARGS),tests/wire/test_sip_call.py)

test-browser: $(VENV)/.dev ## run the tests of the sandbox page in Chromium
	@command -v chromium >/dev/null || sh tests/browser/install_chromium.sh
	$(BIN)/python -m pytest -m browser -n 3 --dist worksteal $(or $(ARGS),tests/browser)

simulate: $(VENV)/.dev ## play a year of a lender and compare it with a model that shares no code with the desk (ARGS=--small is a month)
	$(BIN)/python -m tests.simulation $(ARGS)

bench: $(VENV)/.dev ## measure on this machine and rewrite docs/performance.md (ARGS=--quick is short and leaves the docs alone)
	$(BIN)/python -m bench $(ARGS)

check: $(VENV)/.dev ## check style, types, import directions and translations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/python -m tests.translations

migration: $(VENV)/.dev ## write the next migration from the changed tables (NAME="notes on loans")
	@$(BIN)/python -m storage.migrations.write "$(NAME)"
	@$(BIN)/ruff check --quiet --fix storage/migrations/versions
	@$(BIN)/ruff format --quiet storage/migrations/versions

snapshots: $(VENV)/.dev ## renew the snapshots of messages, views and forms; read the diff before committing it
	$(BIN)/python -m pytest tests/handlers/messages/test_snapshots.py --update-snapshots $(ARGS)

screenshots: $(VENV)/.dev ## renew the screenshots in the docs
	$(BIN)/python -m tests.browser.screenshots

lock: $(VENV)/.dev ## update the locked dependencies
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url --no-emit-find-links --quiet \
		--upgrade --extra build --extra dev pyproject.toml -o requirements-dev.lock
	$(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url --no-emit-find-links --quiet \
		--constraints requirements-dev.lock --extra build pyproject.toml -o requirements.lock

clean: ## remove the virtual environment and the demo's data
	rm -rf $(VENV) data

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(VENV)/bin/python requirements.lock pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/bin/python requirements-dev.lock pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.run
