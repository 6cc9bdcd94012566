"""Fit of each finger's scale to an operator, from seconds of open hand, fist and pinch."""

from pathlib import Path
from typing import NamedTuple

from dexgen_description import Hand, Kinematics
import numpy as np
import yaml

from dexgen_teleop.landmarks import FINGERS, TIPS
from dexgen_teleop.retargeting.configuration import RetargetingConfig
from dexgen_teleop.retargeting.mapping import KeypointMapping
from dexgen_teleop.retargeting.operator_hand import operator_hand, OperatorHand, RefusedHandError

PROMPTS = (
    (0.0, 'open the hand wide'),
    (1.5, 'make a fist'),
    (3.0, 'pinch with each finger in turn'),
)
"""What to tell the operator, and when [s]."""
DURATION = 5.0
"""[s]"""
FEWEST = 30
"""Frames below which nothing is fitted."""
GRID = np.linspace(0.7, 1.9, 31)
_PRIOR = 0.01  # [m] of error that a scale twice as large as the configuration's is worth
_PINCH = 0.03  # [m]


class Calibration(NamedTuple):
    """Scales of one operator.

    Attributes:
      hand: name of the hand description.
      scales: robot finger -> scale.
      error: mean distance [m] of the scaled fingertips from the robot's workspace, before, after.
      frames: number of frames used.
    """

    hand: str
    scales: dict[str, float]
    error: tuple[float, float]
    frames: int


def calibrate(hand: Hand, config: RetargetingConfig, frames: list[np.ndarray]) -> Calibration:
    """Fit the scales.

    For each finger, the scale at which its fingertip, wherever the operator moved it, is nearest
    to what the robot's finger reaches, in proportion to the scale; thumb and finger of a pinch are
    to meet, which ties the fingers to each other; and a weak pull toward the configured scale.

    Args:
      hand: the robot hand.
      config: its configuration, whose wrist pose is kept.
      frames: landmarks (21, 3) [m] of an operator who opens the hand, makes a fist and pinches.

    Raises:
      ValueError: fewer than 30 frames show a hand, or it hardly moves.
    """
    operators = _followable(hand, frames)
    if len(operators) < FEWEST:
        raise ValueError(
            f'{len(operators)} of {len(frames)} frames show a hand to follow; {FEWEST} are '
            'needed: hold the hand in view for the whole sequence'
        )
    _check_motion(operators)
    operators = operators[:: max(1, len(operators) // 25)]
    costs = _workspace_costs(hand, config, operators)
    base = np.array([config.fingers[finger].scale for finger in hand.fingers])
    chosen = _minimise(hand, config, operators, costs, base)
    scales = dict(zip(hand.fingers, GRID[chosen].round(3).tolist(), strict=True))
    before = np.array([np.interp(s, GRID, cost) for s, cost in zip(base, costs, strict=True)])
    after = costs[np.arange(len(costs)), chosen]
    return Calibration(
        hand.name, scales, (float(before.mean()), float(after.mean())), len(operators)
    )


def save(calibration: Calibration, path: Path) -> None:
    """Write the calibration as YAML."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump({'hand': calibration.hand, 'scales': calibration.scales}))


def apply(config: RetargetingConfig, path: Path) -> RetargetingConfig:
    """The configuration with the scales of a saved calibration.

    Raises:
      ValueError: the file is no calibration, or of another hand.
    """
    data = yaml.safe_load(path.read_text())
    if not isinstance(data, dict) or set(data) != {'hand', 'scales'}:
        raise ValueError(f'{path} is no calibration: it must hold hand and scales')
    if data['hand'] != config.hand:
        raise ValueError(f"{path} is for the hand '{data['hand']}', not '{config.hand}'")
    return config.with_scales(data['scales'])


def _followable(hand: Hand, frames: list[np.ndarray]) -> list[OperatorHand]:
    hands = (_hand_or_none(points, hand.side) for points in frames)
    return [operator for operator in hands if operator is not None]


def _hand_or_none(points: np.ndarray, side: str) -> OperatorHand | None:
    try:
        return operator_hand(points, side)
    except RefusedHandError:
        return None


def _check_motion(operators: list[OperatorHand]) -> None:
    reach = np.array([np.linalg.norm(o.points[TIPS[2]]) for o in operators])
    if np.ptp(reach) < 0.03:
        raise ValueError(
            f'the middle fingertip moved by {1e3 * np.ptp(reach):.0f} mm only; '
            'open the hand wide, make a fist, then pinch'
        )


def _workspace_costs(
    hand: Hand, config: RetargetingConfig, operators: list[OperatorHand]
) -> np.ndarray:
    """(F, G) mean distance of each fingertip from the workspace over its scale [m]."""
    kinematics = Kinematics(hand)
    costs = []
    for scale in GRID:
        mapping = KeypointMapping(hand, config.with_scales(dict.fromkeys(hand.fingers, scale)))
        targets = np.array([mapping.targets(o)[hand.tip_indices] for o in operators])
        costs.append(_distance(hand, kinematics, targets) / scale)
    return np.array(costs).T


def _distance(hand: Hand, kinematics: Kinematics, targets: np.ndarray) -> np.ndarray:
    """(F,) mean distance [m] of targets (N, F, 3) from what is reached, by damped descent."""
    q = np.tile(hand.pregrasp, (len(targets), 1))
    rows, joints = 3 * targets.shape[1], len(hand.joint_names)
    for _ in range(25):
        points = kinematics.fingertips(q)
        jacobian = kinematics.keypoint_jacobian(q)[:, hand.tip_indices].reshape(-1, rows, joints)
        error = (targets - points).reshape(-1, rows)
        pull = np.einsum('nij,ni->nj', jacobian, error)
        held = ((q <= hand.lower) & (pull < 0.0)) | ((q >= hand.upper) & (pull > 0.0))
        jacobian = jacobian * ~held[:, None]
        system = jacobian.transpose(0, 2, 1) @ jacobian + 1e-5 * np.eye(joints)
        step = np.linalg.solve(system, np.where(held, 0.0, pull)[..., None])[..., 0]
        q = np.clip(q + np.clip(step, -0.3, 0.3), hand.lower, hand.upper)
    return np.linalg.norm(kinematics.fingertips(q) - targets, axis=-1).mean(0)


def _minimise(
    hand: Hand,
    config: RetargetingConfig,
    operators: list[OperatorHand],
    costs: np.ndarray,
    base: np.ndarray,
) -> np.ndarray:
    """(F,) places on the grid, by coordinate descent."""
    tips = [TIPS[FINGERS.index(config.fingers[finger].operator)] for finger in hand.fingers]
    points = np.array([o.points[tips] for o in operators])
    thumb = hand.fingers.index('thumb')
    pinched = np.linalg.norm(points - points[:, [thumb]], axis=-1) < _PINCH
    own = costs + _PRIOR * np.log2(GRID / base[:, None]) ** 2
    chosen = np.abs(GRID - base[:, None]).argmin(1)
    for _ in range(10):
        for f in range(len(tips)):
            total = own[f].copy()
            for other in range(len(tips)):
                if f != other and thumb in (f, other):
                    both = pinched[:, other if f == thumb else f]
                    gap = GRID[:, None, None] * points[both, f] - (
                        GRID[chosen[other]] * points[both, other]
                    )
                    if both.any():
                        total += both.mean() * np.linalg.norm(gap, axis=-1).mean(1)
            chosen[f] = total.argmin()
    return chosen
