# The commands of the README and of CONTRIBUTING.md. Everything runs from .venv, which `make setup`
# creates.

PYTHON ?= python3
CORES ?= $(shell getconf _NPROCESSORS_ONLN)
STUDY ?=
# STUDY=ch01 stands for this file, which holds a chapter of the series.
override ARGS := $(if $(STUDY),--configfile studies/series/$(STUDY).yaml )$(ARGS)
QUICK ?=
SEEDS ?= 20

# make would ignore a misspelt name, and run the paper's study.
KNOWN := PYTHON CORES STUDY ARGS QUICK SEEDS VENV READY SHELL
GIVEN := $(foreach name,$(.VARIABLES),$(if $(filter command,$(origin $(name))),$(name)))
$(foreach name,$(filter-out $(KNOWN),$(GIVEN)),$(error $(name) is not known; it must be one of $(KNOWN)))

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# The study's file is checked first: if it is missing or broken, Snakemake shows a traceback.
SNAKEMAKE = $(BIN)/python -m pipeline_lib.study.overlays $(ARGS) && $(BIN)/python -m snakemake -j $(CORES)

.PHONY: help setup run report archive replay pages site test test-slurm trust bench coverage scaling \
  agreement controls check format schema lock clean

help:
	@echo "For everyone"
	@echo "  make run         set up and run the study (CORES=8, ARGS='--configfile studies/smoke.yaml')"
	@echo "  make report      update the study's report, results/report.html"
	@echo "  make archive     write results.zip, to share the study, its code and its results"
	@echo "  make replay      repeat the published run with its own random numbers (STUDY=ch01)"
	@echo "  make test        set up and run the tests"
	@echo "  make setup       only create the environment in .venv"
	@echo "For developers"
	@echo "  make check       check lint, format, types, imports and the schema"
	@echo "  make format      format Python and rules"
	@echo "  make schema      write config.schema.json"
	@echo "  make lock        write requirements.lock from pyproject.toml"
	@echo "  make site        write the docs as a site to site/"
	@echo "  make pages       copy results into the README and the docs"
	@echo "  make test-slurm  run the Slurm tests (as root; apt-get install slurm-wlm munge)"
	@echo "  make bench       measure the cost of a seed and of the study (QUICK=1: a tenth of the points)"
	@echo "  make coverage    measure how often the intervals contain the true mean"
	@echo "  make scaling     measure the cost of planning up to a thousand seeds"
	@echo "  make agreement   run the study on both engines and compare them (SEEDS=20)"
	@echo "  make controls    run altered studies, which the comparison with the paper must reject"
	@echo "  make trust       try to break the workflow (about an hour)"
	@echo "  make clean       remove the environment"

setup: $(READY)

# The library is compiled here because some systems tell Python to keep no bytecode, so that every
# job would compile it anew.
$(READY): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else \
	  "Python %d.%d is too old; it must be 3.11 or newer (make setup PYTHON=python3.12)" % sys.version_info[:2])'
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	$(BIN)/python -m compileall -q pipeline_lib
	@touch $(READY)

run: setup
	@$(SNAKEMAKE) $(ARGS)

report: setup
	@$(SNAKEMAKE) report $(ARGS)

archive: setup
	@$(SNAKEMAKE) archive $(ARGS)

replay: setup
	@$(SNAKEMAKE) replay $(ARGS)

pages: setup
	$(BIN)/python docs/fill.py README.md CONTRIBUTING.md docs/hundred_seeds.md docs/switch.md \
	  docs/combinations.md docs/controls.md docs/dose.md docs/severity.md docs/patients.md \
	  docs/onset.md docs/robust.md docs/coverage.md

site: setup
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet --strict

agreement: setup
	for engine in plain fast; do \
	  $(SNAKEMAKE) $(ARGS) --config engine=$$engine seeds=$(SEEDS) \
	    results=results/agreement/$$engine || exit 1; done
	$(BIN)/python -m benchmarks.agreement results/agreement/plain results/agreement/fast \
	  --out results/agreement/comparison.csv

controls: setup
	mkdir -p docs/values/negative_controls
	for name in $(basename $(notdir $(wildcard studies/negative_controls/*.yaml))); do \
	  $(SNAKEMAKE) --configfile studies/negative_controls/$$name.yaml -- \
	    results/negative_controls/$$name/values.parquet && \
	  cp results/negative_controls/$$name/values.parquet \
	    docs/values/negative_controls/$$name.parquet || exit 1; done

test: setup
	$(BIN)/python -m pytest -n $(CORES) --dist loadfile $(ARGS)

test-slurm: setup
	$(BIN)/python -m pytest tests/slurm $(ARGS)

trust: setup
	for proof in sequences damage disk studies; do \
	  $(BIN)/python -m tests.trust.$$proof || exit 1; done

scaling: setup
	$(BIN)/python -m benchmarks.speed --planning 10 100 1000

coverage: setup
	$(BIN)/python -m benchmarks.coverage docs/values/paper.parquet reference/reference_runs.csv \
	  --out results/coverage.md

bench: setup
	$(BIN)/python -m benchmarks.speed $(if $(QUICK),--quick)

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
