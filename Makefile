# Every command of the project. `make help` lists them; their logic is in Python and scripts.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL: # the targets share .venv
SHELL := /bin/sh

# Only the recipes write to stdout, which may be piped to kubectl. With -C and below another make, GNU make also
# writes "Entering directory". Before 4.4 it does so even with this flag, but not for recipes that begin with `+`
# while output is synchronized, which takes effect from two jobs on. (`make -n` runs such recipes, so not for it.)
# Below a make with -jN there are jobs already, and to set their number writes a warning between such lines. Only
# the pipe of its jobserver, on two descriptors in a row, shows that: a file has a path, a pipe has none.
MAKEFLAGS += --no-print-directory
SHORT_FLAGS := $(firstword -$(MAKEFLAGS))
R := @
ifneq (,$(and $(findstring w,$(SHORT_FLAGS)),$(filter output-sync,$(.FEATURES))))
PIPES := $(foreach fd,/proc/self/fd/3 /proc/self/fd/4,$(if $(realpath $(fd)),,$(wildcard $(fd))))
MAKEFLAGS += -Otarget $(if $(and $(filter-out 0,$(MAKELEVEL)),$(word 2,$(PIPES))),,-j2)
R := $(if $(findstring n,$(SHORT_FLAGS)),@,+@)
endif

VENV := .venv
PYTHON ?= python3
RUN := $(VENV)/bin/python
PYTEST ?= -n auto
FUZZ_SECONDS ?= 600

help: ## List the targets
	$(R)awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# One environment, in which each set of requirements has its stamp. It says what it does on stderr: stdout is
# for manifests.
$(VENV)/%.stamp: requirements/%.txt
	$(R)scripts/venv $(PYTHON) $(VENV) $< >&2
	$(R)touch $@

$(VENV)/dev.stamp $(VENV)/form.stamp: $(VENV)/run.stamp
$(VENV)/docs.stamp $(VENV)/browser.stamp: $(VENV)/dev.stamp

$(VENV)/bin/kaito-pack: $(VENV)/run.stamp scripts/launcher
	$(R)scripts/launcher $(RUN) $@

venv: $(VENV)/bin/kaito-pack ## Prepare .venv with the command .venv/bin/kaito-pack, pinned by hash

render: $(VENV)/bin/kaito-pack ## Print the manifests of VALUES=llama.yaml (KAITO=0.9, OUT=folder/ pass through)
	$(R)USER_DIR="$(PWD)" scripts/render "$(VALUES)" "$(KAITO)" "$(OUT)"

check: $(VENV)/bin/kaito-pack ## Check as a cluster would VALUES=llama.yaml
	$(R)USER_DIR="$(PWD)" COMMAND=validate scripts/render "$(VALUES)" "$(KAITO)"

form: $(VENV)/form.stamp $(VENV)/bin/kaito-pack ## Fill in values in the browser (VALUES=values/llama.yaml opens a file)
	$(R)$(VENV)/bin/kaito-pack new --web $(VALUES) $(ARGS)

# Without bytecode on disk, every process that a test starts would compile the pack again: a third more time.
test test-all browser-test fuzz: export PYTHONDONTWRITEBYTECODE =

test: $(VENV)/dev.stamp ## Run the quick tests, two to three minutes (PYTEST="-k name" selects)
	$(R)$(RUN) -m pytest $(PYTEST)

test-all: $(VENV)/dev.stamp ## Run all tests, with the real tools that are installed
	$(R)$(RUN) -m pytest --full $(PYTEST)

browser-test: $(VENV)/browser.stamp ## Run the tests of the form in a real browser
	$(R)$(RUN) -m pytest --full tests/browser $(PYTEST)

screenshots: $(VENV)/browser.stamp ## Take the pictures of docs/guides/form.md again
	$(R)$(RUN) -m scripts.screenshots

test-tools: ## Fetch the real tools that tests compare with (Debian, Go, npm)
	$(R)scripts/test-tools

bench-tools: ## Fetch what the benchmark compares with (npm, Go)
	$(R)scripts/bench-tools

bench: $(VENV)/form.stamp ## Measure every goal of docs/concepts/performance.md; prints a table (ARGS="--size full")
	$(R)$(RUN) bench/points.py $(ARGS)

bench-check: $(VENV)/form.stamp ## Fail if a ratio of `make bench` is worse than at the last release
	$(R)$(RUN) bench/points.py --check $(ARGS)

bench-helm: $(VENV)/run.stamp ## Compare with helm and kubeconform by number of files (ARGS="--files 1 20")
	$(R)$(RUN) bench/bench.py $(ARGS)

bench-first-use: ## Measure the first `make render` against an environment of venv and pip
	$(R)$(PYTHON) bench/first_use.py $(ARGS)

fuzz: $(VENV)/dev.stamp ## Repeat the property tests with new examples (FUZZ_SECONDS=3600)
	$(R)FUZZ_SECONDS="$(FUZZ_SECONDS)" PYTEST="$(PYTEST)" scripts/fuzz

conformance: $(VENV)/run.stamp ## Compare our verdicts with a real cluster's (KUBECONFIG=file, KAITO=0.12)
	$(R)KUBECONFIG="$(KUBECONFIG)" $(RUN) -m scripts.conformance $(KAITO)

lint: $(VENV)/dev.stamp ## Check style, format, types and language
	$(R)$(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check . && $(VENV)/bin/mypy && $(RUN) -m scripts.language

docs: $(VENV)/docs.stamp ## Build the site of docs/ into site/, strictly
	$(R)NO_MKDOCS_2_WARNING=1 $(RUN) -m mkdocs build --strict

generate: $(VENV)/dev.stamp ## Write what is generated: values/rendered/, docs, the editor schema
	$(R)$(RUN) -m scripts.generate

verify: generate ## Fail if a generated file differs from the committed one
	$(R)git diff --exit-code && test -z "$$(git status --porcelain)"

kaito-schema: $(VENV)/run.stamp ## Make facts/kaito/ of a new KAITO from its CRD=file.yaml
	$(R)test -n "$(CRD)" || { echo "CRD is empty; try: make kaito-schema CRD=workspaces-v0.13.0.yaml" >&2; exit 2; }
	$(R)$(RUN) -m kaito_pack.kaito.schema_from_crd "$(CRD)"

lock: ## Pin the dependencies of requirements/*.in again (needs uv)
	$(R)for set in run dev form hub docs browser; do uv pip compile -q --universal --generate-hashes --no-emit-index-url --python-version 3.11 \
		--custom-compile-command "make lock" requirements/$$set.in -o requirements/$$set.txt || exit 1; done

clean: ## Remove what make has written
	$(R)rm -rf $(VENV) .tools .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis site

.PHONY: test-all bench bench-check bench-helm bench-first-use bench-tools docs browser-test form screenshots fuzz conformance help venv render check test test-tools lint generate verify kaito-schema lock clean
