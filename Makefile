# Every target sets up what it needs. `make` alone lists them.
PYTHON ?= python3
STACK ?= dev
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: generated pulumi-yaml help setup setup-dev plan test test-rehearsal test-engine test-litellm test-schema rehearse rehearse-all lint format types bench lock clean
.PHONY: setup-chat chat test-chat screenshots terminal-pictures setup-mcp mcp

help: ## List the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.ready ## Make .venv with what the program needs (plan, up and destroy)

setup-dev: .venv/.ready-dev ## ... and with what tests, lint and types need

.venv/.ready: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
	  { echo "$(PYTHON) is $$($(PYTHON) --version 2>&1): Python 3.11, 3.12 or 3.13 is needed. Name one: make PYTHON=python3.12 ..."; exit 1; }
	@echo "Setting up .venv, once: about 550 MB on disk, under a minute on a quiet machine."
	@PYTHON=$(PYTHON) .ci/install .venv -r requirements.txt
	@PYTHON=$(PYTHON) .ci/install .venv --no-deps --no-build-isolation -e .
	@touch $@

.venv/.ready-dev: .venv/.ready requirements-dev.txt
	@PYTHON=$(PYTHON) .ci/install .venv -r requirements-dev.txt
	@touch $@

plan: setup ## Show what `pulumi up` would build, its timeline, cost and findings: no account, no CLI (STACK=dev)
	@$(BIN)/genai plan --stack $(STACK)

test: setup-dev ## Run the tests
	$(BIN)/python -m pytest -n auto --dist loadfile -m "not litellm and not schema and not langfuse_source" --ignore tests/rehearsal --ignore tests/apps

rehearse: pulumi-cli setup-dev ## Rehearse the day on the real Pulumi engine, without an account (needs the Pulumi CLI)
	$(BIN)/python -m rehearsal --stack $(STACK)

.PHONY: pulumi-cli
pulumi-cli: # said before anything is installed for it
	@command -v pulumi >/dev/null || \
	  { echo "pulumi is not installed: see https://www.pulumi.com/docs/install/, then run this again."; exit 2; }

test-rehearsal: setup-dev ## Run the rehearsal's tests that need no Pulumi CLI
	$(BIN)/python -m pytest -n auto -m "not engine" tests/rehearsal

test-engine: setup-dev ## Run the tests that need the Pulumi CLI
	$(BIN)/python -m pytest -m engine tests/rehearsal/test_timeline.py   # alone: it measures
	$(BIN)/python -m pytest -n auto --dist worksteal -m engine tests/rehearsal tests/ops/init tests/ops/add_model \
	  --ignore tests/rehearsal/test_timeline.py

terminal-pictures: setup-dev ## Take the pictures of docs/terminal anew, from a rehearsed day (needs the Pulumi CLI)
	$(BIN)/python -m tests.rehearsal.terminal_pictures

rehearse-all: setup-dev ## Rehearse every failure, interruption and shape of a day (hours; needs the Pulumi CLI)
	GENAI_REHEARSE_ALL=1 $(BIN)/python -m pytest -n auto --dist worksteal -m engine tests/rehearsal/test_faults.py tests/rehearsal/test_azure.py \
	  tests/rehearsal/test_lifecycle.py tests/rehearsal/test_databricks.py

test-litellm: .venv-litellm/.ready ## Run the tests that need the real LiteLLM, in an environment of its own
	.venv-litellm/bin/python -m pytest -m litellm tests/charts/test_litellm_loads_config.py tests/charts/test_litellm_clients.py \
	  tests/charts/test_litellm_guard.py tests/charts/test_litellm_traces.py \
	  tests/policies/apim/test_litellm.py tests/policies/apim/models/test_clients.py tests/policies/apim/mcp/test_clients.py \
	  tests/ops/verify/test_with_litellm.py tests/test_bedrock_in_litellm.py \
	  tests/stacks/test_credential_names.py tests/charts/test_litellm_sessions.py tests/ops/add_model/test_providers.py \
	  tests/stacks/test_litellm_providers.py tests/catalogue/test_model_prices.py tests/charts/test_litellm_databricks.py \
	  tests/apps/mcp

setup-chat: .venv/.ready .venv-litellm/.ready .venv-chat/.ready ## Make what `genai chat` needs, in environments of its own

chat: setup-chat ## Chat without an account: the real LiteLLM with PostgreSQL on this machine, until Ctrl-C (needs Node.js)
	@$(BIN)/genai chat --offline

test-chat: setup-chat .venv-chat/.ready-dev ## Run the chat's tests: AppTest, and Chromium against the real LiteLLM
	.venv-chat/bin/python -m pytest -m chat tests/apps/chat

setup-mcp: .venv/.ready .venv-mcp/.ready ## Make what `genai mcp` needs, in an environment of its own

mcp: .venv-litellm/.ready ## Prove both ways of MCP without an account: two users, one Drive each (needs Node.js)
	@.venv-litellm/bin/python -m apps.mcp.offline

screenshots: setup-chat .venv-chat/.ready-dev ## Take the pictures of docs/chat.md anew, in Chromium
	.venv-chat/bin/python -m tests.apps.chat.screenshots

.venv-mcp/.ready: apps/mcp/requirements.txt
	@PYTHON=$(PYTHON) .ci/install .venv-mcp -r apps/mcp/requirements.txt
	@touch $@

.venv-chat/.ready: apps/chat/requirements.txt
	@PYTHON=$(PYTHON) .ci/install .venv-chat -r apps/chat/requirements.txt
	@touch $@

.venv-chat/.ready-dev: .venv-chat/.ready apps/chat/requirements-dev.txt
	@PYTHON=$(PYTHON) .ci/install .venv-chat -r apps/chat/requirements-dev.txt
	@touch $@

# Without dependencies: of litellm-enterprise and litellm-proxy-extras the wheel asks for exact versions that PyPI may lack.
.venv-litellm/.ready: requirements-litellm.txt
	@PYTHON=$(PYTHON) .ci/install .venv-litellm --no-deps -r requirements-litellm.txt
	@touch $@

test-schema: setup-dev build/schema/.ready ## Run the tests of `genai schema` and of pictures against Prisma's reader, LiteLLM's migrations and a browser, and of the Kusto queries (npm, Chromium)
	$(BIN)/python -m pytest -m "schema$(if $(GENAI_LANGFUSE_SOURCE),, and not langfuse_source)" tests/ops/schema tests/test_pictures.py tests/components/azure

# Three npm packages and a wheel, each alone and checked by its hash.
build/schema/.ready: tests/ops/schema/npm.sha256 requirements-litellm.txt
	@rm -rf build/schema && mkdir -p build/schema
	@cd build/schema && npm pack --silent mermaid@11.17.2 @kusto/language-service-next@12.4.1 \
	  @prisma/prisma-schema-wasm@8.1.0-2.59be4fda12412a79eeb9c2ae727b6aa723593323 >/dev/null
	@cd build/schema && sha256sum --check --quiet ../../tests/ops/schema/npm.sha256
	@cd build/schema && for file in *.tgz; do mkdir "$${file%.tgz}.d" && tar xzf "$$file" -C "$${file%.tgz}.d"; done
	@sed -n '/^litellm-proxy-extras==/,/[^\\]$$/p' requirements-litellm.txt >build/schema/requirements.txt
	@$(BIN)/python -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes \
	  -r build/schema/requirements.txt -d build/schema
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

generated: pulumi-yaml ## Write anew what is made from the code: Pulumi.yaml and the policy in deploy/github-role.yaml
	$(BIN)/python -m catalogue.github_role

pulumi-yaml: setup-dev ## Write the settings in Pulumi.yaml anew from their models
	$(BIN)/python -m stacks.pulumi_yaml

bench: setup-dev ## Measure what is promised about speed, as ratios in one run (a rehearsed day needs the Pulumi CLI)
	$(BIN)/python -m bench

LOCK := $(BIN)/uv pip compile --universal --generate-hashes --python-version 3.11 --no-header --no-annotate
lock: setup-dev ## Resolve requirements*.txt anew from pyproject.toml
	$(LOCK) pyproject.toml -o requirements.txt
	$(LOCK) --group dev -c requirements.txt -o requirements-dev.txt
	$(LOCK) --group installer --no-deps -c requirements-dev.txt -o requirements-installer.txt
	printf 'litellm-enterprise\nlitellm-proxy-extras==0.4.110\n' | \
	  $(LOCK) --group litellm --override /dev/stdin -o requirements-litellm.txt
	$(LOCK) --group chat -o apps/chat/requirements.txt
	$(LOCK) --group mcp -c requirements-litellm.txt -o apps/mcp/requirements.txt
	$(LOCK) --group chat-dev -c apps/chat/requirements.txt -o apps/chat/requirements-dev.txt

clean: ## Remove .venv and caches
	rm -rf .venv .venv-litellm .venv-chat .venv-mcp build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
