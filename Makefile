# `make` lists the targets.

PYTHON ?= python3.11
BIN := .venv/bin
PACKAGES := orchestration transforms warehouse checks

.DEFAULT_GOAL := help
.PHONY: help run test test-slow lint format ui evaluate bench validate snapshot clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: .venv/installed  ## load the example reports and compare cities
	@$(BIN)/campaign run examples/reports
	@for indicator in garbage_cleared parking_spaces volunteers funds_invested; do \
		echo; echo "$$indicator"; $(BIN)/campaign compare $$indicator || exit 1; \
	done

ui: .venv/installed  ## open Dagster on this machine, at http://127.0.0.1:3000
	@$(BIN)/campaign ui

test: .venv/complete  ## run the tests
	@$(BIN)/pytest -n 2 -m "not slow"

test-slow: .venv/complete  ## run the tests that take long
	@$(BIN)/pytest -m slow

lint: .venv/complete  ## check style and types
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy
	@$(BIN)/python -m warehouse.dictionary --check

format: .venv/complete  ## put the code into the one style
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

validate: .venv/complete  ## load the Dagster definitions as the webserver does
	@$(BIN)/dagster definitions validate

evaluate: .venv/complete  ## score extraction against the annotated reports
	@$(BIN)/campaign evaluate tests/data/evaluation/texts tests/data/evaluation/gold

bench: .venv/complete  ## measure how fast each stage is
	@$(BIN)/python -m benchmarks

snapshot: .venv/complete  ## write anew what is generated or compared with; review the difference
	@$(BIN)/python -m warehouse.dictionary
	@$(BIN)/python -m orchestration.cli.reference > docs/commands.md
	@home=$$(mktemp -d) && $(BIN)/campaign --home $$home run examples/reports && $(BIN)/python scripts/answer_questions.py $$home
	@UPDATE_SNAPSHOTS=1 $(BIN)/pytest tests/test_dagster_graph.py

clean:  ## remove what can be made again (not the data)
	rm -rf .venv build .pytest_cache .mypy_cache .ruff_cache *.egg-info

# Installing compiles what is installed, so that the first run is as fast as the next.
.venv/installed: pyproject.toml constraints.txt
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@$(BIN)/python -m compileall -q $(PACKAGES)
	@touch $@

.venv/complete: .venv/installed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[postgres,cluster,test]'
	@touch $@
