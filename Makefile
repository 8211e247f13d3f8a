# Two commands are enough: `make demo` and `make test`. Each sets up what it needs, from the lock file, into .venv.
PYTHON ?= python3
BIN := .venv/bin
UV := build/uv/bin/uv
UV_VERSION := 0.13.9
export UV_PROJECT_ENVIRONMENT := .venv
export UV_PYTHON_DOWNLOADS := never
# jsii and the AWS clients ask for nothing outside this machine.
export JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION := 1
export AWS_EC2_METADATA_DISABLED := true

.DEFAULT_GOAL := help
.PHONY: help demo test check lint newest bench synth deploy clean

help: ## List the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

demo: .venv/ready ## Live a day of every program on this machine, archive an announcement, load scores: no account, no Docker
	$(BIN)/ovation demo

test: .venv/ready ## All tests, and at least 95 % of the branches of src/domain
	$(BIN)/pytest -n 2 --dist loadgroup --cov --cov-report=json:build/coverage.json --cov-report=term

lint: .venv/ready ## Format, lint, types and import rules; changes nothing
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint ## lint, and the quick tests: before each commit
	$(BIN)/pytest -n 2 --dist loadgroup -m "not e2e and not slow"

newest: .venv/ready ## The quick tests on Python 3.13, which the deployed functions run on, where it is found
	@found=$$(for each in python3.13 $${PYENV_ROOT:-$$HOME/.pyenv}/versions/3.13.*/bin/python; do \
	    $$each -c 'import sys; print(sys.executable)' 2>/dev/null && break; done); \
	if [ -z "$$found" ]; then echo "There is no Python 3.13 here: nothing run."; exit 0; fi; \
	UV_PROJECT_ENVIRONMENT=build/py313 $(UV) sync --quiet --locked --compile-bytecode --python "$$found" && \
	build/py313/bin/pytest -q -n 2 --dist loadgroup -m "not e2e and not slow"

bench: .venv/ready ## Every benchmark, one table: ours, peer, ratio, goal
	$(BIN)/python -m benchmarks.run

synth: .venv/ready ## The CloudFormation templates, layers built, every policy checked, into cdk.out
	$(BIN)/python app.py

deploy: .venv/ready node_modules/ready ## Into the account your AWS credentials name (STAGE=dev or prod)
	PATH="$(CURDIR)/.venv/bin:$$PATH" npx cdk deploy --all --context stage=$(or $(STAGE),dev)

clean: ## Remove what the other targets made
	rm -rf .venv build cdk.out node_modules .ovation

.venv/ready: pyproject.toml uv.lock | $(UV)
	$(UV) sync --locked --compile-bytecode --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')"
	@touch $@

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Ovation needs Python 3.11 or newer; set PYTHON=")'
	$(PYTHON) -m venv build/uv
	build/uv/bin/pip install --quiet uv==$(UV_VERSION)

node_modules/ready: package.json package-lock.json
	npm ci --no-fund --no-audit
	@touch $@
