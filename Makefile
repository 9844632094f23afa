# Commands for developers and CI. `make` alone lists the targets.
#
# PYTHON   the interpreter to build the environment with; unset: Python 3.13, 3.12 or 3.11, whichever is found first on
#          the PATH or in the folders of the usual version managers, then python3
# VENV     where that environment lives
.DEFAULT_GOAL := help
SHELL := /bin/sh
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help install develop run fleet test long covered rest check lint types contracts format bench golden schemas docs \
  simulate torture changelog wheel lock clean

VENV ?= .venv
PY := $(VENV)/bin/python
# Variables that would lead Python away from this environment, strip the assertions of the tests, or stop pytest from
# finding its plugins; and one that forbids bytecode, which would make every start slow.
unexport PYTHONHOME PYTHONPATH PYTHONSAFEPATH PYTHONOPTIMIZE PYTHONWARNINGS PYTHONSTARTUP PYTHONDONTWRITEBYTECODE
unexport PYTEST_DISABLE_PLUGIN_AUTOLOAD VIRTUAL_ENV

PORT ?= 8080
MINUTES ?= 10
SEED ?=
WORKERS ?= 2
TESTS ?= tests

help:  ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | while IFS="$$(printf '\t')" read -r name text; do \
	  printf '  %-10s %s\n' "$$name" "$$text"; done

install: $(VENV)/project  ## make the environment in .venv: the program and what it needs to run
	@:

develop: $(VENV)/development  ## add to it what tests and checks need
	@:

run: install  ## validate, plan, apply and plan again examples/vantiq on the embedded platform
	@sh tools/run_example.sh "$(abspath $(VENV))/bin/reconciler" examples/vantiq

fleet: install  ## apply examples/fleet-12000 to the embedded platform, then move 1,204 of its SIMs
	@sh examples/fleet-12000/run.sh "$(abspath $(VENV))/bin/reconciler"

test: develop  ## run the short tests (TESTS= names a part, WORKERS= the processes)
	$(call run_tests,short,not slow)

long: develop $(VENV)-bench/runtime  ## run the tests that `make test` leaves out
	export OCTODNS_PYTHON="$(abspath $(VENV)-bench)/bin/python"; $(call run_tests,long,slow) || { \
	  echo "each test that failed runs once more, alone; one that fails again is a failure" >&2; \
	  $(call run_tests,again,slow) --last-failed --last-failed-no-failures none -n 0; }

# With COVERAGE set, each of the two runs leaves its data behind; `make covered` judges both together.
run_tests = COVERAGE_FILE=.coverage-$(1) $(PY) -m pytest -n $(WORKERS) --dist worksteal -m "$(2)" \
  $(if $(COVERAGE),--cov --cov-branch --cov-report= --junitxml=build/tests-$(1).xml) $(TESTS)

covered: develop  # fail where the safety core has a branch that no test takes
	$(PY) -m coverage combine --keep $$(ls .coverage-short .coverage-long .coverage-again 2>/dev/null)
	$(PY) -m coverage report --fail-under=100

rest: export COVERAGE = 1
rest: lint types contracts docs long covered  ## what CI runs after `make test`: lint, types, import contracts, site, long tests

check: export COVERAGE = 1
check: lint types contracts docs test long covered  ## everything that CI runs; at most 20 minutes on two cores

lint: develop  ## ruff: rules and formatting
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

types: develop  ## mypy, strict
	$(PY) -m mypy

contracts: develop  ## who may import whom
	$(VENV)/bin/lint-imports

format: develop  ## let ruff format and mend what it can
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

bench: develop $(VENV)-bench/runtime  ## measure the budgets, as ratios within one run (PROFILE=ci: smaller)
	OCTODNS_PYTHON="$(abspath $(VENV)-bench)/bin/python" $(PY) -m bench; plans=$$?; \
	  $(PY) -m bench.durability; journal=$$?; \
	  $(PY) -m bench.sims && exit $$((plans + journal))

golden: develop  ## rewrite the expected output; the review is the diff
	RECONCILER_GOLDEN=write $(PY) -m pytest tests -k golden

schemas: develop  ## write schemas/ from the kinds
	$(PY) -m tools.schemas

docs: develop  ## write the generated pages of docs/, then build the site in build/site; a warning is an error
	$(PY) -m tools.docs
	$(PY) -m tools.site

simulate: install  ## serve the simulator on 127.0.0.1:PORT
	$(VENV)/bin/reconciler simulate --port $(PORT)

torture: develop  ## all mutants; then kill and disturb applies for MINUTES, from SEED
	RECONCILER_MUTANTS=all $(PY) -m pytest -q -n $(WORKERS) tests/robustness/mutants
	$(PY) -m tests.robustness.torture --minutes $(MINUTES) $(if $(SEED),--seed $(SEED))

changelog: develop  ## show what the next release's changelog says
	$(VENV)/bin/towncrier build --draft

wheel: develop  ## build the wheel of the program into dist/
	$(PY) -m hatchling build --target wheel

lock: develop  ## pin and hash the requirements again (UPGRADE=1: the newest releases)
	$(LOCK) --output-file requirements/dev.txt pyproject.toml --extra postgres --extra templates --group dev
	$(LOCK) --output-file requirements/runtime.txt --constraint requirements/dev.txt pyproject.toml
	$(LOCK) --output-file requirements/postgres.txt --constraint requirements/dev.txt pyproject.toml --extra postgres
	$(LOCK) --output-file requirements/templates.txt --constraint requirements/dev.txt pyproject.toml --extra templates
	$(LOCK) --output-file requirements/build.txt --constraint requirements/dev.txt --group build
	$(LOCK) --output-file requirements/bench.txt --group bench
# Extras are kept: they say why a distribution is listed, and a lock without them is incomplete for some versions of pip.
LOCK = $(VENV)/bin/uv pip compile --quiet --no-config --universal --python-version 3.11 --fork-strategy fewest \
  --generate-hashes --no-header --no-strip-extras --no-annotate $(if $(UPGRADE),--upgrade)

clean:  ## remove what the other targets made
	rm -rf $(VENV) $(VENV)-bench .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage* dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# An environment is made anew when a lock changes, so that it never holds more than they say. The file that says that a
# stage is complete is written last, so that an interrupted install starts over. It holds the folder that the environment
# was made in, because the programs in it name that folder: a clone that was moved makes its environment anew.
$(VENV)/runtime: requirements/runtime.txt requirements/build.txt requirements/dev.txt
	$(call make_environment,$(VENV),requirements/runtime.txt)

$(VENV)-bench/runtime: requirements/bench.txt
	$(call make_environment,$(VENV)-bench,requirements/bench.txt)

# The project itself: an editable install. The build backend lies beside the environment, which holds the runtime only.
$(VENV)/project: $(VENV)/runtime pyproject.toml reconciler/__init__.py
	@rm -rf $(VENV)/backend
	@$(PY) tools/install.py requirements/build.txt --into $(VENV)/backend
	@PIP_CONFIG_FILE=/dev/null PYTHONPATH="$(abspath $(VENV))/backend" $(PY) -m pip --isolated install -qq --no-index \
	  --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@rm -rf $(VENV)/backend
	@$(PY) -m compileall -q reconciler
	@touch $@

# The second stage adds to the first, in the same releases (a test compares the locks), so that `make run` after
# `make test` changes nothing.
$(VENV)/development: $(VENV)/project
	@echo "adding what tests and checks need"
	@$(PY) tools/install.py requirements/dev.txt
	@$(PY) -m compileall -q -j 0 $(VENV)/lib >/dev/null || true
	@touch $@

# Made anew: an environment whose interpreter is gone, one of another folder, and one of another Python than asked for.
ifneq "$(wildcard $(VENV)/runtime)" ""
  found := $(shell $(PY) -c 'print(1)' 2>/dev/null; cat $(VENV)/runtime)
  ifneq "$(found)" "1 $(CURDIR)"
    $(VENV)/runtime: FORCE
  endif
endif
ifneq "$(PYTHON)" ""
  version = $(shell "$(1)" -c 'import sys; print(*sys.version_info[:3], sep=".")' 2>/dev/null)
  asked_for := $(shell sh tools/find_python.sh "$(PYTHON)" 2>/dev/null)
  asked_version := $(call version,$(asked_for))
  found_version := $(call version,$(PY))
  ifneq "$(found_version)" "$(asked_version)"
    $(VENV)/runtime: FORCE
  endif
endif
.PHONY: FORCE
FORCE:

define make_environment
@python=$$(sh tools/find_python.sh "$(PYTHON)") && echo "making $(1) with $$python" && \
  "$$python" -m venv --clear $(1)
@$(1)/bin/python tools/install.py $(2)
@$(1)/bin/python -m compileall -q -j 0 $(1)/lib >/dev/null || true
@printf '%s\n' "$(CURDIR)" >$@
endef
