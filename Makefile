# Everything lives in .venv; stamp files remember what is installed, so the second run installs nothing.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ONLY ?=
SLOW ?=

# What `make demo` and `make lab` need, and what `make check` needs on top.
MADE := $(VENV)/.made
RUNTIME := $(VENV)/.runtime
APP := $(VENV)/.app
DEV := $(VENV)/.dev

PIP_IN := python -m pip --disable-pip-version-check
PIP := $(BIN)/$(PIP_IN)
# Hosts that browser tests need beside the newest JupyterLab, each in an environment of its own.
LABS := build/labs/lab-4.2/.made build/labs/notebook-7/.made
build/labs/lab-4.2/.made: HOST := jupyterlab==4.2.7
build/labs/notebook-7/.made: HOST := notebook==7.6.5
NOTEBOOKS := $(sort $(wildcard notebooks/*.ipynb))

.DEFAULT_GOAL := help
.PHONY: help demo lab labs voila test journeys lint check bench constraints hooks install clean

help: ## Show this list
	@echo "di_advisor: direct indexing, from tax lots to explained trades"
	@echo
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "Python: $(PYTHON) (make PYTHON=python3.12 ... takes another one; 3.11 or newer)"

$(MADE):
	@command -v $(PYTHON) >/dev/null || { echo "make: no '$(PYTHON)' found. Install Python 3.11 or newer, or name one: make PYTHON=/path/to/python3 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "make: di_advisor needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) -V 2>&1). Name a newer one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "make: '$(PYTHON)' has no venv module. On Debian or Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(RUNTIME): $(MADE) pyproject.toml constraints.txt
	$(PIP) install --quiet --constraint constraints.txt --editable .
	@touch $@

$(DEV): $(RUNTIME)
	$(PIP) install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

install: $(DEV) ## Make .venv with everything for development

$(APP): $(RUNTIME)
	$(PIP) install --quiet --constraint constraints.txt --editable '.[app]'
	@touch $@

demo: $(RUNTIME) ## Rebalance the embedded sample: stages, HTML report, trades as CSV
	$(BIN)/di-advisor demo --out build/demo

lab: $(RUNTIME) ## Open the first notebook in JupyterLab
	$(BIN)/jupyter lab notebooks/01_first_rebalance.ipynb

voila: $(APP) ## Show the first notebook as a page without code
	$(BIN)/voila notebooks/01_first_rebalance.ipynb

labs: $(LABS) ## Make the oldest JupyterLab and Notebook 7, for their browser tests

# jupyterlab 4.2 still asks for pkg_resources, which setuptools 81 left out.
build/labs/%/.made: $(MADE) constraints.txt
	$(PYTHON) -m venv --clear build/labs/$*
	grep -v '^jupyterlab==' constraints.txt > build/labs/$*/constraints.txt
	build/labs/$*/bin/$(PIP_IN) install --quiet --constraint build/labs/$*/constraints.txt '$(HOST)' 'setuptools<81'
	@touch $@

# What fails is asked again, alone: what real servers, processes and a browser do on a busy machine is told apart
# from what is wrong, and what is wrong is told once more, last.
AGAIN = --last-failed --last-failed-no-failures none
# Files and notebooks are dealt out whole: what a file makes once is made once, and a notebook is one kernel.
BY_FILE = OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile
TESTS = $(BY_FILE) -m "$(if $(SLOW),not journey,not slow and not journey)"
test: $(DEV) ## Run the everyday tests and the notebooks
	$(TESTS) || $(TESTS) $(AGAIN)
ifneq ($(NOTEBOOKS),)
	$(BY_FILE) -p no:randomly -p nbval --nbval-lax $(NOTEBOOKS)
endif

# A journey may take longer than any other test.
JOURNEYS = $(BIN)/python -m pytest -n auto --maxprocesses 2 --dist load -m "journey and not slow" -o faulthandler_timeout=900 tests/browser
journeys: $(DEV) ## Run the whole ways through the app in a browser (minutes)
	$(JOURNEYS) || $(JOURNEYS) $(AGAIN)

lint: $(DEV) ## Run ruff, mypy and import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test journeys ## Everything that CI runs

bench: $(DEV) ## Run the benchmarks (make bench ONLY=area for one area)
	$(BIN)/python -m benchmarks $(if $(ONLY),--only $(ONLY))

# soupsieve 3 needs Python 3.11.5, and Debian 12 has 3.11.2.
constraints: ## Resolve constraints.txt anew, in an environment of its own
	$(PYTHON) -m venv --clear build/constraints
	build/constraints/bin/$(PIP_IN) install --quiet '.[dev,fleet,postgres,yahoo]' 'soupsieve<3'
	build/constraints/bin/$(PIP_IN) list --format=freeze --exclude di-advisor --exclude pip --exclude setuptools > constraints.txt

hooks: $(DEV) ## Install the pre-commit hooks
	$(BIN)/pre-commit install

clean: ## Remove everything that make made
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis benchmarks/results.json
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
