"""Training on a synthetic recording: it learns, it resumes exactly, many processes agree."""

from dataclasses import replace
import os
from pathlib import Path
import subprocess
import sys

from dexgen_controller.checkpoint import load_checkpoint, random_touch, save_checkpoint
from dexgen_controller.model_config import CONFIGS
from dexgen_controller.planner import MotionPlanner
from dexgen_controller.sampling_config import SamplingConfig
from dexgen_description import Kinematics, load_hand
import numpy as np
import pytest

torch = pytest.importorskip('torch')

from dexgen_learning.training.card import model_card  # noqa: E402
from dexgen_learning.training.processes import Process  # noqa: E402
from dexgen_learning.training.samples import Transitions, WindowSource  # noqa: E402
from dexgen_learning.training.trainer import Trainer  # noqa: E402
from dexgen_learning.training.training_config import TrainingConfig  # noqa: E402

HAND = load_hand('allegro_right')
KINEMATICS = Kinematics(HAND)
TINY = CONFIGS['tiny']
ALONE = Process(0, 1, 'cpu')
CONFIG = TrainingConfig(
    model='tiny', steps=60, batch=128, warm_up=5, report_every=20, save_every=1000
)


def recording(episodes: int = 40, length: int = 40, seed: int = 0) -> Transitions:
    """Targets that swing back and forth; joints that follow them with a lag."""
    random = np.random.default_rng(seed)
    phase = random.uniform(0, 2 * np.pi, (episodes, 1, 16))
    time = 0.1 * np.arange(length)[None, :, None]
    targets = HAND.pregrasp + 0.2 * np.sin(2.0 * time + phase)
    positions = HAND.pregrasp + 0.18 * np.sin(2.0 * time + phase - 0.3)
    count = episodes * length
    return Transitions(
        observed=positions.reshape(count, 16),
        positions=positions.reshape(count, 16),
        targets=targets.reshape(count, 16),
        episode=np.repeat(np.arange(episodes), length),
        learn=np.ones(count, bool),
        label=np.zeros(count, np.int64),
    )


def source() -> WindowSource:
    return WindowSource(KINEMATICS, recording(), TINY)


def trainer(folder: Path, **changes) -> Trainer:
    return Trainer(TINY, replace(CONFIG, **changes), source(), folder, ALONE)


def test_windows_stay_inside_their_episode():
    windows = source()
    rows = np.concatenate([windows.rows(False), windows.rows(True)])
    within = rows % 40
    assert within.min() == 0
    assert within.max() == 40 - 1 - TINY.steps
    assert not set(windows.rows(False)) & set(windows.rows(True))
    first = windows.batch(np.array([40]))
    steps = first.state.reshape(4, -1)
    assert (steps == steps[0]).all()


def test_a_window_holds_what_was_recorded():
    data = recording()
    batch = source().batch(np.array([90]))
    keypoints = KINEMATICS.keypoints(data.positions[90:93])
    np.testing.assert_allclose(
        batch.motion.reshape(2, 8, 3), keypoints[1:] - keypoints[0], atol=1e-6
    )
    np.testing.assert_allclose(batch.increment[0], data.targets[91] - data.targets[90], atol=1e-6)


def test_steps_not_to_learn_from_are_left_out():
    data = recording()
    data.learn[data.episode % 2 == 0] = False
    rows = WindowSource(KINEMATICS, data, TINY).rows(False)
    assert (data.episode[rows] % 2 == 1).all()
    data.learn[:] = False
    with pytest.raises(ValueError, match='no window'):
        WindowSource(KINEMATICS, data, TINY)


def test_it_learns_and_the_checkpoint_plans(tmp_path):
    reports = []
    run = trainer(tmp_path / 'run', steps=200, learning_rate=3e-3)
    run.train(reports.append)
    assert reports[-1].losses['motion'] < 0.6 * reports[0].losses['motion']
    assert reports[-1].losses['inverse_error'] < 0.5 * reports[0].losses['inverse_error']
    made = run.checkpoint(HAND, {'data': 'synthetic'})
    made = replace(made, weights=made.weights | random_touch(TINY, 0))
    folder = save_checkpoint(made, tmp_path / 'checkpoint', model_card(made, {'Limits': 'Many.'}))
    assert 'tiny' in (folder / 'README.md').read_text()
    checkpoint = load_checkpoint(folder)
    assert checkpoint.facts['training']['steps_done'] == 200
    sampling = SamplingConfig(steps=6, backend='torch', start_temperature=0.0)
    planner = MotionPlanner(checkpoint, sampling, 64)
    rows = source().rows(True)[:64]
    batch = source().batch(rows)
    reference = KINEMATICS.keypoints(recording().targets[rows])
    plan = planner.plan(batch.state, reference, reference, 0.0)
    truth = batch.motion.reshape(plan.motion.shape)
    assert np.mean((plan.motion - truth) ** 2) < 0.5 * np.mean(truth**2)


def test_a_stopped_run_goes_on_as_if_it_had_not_been(tmp_path):
    whole = trainer(tmp_path / 'whole')
    whole.train()

    class StoppedError(Exception):
        pass

    def stop(report):
        raise StoppedError

    first = trainer(tmp_path / 'parts', save_every=20, report_every=30)
    with pytest.raises(StoppedError):
        first.train(stop)
    second = trainer(tmp_path / 'parts')
    assert second.steps_done == 20
    second.train()
    for found, expected in (
        (second.model, whole.model),
        (second.average, whole.average),
    ):
        for name, value in found.state_dict().items():
            torch.testing.assert_close(value, expected.state_dict()[name], rtol=0.0, atol=0.0)


PROGRAM = """
import sys
from pathlib import Path
sys.path.insert(0, {here!r})
from test_training import CONFIG, TINY, source
from dataclasses import replace
from dexgen_learning.training.processes import join_processes, leave_processes
from dexgen_learning.training.trainer import Trainer
import torch
process = join_processes('cpu')
run = Trainer(TINY, replace(CONFIG, steps=5), source(), Path({folder!r}), process)
run.train()
torch.save(run.model.state_dict(), Path({folder!r}) / f'model_{{process.rank}}.pt')
leave_processes(process)
"""


def test_two_processes_end_with_the_same_weights(tmp_path):
    program = tmp_path / 'program.py'
    program.write_text(PROGRAM.format(here=str(Path(__file__).parent), folder=str(tmp_path)))
    result = subprocess.run(
        [sys.executable, '-m', 'torch.distributed.run', '--standalone', '--nproc_per_node=2',
         str(program)],
        capture_output=True,
        text=True,
        timeout=110,
        env={**os.environ, 'OMP_NUM_THREADS': '1'},
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    first, second = (torch.load(tmp_path / f'model_{rank}.pt') for rank in (0, 1))
    for name, value in first.items():
        torch.testing.assert_close(value, second[name], rtol=0.0, atol=0.0)
