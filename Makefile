# Two commands do everything from nothing: `make run` and `make test`.
# They need Python >= 3.11 with pip; everything else goes into .venv.

PYTHON ?= python3
# More than the cores of a machine of CI: a third of the time a test waits.
WORKERS ?= 3
BIN := .venv/bin
READY := .venv/.installed
# uv takes seconds for what takes pip a minute; where it cannot be had, pip does the same.
INSTALL = $(BIN)/uv pip install --quiet --python $(BIN)/python $(1) || \
  $(BIN)/python -m pip install --quiet --disable-pip-version-check $(1)

# Compiled modules are kept, or hundreds of processes compile the same ones. uv compiles none, and
# no sandbox may write: what all of them import is imported once while installing.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test test-quick test-whole test-oracle bench lab notebooks lint proof site lite lock clean

run: $(READY)
	$(BIN)/autograder demo

test: $(READY) lint
	$(BIN)/autograder build --check
	$(BIN)/pytest -q -n $(WORKERS) --dist loadfile --nbval-lax --nbval-cell-timeout=600 solutions tests

# For a change in the middle of work: no notebook of the course and no class is run.
test-quick: $(READY)
	$(BIN)/pytest -q -n $(WORKERS) --dist worksteal --quick

# The layers against PyTorch, which is a large download and no dependency of the course.
test-oracle: $(READY)
	@$(BIN)/python -c 'import importlib.util, sys; sys.exit(not importlib.util.find_spec("torch"))' || \
	  echo "PyTorch is missing. To install it: $(BIN)/pip install torch (the CPU build is enough, see pytorch.org)"
	$(BIN)/pytest -q -m torch tests/oracles

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# What `make test` leaves out for the sake of its time: the lessons that train networks, pages in a
# browser, and most of what is proven of each lesson. CI runs both.
test-whole: $(READY)
	$(BIN)/pytest -q -n $(WORKERS) --dist loadfile -m whole --nbval-lax --nbval-cell-timeout=600 solutions
	$(BIN)/pytest -q -n $(WORKERS) --dist worksteal -m 'whole and not bank'

# The proof that the checks reject wrong answers, as a table.
proof: $(READY)
	$(BIN)/autograder mistakes

lab: $(READY)
	$(BIN)/jupyter lab notebooks

# Rebuilds every generated file: executed notebooks, learners' notebooks, modules of course/.
notebooks: $(READY)
	$(BIN)/autograder build

# All benchmarks, and benchmarks/RESULTS.md, in a quarter of an hour on a quiet machine. Layers
# and training are compared with PyTorch where it is installed, as `make test-oracle` says.
bench: $(READY)
	$(BIN)/python benchmarks/run.py

# The course as a site to read, offline too: build/site/index.html.
site: .venv/.site
	rm -rf build/site
	$(BIN)/sphinx-build -q -W --keep-going -c docs -d build/site-pages . build/site
	@echo "build/site/index.html"

# The lessons in JupyterLab inside a browser, without any installation: build/lite, to be served.
lite: .venv/.lite
	$(BIN)/python docs/lite.py --to build/lite

# What they need is in no other target, and not among the pins; what is pinned stays as it is.
.venv/.site .venv/.lite: .venv/.%: $(READY) pyproject.toml
	$(call INSTALL,-c requirements.lock -e ".[$*]")
	@touch $@

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "error: $(PYTHON) is older than Python 3.11. Name another one: make PYTHON=python3.12" >&2; exit 2; }
	$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv || \
	  echo "uv cannot be had here; pip installs instead, which takes a minute longer"
	$(call INSTALL,-r requirements.lock)
	$(call INSTALL,--no-deps -e .)
	@$(BIN)/python -c 'import IPython.core.interactiveshell, matplotlib.pyplot, numpy.testing, threadpoolctl'
	@touch $(READY)

# Today's newest versions, as exact pins for every supported Python and platform.
lock: $(READY)
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --extra all \
	  --no-emit-index-url --no-annotate --custom-compile-command "make lock" \
	  pyproject.toml -o requirements.lock

clean:
	rm -rf .venv build .mypy_cache .pytest_cache .ruff_cache
