# Every deed of this repository. `make` alone lists them; CI calls nothing else.

VENV  := .venv
BIN   := $(VENV)/bin
STAMP := $(VENV)/.setup-done
# The first interpreter that is new enough; `make PYTHON=...` names another.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
# Processes pytest runs in.
WORKERS ?= 2
# What else to hand to demo, run, sandbox, bench or pytest: make run ARGS="--port 9090".
ARGS ?=

# Never let uv fetch an interpreter: the one we have is the one to use.
export UV_PYTHON_DOWNLOADS := never
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help setup lock protos format lint types arrows protos-check pytest test check bench demo run brokerage sandbox clean

help: ## List what can be done
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  \033[1m%-13s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## Make .venv with everything in it, hashes checked (done once, again when pins change)

$(STAMP): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "brokerlink needs Python 3.11 or newer; say make PYTHON=/path/to/it"; exit 1; }
	@test -x $(BIN)/python || "$(PYTHON)" -m venv $(VENV)
	@awk '/^[^ ]/ {on = /^uv==/} on' constraints.txt > $(VENV)/uv.txt
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --require-hashes -r $(VENV)/uv.txt 2>/dev/null \
		|| echo "uv cannot be had; going on with pip, which is slower"
	@{ test -x $(BIN)/uv && \
		$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r constraints.txt; } \
		|| $(BIN)/python -m pip install --quiet --require-hashes -r constraints.txt
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

lock: setup ## Write constraints.txt anew from pyproject.toml (ARGS=--upgrade for newer versions)
	@$(BIN)/python scripts/lock.py $(ARGS)

protos: setup ## Generate src/brokerlink/v1 from protos/
	@$(BIN)/buf format protos -w
	@$(BIN)/python scripts/generate_protos.py

format: setup ## Format Python and protos, and repair what ruff can repair
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .
	@$(BIN)/buf format protos -w

lint: setup ## Look for faults in Python (ruff)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: setup ## Check types (mypy, strict)
	@$(BIN)/mypy

arrows: setup ## Check that imports point inward (import-linter)
	@$(BIN)/lint-imports --no-logo

protos-check: setup ## Lint protos, compare stubs and vendored files, refuse breaking changes against main
	@$(BIN)/buf lint
	@$(BIN)/buf format protos --diff --exit-code
	@$(BIN)/python scripts/vendor_protos.py --check
	@$(BIN)/python scripts/generate_protos.py --check
	@$(BIN)/python scripts/check_breaking.py

pytest: setup ## Run the tests alone (ARGS="tests/house -k stubs")
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

test: setup lint types arrows protos-check pytest ## Everything that must hold: linters, types, arrows, protos, tests

check: test ## All that CI does

bench: setup ## Measure the hot paths
	@$(BIN)/python -m bench $(ARGS)

demo: setup ## From nothing to a synced portfolio on this screen, against sandboxes (BROKERAGES=all)
	@$(BIN)/brokerlink demo $(if $(BROKERAGES),--brokerages $(BROKERAGES)) $(ARGS)

run: setup ## Serve on this machine only, with sandboxes of all brokerages (ARGS="--listen 127.0.0.1:50099")
	@mkdir -p data && chmod 700 data
	@test -f data/brokerlink.key || $(BIN)/brokerlink keys generate --file data/brokerlink.key
	@$(BIN)/brokerlink sandbox --port 9000 --credentials data/credentials.json & trap "kill $$! 2>/dev/null" EXIT; \
		BROKERLINK_ENCRYPTION_KEY_FILE=data/brokerlink.key BROKERLINK_SANDBOX_URL=http://127.0.0.1:9000 \
		$(BIN)/brokerlink serve --insecure-dev --data-dir data $(ARGS)

brokerage: setup ## Write the folder of a new brokerage: make brokerage ID=acme TITLE="Acme Brokers"
	@$(BIN)/python scripts/new_brokerage.py $(ID) $(if $(TITLE),"$(TITLE)")

sandbox: setup ## Play a brokerage: make sandbox ARGS="alpaca --port 9000"
	@$(BIN)/brokerlink sandbox $(ARGS)

clean: ## Remove .venv, caches and build results; data stays
	@rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
