# Everything a fresh clone needs is Python 3.11 or newer and make.
PYTHON ?= python3
BIN := .venv/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
export PYTHONDONTWRITEBYTECODE := 1

.DEFAULT_GOAL := help
.PHONY: help demo test lint format validate bench lock clean

help:  ## Show what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

.venv/.runtime: requirements.txt pyproject.toml
	@echo "Installing into .venv (once)"
	@$(PYTHON) -m venv .venv
	@$(PIP_INSTALL) --require-hashes -r requirements.txt
	@$(PIP_INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

.venv/.dev: .venv/.runtime requirements-dev.txt
	@echo "Installing the development tools into .venv (once)"
	@$(PIP_INSTALL) --require-hashes -r requirements-dev.txt
	@touch $@

demo: .venv/.runtime  ## Run the whole job on a generated organisation, keep its files in ./demo/
	@$(BIN)/itsm-maturity demo --keep demo

lint: .venv/.dev  ## Check style, types and the direction of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

format: .venv/.dev  ## Put the code into the agreed form
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

test: lint  ## Check everything that takes minutes at most, style and types among it
	@$(BIN)/pytest -n 2 --dist loadgroup -m "not validate"

validate: .venv/.dev  ## Prove the verdicts on organisations whose level is known (ONLY= picks by name)
	@$(BIN)/python -m tests.validity $(if $(ONLY),--only "$(ONLY)")

bench: .venv/.dev  ## Measure speed as ratios (ONLY= picks by name)
	@$(BIN)/python -m benchmarks.report $(if $(ONLY),--only "$(ONLY)")

lock: .venv/.dev  ## Renew the locked requirements files
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		--no-emit-index-url --no-emit-find-links pyproject.toml --group build -o requirements.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
		--no-emit-index-url --no-emit-find-links pyproject.toml --group build --group dev \
		-c requirements.txt -o requirements-dev.txt

clean:  ## Remove what was made
	@rm -rf .venv build demo .pytest_cache .mypy_cache .ruff_cache .hypothesis
