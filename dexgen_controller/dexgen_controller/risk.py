"""Whether a command may be followed as it is: what it is likely to cost, learned from drops.

A grasp can be kept in ways that no rule about its shape knows, as an expert does who turns an
object from grasp to grasp. So a network tells how likely the object is lost soon if the hand goes
on as it is, and how much likelier if loaded fingers follow the command; it was trained on hands
that followed commands of every kind by random shares. Where following costs little, it is
permitted: see `Arbitration`. `Watch` keeps what the network sees of a command and of a grasp.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from dexgen_controller.perceptron import Perceptron
from dexgen_controller.touch import feature_count

LAYERS = 4
LIMIT = 6.0
"""Normalised features are clipped to this."""
METRES, RADIANS = 20.0, 10.0
"""Units of the features: 5 cm and a tenth of a radian."""
OLD = 10.0
"""Age of a grasp from which on all count as old [s]."""
TIMES = (0.2, 1.0)
"""Time constants of the filters on the command's offset [s]."""
RECENT = 0.5
"""Time constant of the filter on the permission [s]."""
SHAKY, STEADY = 0.25, 0.6
"""A command whose offset keeps, behind the faster filter, less than the one share of its power
trembles and is not permitted at all; above the other it is meant."""
MEMORY = 1.0
"""Time over which that power is the mean [s]."""
WORTH = 0.017
"""Risk that following in full is worth, for each unit of guidance,"""
FULL = 3.0
"""up to this guidance: beyond it the commands of loaded fingers have their share already."""
SHARES = np.array([0.0, 0.03, 0.06, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0])
"""Shares of the command among which is chosen."""


class Seen(NamedTuple):
    """One control step of B hands, keypoints (B, F, 3) at the tips [m, hand frame].

    Attributes:
      touch: (B, N) features of the `TouchFilter`.
      loaded: (B, F) how surely each finger bears load.
      lost: (B, J) what its joints have lost of their grip [rad], see `Grip`.
      reference: at the last applied target.
      commanded: as asked for.
      anchor: of the grasp as it was moved on purpose.
    """

    touch: np.ndarray
    loaded: np.ndarray
    lost: np.ndarray
    reference: np.ndarray
    commanded: np.ndarray
    anchor: np.ndarray


def risk_feature_count(joints: int, fingers: int) -> int:
    """Numbers that `Watch` gives of a hand."""
    vectors, pairs = fingers * (4 + len(TIMES)), fingers * (fingers - 1) // 2
    return feature_count(joints) + fingers + joints + 3 * vectors + 3 * pairs + 2


class Watch:
    """What the network sees of B hands, from one control step to the next.

    Args:
      fingers: F.
      rate: control rate [Hz].
      batch: B.
      leak: time in which the grasp's origin follows what is applied [s].
    """

    def __init__(self, fingers: int, rate: float, batch: int, leak: float):
        self._dt = 1.0 / rate
        self._leak = self._share(leak)
        self._origin = np.zeros((batch, fingers, 3))
        self._offset = np.zeros((len(TIMES), batch, fingers, 3))
        self._age, self._followed = np.zeros((2, batch))
        self._power = np.ones((2, batch))
        self._pairs = np.triu_indices(fingers, 1)

    def _share(self, time: float) -> float:
        return 1.0 - np.exp(-self._dt / time)

    def step(self, seen: Seen, fresh: np.ndarray) -> np.ndarray:
        """Features (B, N) float32, see `risk_feature_count`.

        Args:
          seen: this step.
          fresh: (B,) whether the past of a hand is forgotten before it.
        """
        anew = fresh[:, None, None]
        follow = np.maximum(self._leak, 1.0 - seen.loaded)[..., None]
        follow = np.where(anew, 1.0, follow)
        self._origin = self._origin + follow * (seen.reference - self._origin)
        self._age = np.where(fresh, 0.0, self._age + self._dt)
        self._followed[fresh] = 0.0
        offset = seen.commanded - seen.reference
        for filtered, time in zip(self._offset, TIMES, strict=True):
            filtered[fresh] = 0.0
            filtered += self._share(time) * (offset - filtered)
        power = (np.stack([self._offset[0], offset]) ** 2).sum(axis=(2, 3))
        follow = np.where(fresh, 1.0, self._share(MEMORY))
        self._power = self._power + follow * (power - self._power)
        before, now, then = (
            _distances(points, self._pairs)
            for points in (self._origin, seen.reference, seen.commanded)
        )
        lengths = [
            seen.reference - self._origin, seen.commanded - self._origin, offset,
            *self._offset, seen.anchor - seen.reference, now, now - before, then - now,
        ]  # fmt: skip
        parts = [
            seen.touch,
            seen.loaded,
            RADIANS * seen.lost,
            *(METRES * length for length in lengths),
            np.minimum(self._age, OLD)[:, None] / 5.0,
            self._followed[:, None],
        ]
        flat = [part.reshape(len(fresh), -1) for part in parts]
        return np.concatenate(flat, axis=1, dtype=np.float32)

    @property
    def steady(self) -> np.ndarray:
        """How far (B,) the command is meant, 0 to 1, and does not tremble."""
        kept = self._power[0] / np.maximum(self._power[1], 1e-12)
        return np.clip((kept - SHAKY) / (STEADY - SHAKY), 0.0, 1.0)

    def permitted(self, share: np.ndarray) -> None:
        """Remember by what share (B,) the command was followed in this step."""
        self._followed += self._share(RECENT) * (share - self._followed)


class RiskEstimator:
    """The network, and the share of a command that it permits.

    Args:
      weights: `mean`, `scale` (N,) of the features and `layers.I.weight`, `layers.I.bias`.

    Raises:
      ValueError: a weight is missing.
    """

    def __init__(self, weights: Mapping[str, np.ndarray]):
        self._network = Perceptron(weights, LAYERS, LIMIT)

    def risk(self, features: np.ndarray, shares: np.ndarray = SHARES) -> np.ndarray:
        """How likely (B, S) objects are lost soon with each share (S,) of the command.

        *Soon* is the mean of 0.97^k over k control steps until the drop.
        """
        stay, *slopes = self._network(features).T[:, :, None]
        logit = stay + sum(s * b for s, b in zip(slopes, basis(shares), strict=True))
        return 0.5 * (1.0 + np.tanh(0.5 * logit))

    def share(self, features: np.ndarray, steady: np.ndarray, guidance: float) -> np.ndarray:
        """The share (B,) whose worth, less what it adds to the risk, is most.

        Args:
          features: (B, N), see `Watch`.
          steady: (B,) how far the command is meant: the share is so much of it.
          guidance: strength; up to `FULL`, the stronger, the more risk a command is worth.
        """
        return steady * self.best(features, np.full(len(features), WORTH * min(guidance, FULL)))

    def best(self, features: np.ndarray, worth: np.ndarray) -> np.ndarray:
        """The share (B,) for which worth (B,) times share, less the added risk, is most."""
        risk = self.risk(features)
        return SHARES[np.argmax(worth[:, None] * SHARES - (risk - risk[:, :1]), axis=1)]


def basis(shares):
    """How the risk's logit depends on the share: linear in these two."""
    return shares, shares**0.5


def _distances(points: np.ndarray, pairs: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Distances (B, P) between pairs of points (B, F, 3)."""
    return np.linalg.norm(points[:, pairs[0]] - points[:, pairs[1]], axis=-1)
