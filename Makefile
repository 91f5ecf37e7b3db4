# The commands of the README and of CI. Each makes .venv ready first (setup.sh), which takes no time once it is.
.DEFAULT_GOAL := help
.PHONY: help run test check bench format lock clean

# More for pytest: make test ARGS="tests/domain -x". ARGS=--cov prints the branches of the rules and services that no test took; counting
# them makes the tests of the rules two fifths slower, so that only CI does it.
ARGS ?=
# make lock UPGRADE=--upgrade takes the newest versions; without it only what pyproject.toml asks for changes.
UPGRADE ?=

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 16

run: ## start the hotline on this machine, with a phone in the browser to text it from
	@./setup.sh run
	@.venv/bin/hotline run

test: ## run every test: SQLite, PostgreSQL, Redis and a browser
	@./setup.sh dev
	@.venv/bin/pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

check: ## lint, formatting, types, catalogues
	@./setup.sh dev
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/hotline catalogues check

bench: ## measure against the yardstick and write the table into docs/speed.md
	@./setup.sh bench
	@.venv/bin/python -m tests.bench

format: ## put imports and formatting in order
	@./setup.sh dev
	.venv/bin/ruff check --select I --fix
	.venv/bin/ruff format

# setuptools is locked too: it builds the project, and pip would fetch it unlocked. The locks name no host, so that a mirror serves as well.
COMPILE = env -u UV_FIND_LINKS -u UV_INDEX -u UV_EXTRA_INDEX_URL .venv/bin/uv --no-config --quiet pip compile \
	--universal --generate-hashes --no-header --no-annotate $(UPGRADE)

lock: ## write both lock files from pyproject.toml
	@./setup.sh dev
	@echo 'setuptools>=77' | $(COMPILE) pyproject.toml - -o requirements.lock >/dev/null
	@echo 'setuptools>=77' | $(COMPILE) pyproject.toml - --extra dev -c requirements.lock -o requirements-dev.lock >/dev/null
	@! grep -n '://' requirements.lock requirements-dev.lock

clean: ## remove .venv and every cache; never the data folder
	rm -rf .venv build hotline.egg-info .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find hotline workers tests -name __pycache__ -prune -exec rm -rf {} +
	find locales -name '*.mo' -delete
