# `make` lists what there is. A virtual environment in .venv is made and kept up to date as it is needed.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL = $(BIN)/uv pip install --quiet --python $(BIN)/python

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

.PHONY: help run demo test check docs bench chaos locks audit sbom clean

# What is started here keeps its bytecode: without it every process compiles all that it imports.
unexport PYTHONDONTWRITEBYTECODE

help: ## Show these lines
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-6s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

run: $(VENV)/installed ## Start the gateway with config/gateway.yaml; Ctrl-C stops it
	@exec $(BIN)/cockpit-gateway run --config config/gateway.yaml

demo: $(VENV)/group-test ## See recorded events delivered, signed and retried, in a few seconds
	@$(BIN)/python tests/demo.py

test: check $(VENV)/group-dev ## Run everything that has to hold: checks and tests
	@$(BIN)/pytest --numprocesses=auto --maxschedchunk=1

CHECKS := $(addprefix check-,ruff format mypy basedpyright import-linter codespell)
.PHONY: $(CHECKS)

check: $(VENV)/group-dev ## Run the linters and type checkers only
	@$(MAKE) --jobs $(CHECKS)

check-ruff: ; $(call step,ruff check,$(BIN)/ruff check)
check-format: ; $(call step,ruff format,$(BIN)/ruff format --check)
check-mypy: ; $(call step,mypy,$(BIN)/mypy)
check-basedpyright: ; $(call step,basedpyright,$(BIN)/basedpyright)
check-import-linter: ; $(call step,import-linter,$(BIN)/lint-imports)
check-codespell: ; $(call step,codespell,$(BIN)/codespell)

docs: $(VENV)/installed ## Write the generated pages, and the configuration's schema, anew
	@$(BIN)/python docs/generate.py

bench: $(VENV)/group-dev ## Measure what an event costs
	@$(BIN)/python -m bench

chaos: $(VENV)/group-dev ## Kill, starve and mislead the gateway, and count what is lost
	@$(BIN)/python -m chaos

locks: $(VENV)/group-dev ## Pin the newest dependencies, with their hashes
	@cd config/locks && for lock in gateway test dev bench; do \
		case $$lock in gateway) group= ;; *) group="--group ../../pyproject.toml:$$lock" ;; esac; \
		../../$(BIN)/uv pip compile --quiet --universal --upgrade --generate-hashes --all-extras --no-header --no-annotate \
			$$group --output-file $$lock.txt ../../pyproject.toml; done

audit: $(VENV)/group-dev ## Look for known vulnerabilities in what is pinned
	@$(BIN)/python config/locks/audit.py config/locks/gateway.txt

sbom: $(VENV)/group-dev ## Write dist/sbom.cdx.json: what the gateway is made of
	@mkdir -p dist
	@$(BIN)/cyclonedx-py requirements --output-reproducible --output-file dist/sbom.cdx.json config/locks/gateway.txt

clean: ## Remove the environment and what tools left behind; data/ stays
	@rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage*
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/installed: pyproject.toml config/locks/gateway.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'Python 3.11 or later is needed; name one with `make PYTHON=python3.12 …`.'; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo 'Python cannot make virtual environments here; on Debian: apt install python3-venv'; exit 1; }
	@head -c 3 gateway/cockpit_gateway/hookspecs.py | grep -q '"""' || \
		{ echo 'This checkout has no symbolic links; check out again after: git config core.symlinks true'; exit 1; }
	@echo 'Installing into $(VENV):'
	$(call step,environment,$(PYTHON) -m venv $(VENV))
	@awk '/^uv==/,!/\\$$/' config/locks/dev.txt >$(VENV)/uv.txt
	$(call step,uv,$(BIN)/pip install --quiet --require-hashes --requirement $(VENV)/uv.txt)
	$(call step,dependencies,$(INSTALL) --require-hashes --requirement config/locks/gateway.txt)
	$(call step,cockpit-gateway,$(INSTALL) --no-deps --editable .)
	@touch $@

$(VENV)/group-%: $(VENV)/installed config/locks/%.txt
	$(call step,tools: $*,$(INSTALL) --require-hashes --requirement config/locks/$*.txt)
	@touch $@

# $(call step,NAME,COMMAND): show the name and how long it took; what the command printed only if it failed.
define step
@began=$$(date +%s); \
if output=$$($(2) 2>&1 </dev/null); then printf '  %-16s%s s\n' '$(1)' "$$(($$(date +%s) - began))"; \
else printf '  %-16sfailed\n%s\n' '$(1)' "$$output"; exit 1; fi
endef
