.DEFAULT_GOAL := help
.PHONY: help setup build plan test golden lint rules docs train tune tune-apply bench impact check clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

# The user's settings reach dbt as the environment twins of its vars.
export RESTOCK_SOURCE_SYSTEM := $(or $(SOURCE_SYSTEM),$(RESTOCK_SOURCE_SYSTEM))
export RESTOCK_RAW_DATA_DIR := $(or $(RAW_DATA_DIR),$(RESTOCK_RAW_DATA_DIR))
export RESTOCK_PLANNING_PERIOD := $(or $(PLANNING_PERIOD),$(RESTOCK_PLANNING_PERIOD))
export RESTOCK_AS_OF_DATE := $(or $(AS_OF_DATE),$(RESTOCK_AS_OF_DATE))
# What the ledger of decisions calls the code: the commit, and whether it was edited.
export RESTOCK_CODE_VERSION := $(or $(RESTOCK_CODE_VERSION),$(shell git describe --always --dirty --abbrev=12 2>/dev/null))
DATABASE := $(or $(RESTOCK_DATABASE),restock.duckdb)
export PATH := $(CURDIR)/$(BIN):$(PATH)
export DO_NOT_TRACK := 1

help:  ## List the commands
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "%-10s %s\n", $$1, $$2}'

setup: $(STAMP)  ## Install the locked environment into .venv

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' \
		|| { echo "restock needs Python 3.11 or 3.12; say which with: make PYTHON=python3.11"; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps \
		--require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps \
		--no-build-isolation --editable .
	@touch $(STAMP)

# One run at a time, aside, published whole (src/restock/runs). Further arguments go to
# dbt: DBT_ARGS="--exclude tag:lstm". RESTOCK_NO_WAIT=1 refuses where it would wait.
RUN := $(BIN)/python -m restock.runs

build: setup  ## Build and test the warehouse, then say what to order
	@$(RUN) build $(DBT_ARGS)

plan: setup  ## The same for what today's orders need only: the nightly run
	@$(RUN) plan $(DBT_ARGS)

test: setup  ## Install, lint, test and build in a scratch database
	.ci/checks

golden: setup  ## Run the KPI cases; RESTOCK_GOLDEN_KPIS=file runs others
	$(BIN)/python -m pytest tests/python/test_golden_kpis.py -q

lint: setup  ## Check Python and SQL style; change nothing
	ruff check .
	ruff format --check .
	sqlfluff lint models tests

rules: setup  ## Check the built project against dbt-bouncer.yml
	dbt docs generate --quiet
	dbt-bouncer run

docs: setup  ## Write the documentation site as one file, target/static_index.html
	dbt docs generate --quiet --static

train: setup  ## Train the LSTMs with the full budget; later builds take the weights
	@$(RUN) build --select +int_lstm_weights+ \
		--vars '{lstm_epochs: 40, lstm_max_windows: 200000}'

bench: setup  ## Compare with statsforecast and mlforecast on the built database
	$(BIN)/python benchmarks/forecasting/against_libraries.py $(DATABASE)

tune: setup  ## Search hyperparameters: MODEL=... STRATEGY=grid|random|bayesian TRIALS=30
	$(BIN)/python benchmarks/forecasting/tune.py --model $(MODEL) \
		--strategy $(or $(STRATEGY),bayesian) --trials $(or $(TRIALS),30) \
		--database $(or $(DATA_SETS),sample=$(DATABASE))

tune-apply: setup  ## Put winners of the search in force that are better beyond noise
	$(BIN)/python benchmarks/forecasting/tune_apply.py

impact: setup  ## Say what the edits do to today's orders: BASE=origin/main
	@$(BIN)/python .ci/impact.py --base $(or $(BASE),origin/main) -- $(DBT_ARGS)

check: lint test  ## Everything CI runs

clean:  ## Remove what the commands above made, but not the database
	rm -rf target logs .pytest_cache .ruff_cache .hypothesis
