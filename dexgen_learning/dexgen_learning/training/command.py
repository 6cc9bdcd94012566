"""The controller's training as a command: data set in, checkpoint out."""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
import multiprocessing
import os
from pathlib import Path

from dexgen_learning.training.training_config import TouchConfig, TrainingConfig


@dataclass(frozen=True)
class TrainController:
    """Train the controller's networks on a data set; goes on where a run of the same name stopped.

    Many processes: `torchrun --nproc-per-node 4 -m dexgen_learning.cli train-controller ...`.

    Args:
        name: of the run; its checkpoint lies in the run's folder.
        data: name of the data set, or a folder.
        config: how to train.
        touch: how to train what tells which fingers press.
        horizon: T, future steps of a motion.
        limit: use the first so many windows, 0 for all: for ablations on a fixed subset.
        noise: factor on the sensor noise added to the observations.
    """

    name: str = 'controller'
    data: str = 'first'
    config: TrainingConfig = field(default_factory=TrainingConfig)
    touch: TouchConfig = field(default_factory=TouchConfig)
    horizon: int = 2
    limit: int = 0
    noise: float = 1.0


def train_controller_command(command: TrainController, run_folder: Path, data: Path) -> Path:
    """`dexgen-learn train-controller`; returns the checkpoint's folder.

    Args:
        command: what.
        run_folder: of the run.
        data: folder of the data set.
    """
    from dexgen_controller.model_config import model_config
    from dexgen_description import Kinematics, load_hand

    from dexgen_learning.rollout.dataset import Dataset
    from dexgen_learning.training.resident import recorded_source
    from dexgen_learning.training.touch_training import trained_touch_of
    from dexgen_learning.training.training_run import train_controller

    recorded = Dataset(data)
    hand = load_hand(recorded.hand)
    model = replace(
        model_config(command.config.model), steps=command.horizon, rate=recorded.control_rate
    )
    source = recorded_source(
        Kinematics(hand), recorded, model, command.config, command.noise, command.limit
    )
    windows = len(source.rows(False))
    facts = {
        'data': f'{data.name}: {len(recorded)} rows, {windows} windows to learn from, objects '
        + ', '.join(recorded.objects),
        'objects': list(recorded.objects),
        'windows': windows,
    }
    # What tells touch knows nothing of the other networks: it is trained beside them.
    with ProcessPoolExecutor(1, multiprocessing.get_context('spawn')) as pool:
        leads = os.environ.get('RANK', '0') == '0'
        touch = pool.submit(trained_touch_of, data, command.touch) if leads else None
        return train_controller(
            command.config, model, hand, source, run_folder, facts, lambda: touch.result()
        )
