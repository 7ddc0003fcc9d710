# Two lines are the promise of the README: `make run` and `make test` set everything up by themselves.
# ARGS goes to the program: make run ARGS="--headless --seconds 60"

.DEFAULT_GOAL := help
BIN := .venv/bin

.PHONY: help run test check format doctor film bench soak bench-picture train train-gpu bench-gpu wheels clean

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

soak: .venv/.ready-run ## play for an hour while parts are killed: is the wall ever black, does anything grow?
	$(BIN)/oriel bench soak $(ARGS)

train: .venv/.ready-run ## train the embedded model further
	$(BIN)/oriel train embedded $(ARGS)

bench-picture: .venv/.ready-run ## print how good the embedded model is, beside real records
	$(BIN)/oriel bench picture $(ARGS)

# Needs no environment of ours: it runs on the Python of a bare machine with a card and no network. See .ci/train-gpu.
train-gpu: ## train the embedded model further on a CUDA card, MINUTES=8
	.ci/train-gpu $(MINUTES)

# Needs no environment of ours either: see .ci/bench-gpu.
bench-gpu: ## measure painting on a CUDA card, SECONDS_IN_ALL=600
	.ci/bench-gpu $(SECONDS_IN_ALL)

wheels: .venv/.ready-run ## fetch into .whl/ what a bare machine with torch and transformers lacks for train-gpu and bench-gpu
	$(BIN)/python -m pip download --quiet --no-deps --dest .whl \
	  $$(grep -oE '(diffusers|open_clip_torch)==[0-9.]+' pyproject.toml) ftfy wcwidth importlib_metadata zipp
	$(BIN)/python -m pip download --quiet --no-deps --dest .whl --only-binary=:all: --python-version 3.12 \
	  --platform manylinux_2_17_x86_64 --platform manylinux_2_28_x86_64 \
	  $$(grep -oE '(msgspec|structlog|rich|pydantic|pyzmq|tomlkit|python-osc)==[0-9.]+' pyproject.toml) \
	  pydantic_core==$$($(BIN)/python -c 'from pydantic_core import __version__ as v; print(v)') \
	  annotated-types typing-inspection typing-extensions markdown-it-py mdurl pygments

clean: ## remove the environment and the caches
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build *.egg-info
