"""Fits the simulated drive (gains and delay) to a recorded motion of a real, empty hand."""

from dataclasses import dataclass
from typing import NamedTuple

from dexgen_description import Hand
import mujoco
import numpy as np

from dexgen_sim_bridge.scene import build_scene, SceneConfig, set_gains

MOVED = 0.05
"""A joint whose target moves less than this [rad] says nothing of its drive."""
_BOUNDS = np.log(np.array([[0.05, 50.0], [0.001, 5.0]]))  # of kp and kd
_NUDGE = 0.05


class Motion(NamedTuple):
    """A recorded motion on an even grid of N times.

    Attributes:
      timestep: of the grid [s].
      targets: (N, J) applied targets [rad].
      positions: (N, J) measured positions [rad].
    """

    timestep: float
    targets: np.ndarray
    positions: np.ndarray


@dataclass(frozen=True)
class DriveModel:
    """A simulated drive.

    Attributes:
      kp, kd: (J,) gains [N m/rad, N m s/rad].
      delay: from a target to its effect [s].
    """

    kp: np.ndarray
    kd: np.ndarray
    delay: float = 0.0


class Fit(NamedTuple):
    """What was found.

    Attributes:
      drive: the fitted drive.
      error_before, error_after: root mean square distance of simulated and measured positions
        over the joints that moved [rad].
      moved: (J,) whether a joint moved enough to fit it; the others keep their gains.
    """

    drive: DriveModel
    error_before: float
    error_after: float
    moved: np.ndarray


def resample(
    target_times, targets, position_times, positions, timestep: float = 0.005
) -> Motion:
    """Bring a recording onto an even grid: targets are held, positions interpolated.

    Args:
      target_times, position_times: rising times [s] of the same clock.
      targets, positions: (M, J) and (N, J) [rad].

    Raises:
      ValueError: the two hardly overlap, or a value is not finite.
    """
    targets, positions = np.asarray(targets, float), np.asarray(positions, float)
    if not (np.isfinite(targets).all() and np.isfinite(positions).all()):
        raise ValueError('the recording has values that are not finite')
    start = max(target_times[0], position_times[0])
    end = min(target_times[-1], position_times[-1])
    if end - start < 1.0:
        raise ValueError(
            f'targets and positions overlap for {end - start:.2f} s; at least 1 s is needed'
        )
    grid = np.arange(start, end, timestep)
    held = targets[np.searchsorted(target_times, grid, side='right') - 1]
    measured = np.stack(
        [np.interp(grid, position_times, column) for column in positions.T], axis=1
    )
    return Motion(timestep, held, measured)


class DriveSimulator:
    """Plays recorded targets through a simulated hand.

    Args:
      hand: the hand.
      motion: what was recorded.
      wrist: (4,) orientation of the hand while it was recorded, (w, x, y, z); None: palm up.
    """

    def __init__(self, hand: Hand, motion: Motion, wrist: np.ndarray | None = None):
        config = SceneConfig(timestep=motion.timestep)
        if wrist is not None:
            config = SceneConfig(timestep=motion.timestep, wrist=wrist)
        self._model = build_scene(hand, None, config)
        self._data = mujoco.MjData(self._model)
        self._motion = motion

    def positions(self, drive: DriveModel) -> np.ndarray:
        """Play the targets from the first measured posture on: (N, J) [rad]."""
        model, data, motion = self._model, self._data, self._motion
        set_gains(model, drive.kp, drive.kd)
        mujoco.mj_resetData(model, data)
        data.qpos[:] = motion.positions[0]
        late = max(round(drive.delay / motion.timestep), 0)
        targets = np.vstack([np.repeat(motion.targets[:1], late, axis=0), motion.targets])
        found = np.empty_like(motion.positions)
        for row in range(len(found)):
            found[row] = data.qpos
            data.ctrl[:] = targets[row]
            mujoco.mj_step(model, data)
        return found


def fit_drive(
    hand: Hand, motion: Motion, wrist: np.ndarray | None = None, longest_delay: float = 0.15
) -> Fit:
    """Gains of each joint that moved, and the delay of all, that explain a motion best.

    The delay is searched on a grid, coarse and then by single time steps; for each candidate the
    gains are fitted joint by joint (Levenberg-Marquardt on the logarithms of kp and kd; what one
    joint's gains do to the others is left out of the derivative, not of the error).
    """
    moved = np.ptp(motion.targets, axis=0) > MOVED
    if not moved.any():
        raise ValueError(f'no joint moved more than {MOVED} rad; record steps of 0.2 rad or more')
    simulator = DriveSimulator(hand, motion, wrist)
    start = DriveModel(np.array(hand.kp, float), np.array(hand.kd, float))
    before = _errors(simulator, motion, start)
    step = motion.timestep
    coarse = np.arange(0.0, longest_delay + step, 4 * step)
    best = min(
        (_fit_gains(simulator, motion, start, delay, moved, 3) for delay in coarse),
        key=lambda fit: _total(fit[1], moved),
    )
    fine = best[0].delay + step * np.arange(-3, 4)
    best = min(
        (_fit_gains(simulator, motion, best[0], delay, moved, 5) for delay in fine[fine >= 0.0]),
        key=lambda fit: _total(fit[1], moved),
    )
    return Fit(best[0], _total(before, moved), _total(best[1], moved), moved)


def _errors(simulator: DriveSimulator, motion: Motion, drive: DriveModel) -> np.ndarray:
    """Mean square error of each joint (J,) [rad^2]."""
    return np.mean((simulator.positions(drive) - motion.positions) ** 2, axis=0)


def _total(errors: np.ndarray, moved: np.ndarray) -> float:
    return float(np.sqrt(errors[moved].mean()))


def _fit_gains(
    simulator: DriveSimulator,
    motion: Motion,
    start: DriveModel,
    delay: float,
    moved: np.ndarray,
    iterations: int,
) -> tuple[DriveModel, np.ndarray]:
    """Fit the gains at a fixed delay; the drive and its errors (J,)."""
    logs = np.log(np.stack([start.kp, start.kd]))
    damping = np.full(len(moved), 1e-2)

    def drive(values: np.ndarray) -> DriveModel:
        kp, kd = np.exp(values)
        kept = np.where(moved, kp, start.kp), np.where(moved, kd, start.kd)
        return DriveModel(*kept, delay)

    found = simulator.positions(drive(logs))
    errors = np.mean((found - motion.positions) ** 2, axis=0)
    for _ in range(iterations):
        slopes = []
        for row in range(2):
            nudged = logs.copy()
            nudged[row] += _NUDGE
            slopes.append((simulator.positions(drive(nudged)) - found) / _NUDGE)
        slope = np.stack(slopes)  # (2, N, J)
        normal = np.einsum('anj,bnj->jab', slope, slope)
        gradient = np.einsum('anj,nj->ja', slope, motion.positions - found)
        diagonal = np.einsum('jaa->ja', normal)
        normal = normal + np.eye(2) * (damping[:, None] * diagonal + 1e-9)[:, :, None]
        change = np.clip(np.linalg.solve(normal, gradient[..., None])[..., 0].T, -0.7, 0.7)
        trial = np.clip(logs + change * moved, _BOUNDS[:, :1], _BOUNDS[:, 1:])
        trial_found = simulator.positions(drive(trial))
        trial_errors = np.mean((trial_found - motion.positions) ** 2, axis=0)
        better = trial_errors < errors
        logs = np.where(better, trial, logs)
        damping = np.where(better, 0.3 * damping, 10.0 * damping)
        found = simulator.positions(drive(logs))
        errors = np.mean((found - motion.positions) ** 2, axis=0)
    return drive(logs), errors
