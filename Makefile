# The commands of the README. Everything runs from .venv, which `make setup` makes.

PYTHON ?= python3
CORES ?= $(shell getconf _NPROCESSORS_ONLN)
ARGS ?=
QUICK ?=
SEEDS ?= 20

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# The study's file first: of one that is missing or broken Snakemake gives its own traceback.
SNAKEMAKE = $(BIN)/python -m rules.study_file $(ARGS) && $(BIN)/snakemake -j $(CORES)

.PHONY: help setup run report replay pages test test-slurm trust bench scaling agreement check format schema lock clean

help:
	@echo "make run      set up and run the study (CORES=8, ARGS='--configfile studies/smoke.yaml')"
	@echo "make report   the study's report, one page: results/report.html"
	@echo "make test     set up and pass the tests"
	@echo "make test-slurm  the tests on a Slurm, which they start (as root; apt-get install slurm-wlm munge)"
	@echo "make replay   repeat the published run on its own random stream"
	@echo "make pages    bring results of further studies into their pages in docs/"
	@echo "make bench    measure what a seed and the study cost (QUICK=1: in three CPU-minutes)"
	@echo "make agreement  the study on both engines (SEEDS=20), and do their distributions differ?"
	@echo "make trust    kill, damage, vary and exhaust the workflow, at length (about an hour)"
	@echo "make scaling  what a thousand seeds cost Snakemake and the study's last steps"
	@echo "make setup    make the environment in .venv and nothing else"
	@echo "make check    lint, format and type checks"
	@echo "make format   format Python and rules"
	@echo "make schema   export config.schema.json"
	@echo "make lock     write requirements.lock from pyproject.toml"

setup: $(READY)

$(READY): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else \
	  "Python %d.%d is too old; it must be 3.11 or newer (make setup PYTHON=python3.12)" % sys.version_info[:2])'
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $(READY)

run: setup
	@$(SNAKEMAKE) $(ARGS)

report: setup
	@$(SNAKEMAKE) report $(ARGS)

replay: setup
	@$(SNAKEMAKE) replay $(ARGS)

pages: setup
	$(BIN)/python docs/fill.py docs/switch.md docs/combinations.md

agreement: setup
	for engine in plain fast; do \
	  $(SNAKEMAKE) $(ARGS) --config engine=$$engine seeds=$(SEEDS) \
	    results=results/agreement/$$engine || exit 1; done
	$(BIN)/python -m benchmarks.agreement results/agreement/plain results/agreement/fast \
	  --out results/agreement/comparison.csv

test: setup
	$(BIN)/python -m pytest -n $(CORES) --dist loadfile $(ARGS)

test-slurm: setup
	$(BIN)/python -m pytest tests/slurm $(ARGS)

trust: setup
	for proof in kills damage disk studies labels portability soak; do \
	  $(BIN)/python -m tests.trust.$$proof || exit 1; done

scaling: setup
	$(BIN)/python -m benchmarks.scaling

bench: setup
	$(BIN)/python -m benchmarks.engines $(if $(QUICK),--quick)
	$(BIN)/python -m benchmarks.workflow $(if $(QUICK),--quick)

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile rules
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m tests.snakemake_lint
	$(BIN)/python -m pipeline_lib.study.validation | cmp - config.schema.json

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/snakefmt Snakefile rules

schema: setup
	$(BIN)/python -m pipeline_lib.study.validation > config.schema.json

lock:
	$(PYTHON) -m venv --clear .venv-lock
	.venv-lock/bin/python -m pip install --quiet '.[dev]'
	.venv-lock/bin/python -m pip freeze --exclude pruning-resilience | sed 's/+cpu$$//' \
	  > requirements.lock
	rm -r .venv-lock

clean:
	rm -rf $(VENV) .venv-lock
