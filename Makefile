# Two lines are the promise of the README: `make run` and `make test` set everything up by themselves.
# ARGS goes to the program: make run ARGS="--headless --seconds 60"

.DEFAULT_GOAL := help
BIN := .venv/bin

.PHONY: help run test check format doctor film bench train clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

.venv/.ready-run: pyproject.toml .ci/setup
	.ci/setup run

.venv/.ready-test: pyproject.toml .ci/setup
	.ci/setup test
	touch .venv/.ready-run

run: .venv/.ready-run ## set up and play the default show
	$(BIN)/oriel run $(ARGS)

test: .venv/.ready-test ## set up and run all tests
	$(BIN)/python -m pytest $(ARGS)

check: .venv/.ready-test ## style, types and layers
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/.ready-test ## put the code into the house style
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

doctor: .venv/.ready-run ## say what this machine lacks
	$(BIN)/oriel doctor $(ARGS)

film: .venv/.ready-run ## film the default show into triptych.mp4
	$(BIN)/oriel film configs/triptych.toml -o triptych.mp4 $(ARGS)

bench: .venv/.ready-run ## print the benchmarks: the pipe and the frame bus
	$(BIN)/oriel bench bus
	$(BIN)/oriel bench pipe

train: .venv/.ready-run ## train the embedded model further
	$(BIN)/oriel train embedded $(ARGS)

clean: ## remove the environment and the caches
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build *.egg-info
