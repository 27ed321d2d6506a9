.DEFAULT_GOAL := help
.PHONY: help setup sources demo test test-long mutants bench lock clean

# The first Python that is new enough; `.venv` is made from it.
PYTHON = $(or $(shell for python in python3 python3.13 python3.12 python3.11 python3.14 python; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done), \
	$(error Python 3.11 or newer is needed, and none of python3, python3.11 to python3.14 and python is))

help: ## print this
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

setup: ## make .venv as requirements.lock says, and find or install a browser
	@$(PYTHON) scripts/environment.py runtime

sources: ## make setup, with what reads system keyrings, 1Password and Vault
	@$(PYTHON) scripts/environment.py sources

demo: setup ## sweep a make-believe portal, twice, and show what changed
	@.venv/bin/harvester demo

test: ## run every check: ruff, mypy, import-linter, pytest
	@$(PYTHON) scripts/environment.py dev
	@.venv/bin/ruff check
	@.venv/bin/ruff format --check
	@.venv/bin/mypy
	@said=$$(.venv/bin/lint-imports --no-logo 2>&1) && echo "$$said" | grep Contracts: || { echo "$$said"; exit 1; }
	@.venv/bin/pytest

test-long: ## run the tests that take minutes
	@$(PYTHON) scripts/environment.py dev
	@.venv/bin/pytest -m long -o faulthandler_timeout=1800

mutants: ## change what guards accounts, one place at a time, and count what no test notices; takes an hour
	@$(PYTHON) scripts/environment.py dev
	@.venv/bin/python scripts/mutants.py $(ONLY)

bench: ## measure it beside other ways to read a portal, and write docs/performance.md; takes an hour
	@$(PYTHON) scripts/environment.py bench
	@.venv-bench/bin/python -m scripts.bench $(WITH)

lock: ## write requirements*.lock anew from pyproject.toml
	@$(PYTHON) scripts/environment.py lock

clean: ## remove what the other targets made, but no practice's data
	rm -rf .venv .venv-bench .bootstrap .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache mutants bench-results
	find flows harvester mock_portals scripts tests -name __pycache__ -type d -prune -exec rm -rf {} +
