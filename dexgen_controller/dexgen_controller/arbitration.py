"""What share of a command each finger takes: the grasp's memory in front of guidance.

A command is absolute and steady where the model knows four steps: moved a little at every tick, a
hand that follows it would leave any grasp in the end. So every finger has an *anchor*, where its
keypoints were when it took up its load. A finger that bears none goes where it is asked to. One
that bears load stays at its anchor but for a share of the command, most of which the loaded
fingers take together, as one rigid body: that moves the object instead of squeezing or losing it.

Which fingers bear load is told from the motors, see `touch`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dexgen_controller.checkpoint import HandLayout
from dexgen_controller.model_config import ModelConfig
from dexgen_controller.touch import TouchFilter


@dataclass(frozen=True)
class ArbitrationConfig:
    """How commands are shared out.

    Attributes:
      doubtful, sure: a finger that presses with a lower probability bears no load, one with a
        higher counts in full, at guidance 0.
      boldness: how much both rise until guidance is far above `together`.
      memory: time constant with which a load that is no longer felt is forgotten [s].
      reach: farthest that a keypoint of a loaded finger is taken for commanded, at guidance 0; it
        doubles with guidance `together` [m].
      leak: time in which an anchor follows what is applied [s].
      together: guidance at which loaded fingers take half of the command's rigid part.
      free: guidance at which a free finger takes half of its command.
    """

    doubtful: float = 0.2
    sure: float = 0.65
    boldness: float = 0.5
    memory: float = 0.5
    reach: float = 0.01
    leak: float = 10.0
    together: float = 10.0
    free: float = 0.2


class Arbitration:
    """Shares out the commands of a batch of hands; remembers their grasps.

    `loaded` (B, F) says how surely each finger bears load, 0 to 1.

    Args:
      layout: names of joints, keypoints and fingers.
      model: history and rate of the observations.
      batch: B, number of hands.
      touch: probability (B, F) that each finger presses, of a `TouchFilter`'s features.
      config: how.

    Raises:
      ValueError: a finger has no keypoint at its tip.
    """

    def __init__(
        self,
        layout: HandLayout,
        model: ModelConfig,
        batch: int,
        touch: Callable[[np.ndarray], np.ndarray],
        config: ArbitrationConfig | None = None,
    ):
        self.config = config or ArbitrationConfig()
        self._model, self._dt = model, 1.0 / model.rate
        self._touch = touch
        self._filter = TouchFilter(model.joints, model.rate, batch)
        self._finger = _owned(layout.keypoint_names, layout.fingers).argmax(axis=0)
        points = list(layout.keypoint_names)
        tips = [f'{finger}_tip' for finger in layout.fingers]
        if set(tips) - set(points):
            raise ValueError(f'commands are shared out by {tips}; the checkpoint has {points}')
        self._tips = np.array([points.index(tip) for tip in tips])
        self._anchor = np.zeros((batch, model.keypoints, 3))
        self.loaded = np.zeros((batch, model.fingers))
        self._fresh = np.ones(batch, bool)

    def reset(self, hands: np.ndarray | None = None) -> None:
        """Forget the grasps of some hands (B,) or of all: they are taken anew at the next call."""
        self._fresh |= True if hands is None else hands

    def share(
        self, state: np.ndarray, keypoints: np.ndarray, reference: np.ndarray, guidance: float
    ) -> np.ndarray:
        """The command that the hands are to follow.

        Args:
          state: (B, S) stacked observations.
          keypoints: (B, K, 3) commanded keypoints [m, hand frame].
          reference: (B, K, 3) keypoints at the last applied target [m, hand frame].
          guidance: strength; 0 leaves every finger where it is.

        Returns:
          (B, K, 3) keypoints [m, hand frame].
        """
        config = self.config
        share = guidance / (guidance + config.together)
        self._feel(state, reference, share)
        loaded = self.loaded[:, self._finger, None]
        asked = keypoints - self._anchor
        free = self._anchor + guidance / (guidance + config.free) * asked
        bound = _shortened(asked, config.reach * (1.0 + guidance / config.together))
        rigid = self._rigid(bound)
        bearing = self._anchor + share * (rigid + share**2 * (bound - rigid))
        return loaded * bearing + (1.0 - loaded) * free

    def _feel(self, state: np.ndarray, reference: np.ndarray, share: float) -> None:
        """Bring loads and anchors up to date; the larger the share, the surer a load must be."""
        config, model, fresh = self.config, self._model, self._fresh[:, None]
        newest = state.reshape(len(state), model.history, -1)[:, -1, 3 * model.fingers :]
        positions, targets = newest[:, : model.joints], newest[:, model.joints : 2 * model.joints]
        presses = self._touch(self._filter.step(positions, targets, self._fresh))
        doubtful = config.doubtful + config.boldness * share
        felt = np.clip((presses - doubtful) / (config.sure - config.doubtful), 0.0, 1.0)
        kept = np.exp(-self._dt / config.memory) * self.loaded
        self.loaded = np.where(fresh, felt, np.maximum(felt, kept))
        leak = 1.0 - np.exp(-self._dt / config.leak)
        follow = np.maximum(leak, 1.0 - self.loaded)[:, self._finger, None]
        follow = np.where(fresh[:, None], 1.0, follow)
        self._anchor = self._anchor + follow * (reference - self._anchor)
        self._fresh[:] = False

    def _rigid(self, asked: np.ndarray) -> np.ndarray:
        """The rigid motion (B, K, 3) of all keypoints nearest to what loaded tips are asked [m].

        Least squares over a twist about the tips' centre.
        """
        weight = self.loaded[:, :, None]
        tips = self._anchor[:, self._tips]
        total = np.maximum(weight.sum(axis=1, keepdims=True), 1e-6)
        center = (weight * tips).sum(axis=1, keepdims=True) / total
        shift = (weight * asked[:, self._tips]).sum(axis=1, keepdims=True) / total
        arm = tips - center
        moment = (weight * np.cross(arm, asked[:, self._tips])).sum(axis=1)
        square = (weight[..., None] * arm[..., :, None] * arm[..., None, :]).sum(axis=1)
        trace = np.trace(square, axis1=1, axis2=2)[:, None, None]
        inertia = (trace + DAMPING) * np.eye(3) - square
        turn = np.linalg.solve(inertia, moment[..., None])[..., 0]
        return shift + np.cross(turn[:, None], self._anchor - center)


DAMPING = 1e-4
"""Of the rigid motion's rotation, that of arms of a centimetre [m^2]."""


def _owned(names: tuple[str, ...], fingers: tuple[str, ...]) -> np.ndarray:
    """(F, len(names)) whether a name is of a finger."""
    return np.array([[name.split('_')[0] == finger for name in names] for finger in fingers])


def _shortened(vectors: np.ndarray, bound: float) -> np.ndarray:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors * np.minimum(1.0, bound / np.maximum(length, 1e-12))
