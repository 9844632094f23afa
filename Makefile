# What a developer and CI run. `make` alone lists the targets.
#
# PYTHON   the interpreter to build the environment with; unset: the first of python3.13, 3.12, 3.11 and python3 that
#          is 3.11 or newer and can make virtual environments
# VENV     where that environment lives
.DEFAULT_GOAL := help
SHELL := /bin/sh
.DELETE_ON_ERROR:
.PHONY: help install run fleet test coverage check lint types contracts format bench golden schemas docs simulate torture changelog lock clean

VENV ?= .venv
PY := $(VENV)/bin/python
# Installed packages are compiled once; a variable that forbids bytecode would make every start slow.
unexport PYTHONDONTWRITEBYTECODE
export PIP_DISABLE_PIP_VERSION_CHECK := 1

PORT ?= 8080
MINUTES ?= 10
SEED ?=
WORKERS ?= 2
TESTS ?= tests

help:  ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | while IFS="$$(printf '\t')" read -r name text; do \
	  printf '  %-10s %s\n' "$$name" "$$text"; done

install: $(VENV)/project  ## make the environment in .venv from the hashed requirements

run: install  ## validate, plan, apply and plan again examples/vantiq on the embedded platform
	@sh tools/run_example.sh "$(abspath $(VENV))/bin/reconciler" examples/vantiq

fleet: install  ## apply examples/fleet-12000 to the embedded platform, then move 1,204 of its SIMs
	@sh examples/fleet-12000/run.sh "$(abspath $(VENV))/bin/reconciler"

test: install  ## run the tests (TESTS= names a part, WORKERS= the processes)
	$(PY) -m pytest -n $(WORKERS) --dist worksteal $(TESTS)

coverage: install  ## run all tests, and fail where plan, apply or store has a branch that none of them takes
	$(PY) -m pytest -n $(WORKERS) --dist worksteal --cov --cov-branch --cov-report= tests
	$(PY) -m coverage report --include='$(COVERED)' --fail-under=100
COVERED = reconciler/plan/*,reconciler/apply/*,reconciler/store/*

check: lint types contracts test  ## lint, types, import contracts and tests

lint: install  ## ruff: rules and formatting
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

types: install  ## mypy, strict
	$(PY) -m mypy

contracts: install  ## who may import whom
	$(VENV)/bin/lint-imports

format: install  ## let ruff format and mend what it can
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

bench: install $(VENV)-bench/requirements  ## measure the budgets, as ratios within one run (PROFILE=ci: smaller)
	OCTODNS_PYTHON="$(abspath $(VENV)-bench)/bin/python" $(PY) -m bench; plans=$$?; \
	  $(PY) -m bench.durability; journal=$$?; \
	  $(PY) -m bench.sims && exit $$((plans + journal))

golden: install  ## rewrite the expected output; the review is the diff
	RECONCILER_GOLDEN=write $(PY) -m pytest tests -k golden

schemas: install  ## write schemas/ from the kinds
	$(PY) -m tools.schemas

docs: install  ## write the generated pages of docs/
	$(PY) -m tools.docs

simulate: install  ## serve the simulator on 127.0.0.1:PORT
	$(VENV)/bin/reconciler simulate --port $(PORT)

torture: install  ## kill and disturb applies for MINUTES, from SEED
	@test -d tests/torture || { echo "make torture: tests/torture is not part of this version" >&2; exit 1; }
	$(PY) -m tests.torture --minutes $(MINUTES) $(if $(SEED),--seed $(SEED))

changelog: install  ## show what the next release's changelog says
	$(VENV)/bin/towncrier build --draft

lock:  ## pin and hash the requirements again (needs uv)
	@command -v uv >/dev/null || { echo "make lock: needs uv on the PATH (pip install uv)" >&2; exit 1; }
	$(LOCK) --output-file requirements/runtime.txt pyproject.toml
	$(LOCK) --output-file requirements/dev.txt pyproject.toml --group dev
	$(LOCK) --output-file requirements/bench.txt --group bench
LOCK = uv pip compile --quiet --no-config --universal --python-version 3.11 --fork-strategy fewest \
  --generate-hashes --no-header $(if $(UPGRADE),--upgrade)

clean:  ## remove what the other targets made
	rm -rf $(VENV) $(VENV)-bench .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage* dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# An environment is made anew when its requirements change, so that it never holds more than they say; the file that
# says so is written last, so that an interrupted install starts over.
$(VENV)/requirements: requirements/dev.txt
	$(call make_environment,$(VENV),requirements/dev.txt)

$(VENV)-bench/requirements: requirements/bench.txt
	$(call make_environment,$(VENV)-bench,requirements/bench.txt)

# An environment that was made with another Python than the one asked for is made anew.
ifdef PYTHON
version = $(shell $(1) -c 'import sys; print(*sys.version_info[:3], sep=".")' 2>/dev/null)
ifneq ($(call version,$(PY)),$(call version,$(PYTHON)))
$(VENV)/requirements: FORCE
endif
endif
.PHONY: FORCE
FORCE:

# The project itself: an editable install with the build backend that was just installed, from nowhere else.
$(VENV)/project: $(VENV)/requirements pyproject.toml reconciler/__init__.py
	$(PY) -m pip install -qq --no-deps --no-build-isolation --no-index --editable .
	$(PY) -m compileall -q reconciler
	@touch $@

define make_environment
@python=$$(sh tools/find_python.sh "$(PYTHON)") && echo "making $(1) with $$python" && \
  "$$python" -m venv --clear $(1)
$(1)/bin/python -m pip install -qq --require-hashes --no-compile -r $(2)
@$(1)/bin/python -m compileall -q -j 0 $(1)/lib >/dev/null || true
@touch $@
endef
