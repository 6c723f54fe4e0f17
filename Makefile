# Every target sets up what it needs. `make` alone lists them.
PYTHON ?= python3
STACK ?= dev
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: generated help setup setup-dev plan test test-rehearsal test-engine test-litellm rehearse rehearse-all lint format types bench lock clean

help: ## List the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.ready ## Make .venv with what the program needs (plan, up and destroy)

setup-dev: .venv/.ready-dev ## ... and with what tests, lint and types need

.venv/.ready: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
	  { echo "$(PYTHON) is $$($(PYTHON) --version 2>&1): Python 3.11, 3.12 or 3.13 is needed. Name one: make PYTHON=python3.12 ..."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/.ready-dev: .venv/.ready requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

plan: setup ## Show what `pulumi up` would build, its timeline, cost and findings: no account, no CLI (STACK=dev)
	@$(BIN)/genai plan --stack $(STACK)

test: setup-dev ## Run the tests
	$(BIN)/python -m pytest -n auto --dist loadfile -m "not litellm" --ignore tests/rehearsal

rehearse: setup-dev ## Rehearse the day on the real Pulumi engine, without an account (needs the Pulumi CLI)
	$(BIN)/python -m rehearsal --stack $(STACK)

test-rehearsal: setup-dev ## Run the rehearsal's tests that need no Pulumi CLI
	$(BIN)/python -m pytest -n auto -m "not engine" tests/rehearsal

test-engine: setup-dev ## Run the tests that need the Pulumi CLI
	$(BIN)/python -m pytest -m engine tests/rehearsal/test_timeline.py   # alone: it measures
	$(BIN)/python -m pytest -n auto --dist worksteal -m engine tests/rehearsal --ignore tests/rehearsal/test_timeline.py

rehearse-all: setup-dev ## Rehearse a failure of every single resource (about an hour; needs the Pulumi CLI)
	GENAI_REHEARSE_ALL=1 $(BIN)/python -m pytest -n auto --dist worksteal -m engine tests/rehearsal/test_faults.py tests/rehearsal/test_azure.py

test-litellm: .venv-litellm/.ready ## Run the tests that need the real LiteLLM, in an environment of its own
	.venv-litellm/bin/python -m pytest -m litellm tests/charts/test_litellm_loads_config.py tests/charts/test_litellm_guard.py \
	  tests/policies/apim/test_litellm.py tests/ops/verify/test_with_litellm.py tests/test_bedrock_in_litellm.py \
	  tests/stacks/test_credential_names.py

# Without dependencies: of litellm-enterprise and litellm-proxy-extras the wheel asks for exact versions that PyPI may lack.
.venv-litellm/.ready: requirements-litellm.txt
	@test -x .venv-litellm/bin/python || $(PYTHON) -m venv .venv-litellm
	.venv-litellm/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-litellm.txt
	@touch $@

lint: setup-dev ## Check style and format with ruff, and the order of layers with import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

format: setup-dev ## Rewrite the code in the project's format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: setup-dev ## Check types with mypy --strict
	$(BIN)/mypy

generated: setup-dev ## Write anew what is made from the code: the policy in deploy/github-role.yaml
	$(BIN)/python -m catalogue.github_role

bench: setup-dev ## Measure what is promised about speed, as ratios in one run (a rehearsed day needs the Pulumi CLI)
	$(BIN)/python -m bench

LOCK := $(BIN)/uv pip compile --universal --generate-hashes --python-version 3.11 --no-header --no-annotate
lock: setup-dev ## Resolve requirements*.txt anew from pyproject.toml
	$(LOCK) pyproject.toml -o requirements.txt
	$(LOCK) --group dev -c requirements.txt -o requirements-dev.txt
	printf 'litellm-enterprise\nlitellm-proxy-extras==0.4.110\n' | \
	  $(LOCK) --group litellm --override /dev/stdin -o requirements-litellm.txt

clean: ## Remove .venv and caches
	rm -rf .venv .venv-litellm build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
