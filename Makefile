# `make demo` shows what it does, `make test` whether it is well. Both set up .venv first.

# The first Python of 3.11 or newer that can make a virtual environment; `make PYTHON=... demo` chooses another.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3.14 python3 python; do \
	"$$p" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo "$$p" && break; \
	done)
VENV := .venv
BIN := $(VENV)/bin
PIP := PIP_CONSTRAINT=constraints.txt PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install -q

.PHONY: setup setup-dev test lint format types demo clean
setup: $(VENV)/.ready
setup-dev: $(VENV)/.ready-dev

$(VENV)/.ready: pyproject.toml constraints.txt
	@test -x $(BIN)/python || test -n "$(PYTHON)" || { \
		echo "Python 3.11 or newer, with venv, is needed: on Debian and Ubuntu, apt install python3 python3-venv." >&2; \
		echo "If you have one that wasn't found: make PYTHON=/path/to/python demo" >&2; exit 1; }
	@$(BIN)/python -c '' 2>/dev/null || { echo "Making a virtual environment in $(VENV) ..."; $(PYTHON) -m venv --clear $(VENV); }
	@echo "Installing what dropreel needs into $(VENV) ..."
	@$(PIP) -e .
	@echo "Compiling inner loops, once; this takes half a minute ..."
	@$(BIN)/dropreel --root . compile || echo "The first song compiles them, and waits for it."
	@touch $@

$(VENV)/.ready-dev: $(VENV)/.ready
	@echo "Installing what tests need into $(VENV) ..."
	@$(PIP) -e '.[dev]'
	@touch $@

demo: setup
	@$(BIN)/dropreel demo

lint: setup-dev
	$(BIN)/ruff check daemon tests benchmarks
	$(BIN)/ruff format --check daemon tests benchmarks

format: setup-dev
	$(BIN)/ruff check --fix daemon tests benchmarks
	$(BIN)/ruff format daemon tests benchmarks

types: setup-dev
	$(BIN)/mypy

test: lint types
	$(BIN)/python -m pytest -n auto --dist loadgroup

clean:
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
