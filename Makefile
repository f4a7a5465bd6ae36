# Commands of the project; `make help` lists them. None of them needs root.

# The newest Python that TensorFlow supports here; `make PYTHON=/path/to/python ...` overrides it.
# Checking the version skips launchers without an interpreter.
PYTHON := $(shell for name in python3.13 python3.12 python3.11 python3; do \
	"$$name" -c 'import sys; raise SystemExit(not (3, 11) <= sys.version_info[:2] < (3, 14))' \
	2>/dev/null && command -v "$$name" && break; done)

VENV := .venv
# Serving has its own environment: it installs in seconds, and running the service without other
# packages shows that it does not need TensorFlow or the development tools.
SERVE_VENV := .venv-serve
# The frameworks that `make bench` compares pin other versions.
BENCH_VENV := .venv-bench
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
SERVE_INSTALLED := $(SERVE_VENV)/.installed
BENCH_INSTALLED := $(BENCH_VENV)/.installed
# A lock lists every package, so nothing is resolved.
LOCKED := --no-deps --require-hashes -r

# Only the site needs Node.js; without it everything else works.
NODE := $(shell node -e 'const [major, minor] = process.versions.node.split("."); \
	process.exit(major > 20 || (major == 20 && minor >= 9) ? 0 : 1)' 2>/dev/null && command -v node)
SITE_INSTALLED := frontend/node_modules/.installed
SITE_BUILT := frontend/.next/.built
SITE_SOURCES := $(shell find frontend/src frontend/messages frontend/public -type f) \
	frontend/next.config.ts
export NEXT_TELEMETRY_DISABLED := 1

DATA ?= kaggle
PREPARED ?= data/prepared
RUN ?= runs/latest
# Options of `python -m training prepare`, such as --cases for your own patches.
PREPARE_ARGS ?=
# Options of `python -m training train`, such as --backbone or --weights.
TRAIN_ARGS ?=
# Repeated --case-weight options, for samples without natural proportions.
CASE_WEIGHTS ?=
PYTEST_ARGS ?=
# Tests of a file share its servers.
IN_PARALLEL := --numprocesses auto --dist loadfile --no-loadscope-reorder --durations 25

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup run dev test check fix docs coverage lock train bench

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(INSTALLED) $(if $(NODE),$(SITE_INSTALLED)) ## Build everything for work on the project

run: $(SERVE_INSTALLED) $(if $(NODE),$(SITE_BUILT)) ## Start service and site; PORT, SITE_PORT, BIOPSIA_* pass through
	@scripts/serve.sh $(if $(NODE),--site)

dev: setup ## The same, and both follow edits
	@scripts/serve.sh --reload $(if $(NODE),--site)

test: check $(if $(NODE),$(SITE_BUILT)) ## Check style and types, then run all tests; BIOPSIA_IDC_DIR=... adds real patches
	MPLBACKEND=Agg $(BIN)/python -m pytest $(IN_PARALLEL) $(PYTEST_ARGS)
	$(call site,npm test && npm run e2e)

check: setup ## Verify format, lint and types without changing anything
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(call site,npm run check)

fix: setup ## Mend what `make check` finds, where a tool can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(call site,npm run fix)

docs: setup ## Build the documentation site into build/docs; fail on broken links
	$(BIN)/python -m mkdocs build --strict

coverage: setup ## Run the Python tests, and fail where branch coverage is under 92 %
	MPLBACKEND=Agg $(BIN)/python -m pytest $(IN_PARALLEL) --cov --cov-report=term:skip-covered $(PYTEST_ARGS)

lock: setup ## Resolve every requirement anew, with hashes, into requirements*.lock.txt
	scripts/lock.sh $(BIN)/uv

train: same-data $(RUN)/bundle/README.md ## From patches to an evaluated bundle; DATA=folder, zip, Hub id or kaggle

bench: setup $(SERVE_INSTALLED) $(BENCH_INSTALLED) $(if $(NODE),$(SITE_BUILT)) ## Measure speed, beside other servers; needs wrk, takes half an hour
	$(BIN)/python -m benchmarks

$(PREPARED)/report.md: | $(INSTALLED)
	$(BIN)/python -m training prepare "$(DATA)" --out $(PREPARED) $(PREPARE_ARGS)

# Prepared patches record their source: another DATA needs another PREPARED.
.PHONY: same-data
same-data:
	@test ! -f $(PREPARED)/report.md || grep -qF 'Source: `$(DATA)`' $(PREPARED)/report.md || \
		{ echo "$(PREPARED) was not prepared from $(DATA): name another PREPARED and RUN" >&2; exit 1; }

# Each step resumes after an interruption, and is not repeated once it is done.
TRAINING := $(BIN)/python -m training
resume = $(if $(wildcard $(1)/config.json),--resume)

$(RUN)/selection/validation.parquet: | $(PREPARED)/report.md
	$(TRAINING) train $(PREPARED) --out $(@D) $(call resume,$(@D)) $(TRAIN_ARGS) $(CASE_WEIGHTS)

$(RUN)/folds/out_of_fold.parquet: $(RUN)/selection/validation.parquet
	$(TRAINING) cross-validate $(PREPARED) --like $(RUN)/selection --out $(@D)

$(RUN)/calibration.json: $(RUN)/folds/out_of_fold.parquet
	$(TRAINING) calibrate $< --out $@ $(CASE_WEIGHTS)

$(RUN)/final/facts.json: $(RUN)/folds/out_of_fold.parquet
	$(TRAINING) average $(PREPARED) --folds $(<D) --out $(@D)

$(RUN)/bundle/README.md: $(RUN)/final/facts.json $(RUN)/calibration.json
	$(TRAINING) export $(RUN)/final --calibration $(RUN)/calibration.json --out $(@D) \
		--formats probability
	$(TRAINING) limits $(@D) $(PREPARED)
	$(TRAINING) familiarity $(@D) $(PREPARED) --folds $(RUN)/folds
	$(TRAINING) compare $(RUN)/selection --json $(@D)/candidates.json
	$(TRAINING) evaluate $(@D) $(PREPARED) --json $(@D)/metrics.json \
		--plots $(RUN)/plots --predictions $(RUN)/predictions.parquet $(CASE_WEIGHTS)
	$(TRAINING) robust $(@D) $(PREPARED) --split test --json $(@D)/robust.json $(CASE_WEIGHTS)
	$(TRAINING) explain $(@D) $(PREPARED) --json $(@D)/explain.json
	mkdir -p $(@D)/evaluation
	cp $(addprefix $(RUN)/plots/,roc.png pr.png reliability.png confusion.png scores.png thresholds.png) \
		$(@D)/evaluation
	$(TRAINING) card $(@D)

# A stamp is older than its lock after an edit, so that the environment is renewed.
$(INSTALLED): requirements.lock.txt
	$(call install,$(VENV),$(LOCKED) requirements.lock.txt)

$(SERVE_INSTALLED): hf_space/requirements.lock.txt
	$(call install,$(SERVE_VENV),$(LOCKED) hf_space/requirements.lock.txt)

$(BENCH_INSTALLED): benchmarks/requirements.txt hf_space/requirements.txt
	$(call install,$(BENCH_VENV),-r benchmarks/requirements.txt)

$(SITE_INSTALLED): frontend/package-lock.json
	cd frontend && npm ci --no-audit --no-fund
	@touch $@

$(SITE_BUILT): $(SITE_INSTALLED) $(SITE_SOURCES)
	cd frontend && npm run build
	@touch $@

# site(command): run it in the site's folder; without Node.js it prints a message, and fails in CI.
define site
	@if [ -n "$(NODE)" ]; then cd frontend && $(1); \
	elif [ -n "$$CI" ]; then echo "Node.js 20.9 or newer is missing" >&2; exit 1; \
	else echo "SKIPPED: the site's part of this needs Node.js 20.9 or newer" >&2; fi
endef

# install(environment, what): with uv when it is there, else with venv and pip.
define install
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed; none was found" >&2; exit 1; }
	@if command -v uv >/dev/null; then \
		test -x $(1)/bin/python || uv venv --quiet --seed --python "$(PYTHON)" $(1); \
		uv pip install --python $(1)/bin/python $(2); \
	else \
		test -x $(1)/bin/pip || "$(PYTHON)" -m venv --clear $(1); \
		$(1)/bin/python -m pip install --disable-pip-version-check $(2); \
	fi
	@touch $@
endef
