PYTHON ?= python3
# Options of the command behind a target: make test ARGS="tests/rules -x", make demo ARGS="--members 1000000".
ARGS ?=

BIN := .venv/bin
INSTALLED := .venv/.installed
IMAGE := .cache/carat.binpb
PROTOS := $(shell find protos -name '*.proto')
# By environment, so that the pins hold in pip's build environment too: -c stops at its door, newer pips use the second.
PINNED := PIP_CONSTRAINT=constraints.txt PIP_BUILD_CONSTRAINT=constraints.txt

.PHONY: install demo test check bench clean

install: $(INSTALLED)

demo: $(INSTALLED)
	$(BIN)/carat demo $(ARGS)

test: $(INSTALLED)
	$(BIN)/pytest --numprocesses 2 --dist loadfile $(ARGS)

check: $(INSTALLED) $(IMAGE)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --cache-dir .cache/import-linter
	$(BIN)/buf lint $(IMAGE)

bench: $(INSTALLED)
	$(BIN)/carat bench $(ARGS)

clean:
	rm -rf .venv .cache .hypothesis build dist
	find protos -name '*_pb2*.py*' -delete
	find services workers tests protos -name __pycache__ -prune -exec rm -rf {} +

# The build generates the gRPC stubs, so a changed proto is a reason to install again.
$(INSTALLED): pyproject.toml constraints.txt hatch_build.py $(PROTOS)
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Carat needs Python 3.11 or newer, for example: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	$(PINNED) $(BIN)/python -m pip install --disable-pip-version-check -e '.[dev]'
	@touch $@

# What buf lints: source positions and comments included, so that it needs neither network nor a second compiler.
$(IMAGE): $(INSTALLED)
	@mkdir -p $(@D)
	$(BIN)/python hatch_build.py $@
