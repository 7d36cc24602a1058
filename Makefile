# make run: everything on this machine.  make test: all checks.  The rest: make help.
SHELL := /bin/bash
BIN := .venv/bin

# What the shell around us sets must not change what we do: bytecode makes starts quick.
unexport PYTHONDONTWRITEBYTECODE PYTHONPATH PYTHONHOME VIRTUAL_ENV
ifneq ($(filter test test-oldest endurance quick,$(MAKECMDGOALS)),)
unexport DATABASE_URL
endif

.PHONY: help venv run test test-oldest quick tests endurance test-clients overload crowding mutate-auth fuzz-api fuzz-engine bench matrix checks types lint lint-schema schema lock clean
.DEFAULT_GOAL := help

help:
	@echo 'make run     start database, made-up school and API on http://127.0.0.1:8000 (PORT=…)'
	@echo 'make test    format, lint, types, imports, schema, tests'
	@echo 'make test-oldest   the tests that meet all of SQL, on the PostgreSQL of this machine (15 or newer)'
	@echo 'make endurance   the tests that take long: full disks, kill -9, crowds'
	@echo 'make quick   what a change touches, in under a minute; prints the choice (SINCE=HEAD~1 SECONDS=50)'
	@echo 'make test-clients   Apollo, urql, Relay and other clients against a live server; needs npm'
	@echo 'make schema  write schema.graphql anew'
	@echo 'make lint-schema    check schema.graphql with the linters of clients; needs npm'
	@echo 'make matrix  write anew who sees what into tests/authz/matrix, to be reviewed (T=Student)'
	@echo 'make mutate-auth  spoil each rule of auth/ in turn: the tests must notice'
	@echo 'make fuzz-api  5,000 operations generated from the schema, in five roles (N=…)'
	@echo 'make overload  three times as much load as the server can take, for a minute'
	@echo 'make crowding  twelve of the costliest operations at once, beside somebody who reads'
	@echo 'make bench   measure it beside other servers; about two hours (QUICK=1: a look)'
	@echo 'make lock    write requirements.lock anew (UPGRADE=1: with the newest releases)'
	@echo 'make clean   remove what was made; .gorod, which holds data, stays'

venv:
	@.ci/bootstrap

run: venv
	@$(BIN)/gorod dev

# Types take as long as all other checks, and one core of it: beside the tests they cost least.
test:
	@$(MAKE) --no-print-directory --jobs=2 types tests

tests: lint
	$(BIN)/pytest -n auto -m "not endurance"

# The tests that meet all of SQL once more, on the oldest PostgreSQL we promise, where the machine has
# one. Which these are, the last `make test` told: without it, all of them.
test-oldest: venv
	@if $(BIN)/python -m tests.postgres; then \
		GOROD_TEST_POSTGRES=system $(BIN)/pytest -n auto -m "not endurance"; \
	else echo "There is no PostgreSQL of the system here: nothing was tested."; fi

# What takes long by its nature: full disks, kill -9, crowds, walks through all attacks.
endurance: venv
	$(BIN)/pytest -n auto -m endurance

# Lint, types and the tests nearest to what changed since this branch left main; see tests/quick.py.
quick: venv
	@$(BIN)/python -m tests.quick --since='$(SINCE)' $(if $(SECONDS),--seconds=$(SECONDS))

# What needs npm packages and a browser: examples/clients/install brings them.
test-clients: lint-schema
	@examples/clients/install
	@$(BIN)/python -m tests.live_servers examples/clients/run

# One process: the tests of a room write the same file.
matrix: venv
	GOROD_WRITE_MATRIX=1 $(BIN)/pytest -n 0 tests/authz/test_matrix.py $(if $(T),-k "$(T)")

# Each condition of the rules in auth/ is spoilt in turn: the specimens must notice every time.
mutate-auth: venv
	GOROD_MUTANTS=all $(BIN)/pytest tests/authz/test_mutants.py -n auto

# Long runs of what compares both executors: make fuzz-engine N=20000
fuzz-engine: venv
	GOROD_FUZZ=$(or $(N),2000) $(BIN)/pytest tests/authz/test_fuzz.py -n 0 -s

# Operations that schemathesis generates, in five roles, to a server of their own: make fuzz-api N=500
fuzz-api: venv
	@$(BIN)/python -m tests.fuzz --cases $(or $(N),5000)

# Three times as much as the server can do, for a minute, on this machine only; ends by itself.
overload: venv
	@$(BIN)/python -m tests.overload --seconds $(or $(SECONDS_OF_LOAD),60)

# Whether one person with the costliest operations that are admitted slows down another.
crowding: venv
	@$(BIN)/python -m tests.crowding

# PEERS="mercurius apollo" QUERIES="Q1 Q2" SCHOOLS=1 CLIENTS=16 ROUNDS=3 DURATION=5; see bench/settings.py
# A part of it: `.venv/bin/python -m bench --servers gorod apollo --queries Q1 M1`; two commits: `--before PATH`.
bench: venv
	@bench/install
	@$(BIN)/python -m bench

checks:
	@$(MAKE) --no-print-directory --jobs=2 types lint

types: venv
	@$(BIN)/mypy

lint: venv
	@$(BIN)/ruff format --check
	@$(BIN)/ruff check
	@$(BIN)/lint-imports
	@$(BIN)/gorod schema check
	@$(BIN)/gorod schema breaking

# With the linters and the comparison that clients use; needs npm.
lint-schema: venv
	@.ci/schema/install
	@.ci/schema/node_modules/.bin/node .ci/schema/check.js

schema: venv
	@$(BIN)/gorod schema print > .schema.graphql.part && mv .schema.graphql.part schema.graphql

lock:
	@.ci/bootstrap lock $(if $(UPGRADE),--upgrade)
	@bench/install lock $(if $(UPGRADE),--upgrade)
	@.ci/npm-lock .ci/schema
	@examples/clients/install lock $(if $(UPGRADE),--upgrade)

clean:
	rm -rf .venv .uv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
