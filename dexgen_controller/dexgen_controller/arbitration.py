"""What share of a command each finger takes: the grasp's memory in front of guidance.

A command is absolute and steady where the model knows four steps: moved a little at every tick, a
hand that follows it would leave any grasp in the end. So every finger has an *anchor*, where its
keypoints were when it took up its load. A finger that bears none goes where it is asked to. One
that bears load stays at its anchor but for a share of the command, most of which the loaded
fingers take together, as one rigid body: that moves the object instead of squeezing or losing it.
Its anchor creeps along with commands that keep the grasp's shape, the distances between the tips
of loaded fingers, as those of a person who moves the object do; one that draws them apart asks
them to let go, and is refused.

Which fingers bear load is told from the motors: they bend the joints of a finger that presses away
from its targets. Exact sensors show every bend, and each counts and is remembered; where sensors
are noisy, a network tells, see `touch`.

Where a checkpoint has a network that knows what following costs (`risk`), it permits a share of
the command: so much of its load a finger does not count.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dexgen_controller.checkpoint import HandLayout
from dexgen_controller.model_config import ModelConfig
from dexgen_controller.risk import Seen, Watch
from dexgen_controller.touch import TouchFilter

Permit = Callable[[np.ndarray, np.ndarray, float], np.ndarray]
"""Share (B,) of the command, of features (B, N), steadiness (B,) and guidance."""


@dataclass(frozen=True)
class ArbitrationConfig:
    """How commands are shared out.

    Attributes:
      doubtful, sure: a finger that presses with a lower probability bears no load, one with a
        higher counts in full, at guidance 0.
      boldness: how much both rise until guidance is far above `together`.
      memory: time constant with which a load that the network no longer tells is forgotten [s].
      light, heavy: with exact sensors a finger whose joints bend by less bears no load, one that
        bends by more counts in full [rad].
      blind: what is added to both for each radian of the joints' noise.
      settling: time constant of the filter on bends and noise [s].
      long_memory: time in which a bend that is no longer felt is half forgotten [s].
      reach: farthest that a keypoint of a loaded finger is taken for commanded, at guidance 0; it
        doubles with guidance `together` [m].
      leak: time in which an anchor follows what is applied [s].
      intent: time constant of the filter that tells what is meant from what trembles [s].
      creep: time in which an anchor goes as far as is meant [s].
      kept, torn: anchors follow in full what is meant to open the grasp, between any two loaded
        tips, by less than the one, and nothing that opens it by more than the other [m].
      closing: what closing the grasp counts of that, as it squeezes harder but does not let go.
      together: guidance at which loaded fingers take half of the command's rigid part.
      free: guidance at which a free finger takes half of its command.
    """

    doubtful: float = 0.2
    sure: float = 0.65
    boldness: float = 0.5
    memory: float = 0.5
    light: float = 0.012
    heavy: float = 0.02
    blind: float = 10.0
    settling: float = 0.6
    long_memory: float = 10.0
    reach: float = 0.01
    leak: float = 10.0
    intent: float = 0.2
    creep: float = 0.3
    kept: float = 0.008
    torn: float = 0.018
    closing: float = 0.5
    together: float = 10.0
    free: float = 0.5


class Arbitration:
    """Shares out the commands of a batch of hands; remembers their grasps.

    `loaded` (B, F) says how surely each finger bears load, 0 to 1, `pace` (B,) by what share of
    what is meant the grasp went along in the last step, `carried` (B, K, 3) how far that moved the
    keypoints of loaded fingers [m], `permitted` (B,) what share of the command was permitted.

    Args:
      layout: names of joints, keypoints and fingers.
      model: history and rate of the observations.
      batch: B, number of hands.
      touch: probability (B, F) that each finger presses, of a `TouchFilter`'s features.
      config: how.
      permit: share (B,) of the command that is permitted, of a `Watch`'s features, how steady the
        command is and guidance; None for none.

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
        permit: Permit | None = None,
    ):
        self.config = config or ArbitrationConfig()
        self._model, self._dt = model, 1.0 / model.rate
        self._touch = touch
        self._filter = TouchFilter(model.joints, model.rate, batch)
        self._joints = _owned(layout.joint_names, layout.fingers)
        self._finger = _owned(layout.keypoint_names, layout.fingers).argmax(axis=0)
        points = list(layout.keypoint_names)
        tips = [f'{finger}_tip' for finger in layout.fingers]
        if set(tips) - set(points):
            raise ValueError(f'commands are shared out by {tips}; the checkpoint has {points}')
        self._tips = np.array([points.index(tip) for tip in tips])
        self._anchor = np.zeros((batch, model.keypoints, 3))
        self._meant, self.carried = np.zeros((2, *self._anchor.shape))
        self._bend, self._noise = np.zeros((batch, model.joints)), np.zeros(batch)
        self._bent, self._told = np.zeros((2, batch, model.fingers))
        self.loaded, self.pace = np.zeros((batch, model.fingers)), np.zeros(batch)
        self._permit, self.permitted = permit, np.zeros(batch)
        self._watch = Watch(model.fingers, model.rate, batch, self.config.leak)
        self._fresh = np.ones(batch, bool)

    def reset(self, hands: np.ndarray | None = None) -> None:
        """Forget the grasps of some hands (B,) or of all: they are taken anew at the next call."""
        self._fresh |= True if hands is None else hands
        if hands is None:
            self._filter.restart()

    def share(
        self,
        state: np.ndarray,
        keypoints: np.ndarray,
        reference: np.ndarray,
        guidance: float,
        lost: np.ndarray | None = None,
    ) -> np.ndarray:
        """The command that is to be followed, what is `carried` included.

        Args:
          state: (B, S) stacked observations.
          keypoints: (B, K, 3) commanded keypoints [m, hand frame].
          reference: (B, K, 3) keypoints at the last applied target [m, hand frame].
          guidance: strength; 0 leaves every finger where it is.
          lost: (B, J) what joints have lost of their grip [rad]; None for nothing.

        Returns:
          (B, K, 3) keypoints [m, hand frame].
        """
        config = self.config
        share = guidance / (guidance + config.together)
        told = np.maximum(self._seen(state), self._guessed(state, share))
        self._allow(told, keypoints, reference, guidance, lost)
        self.loaded = told * (1.0 - self.permitted[:, None])
        self._follow(reference)
        self._creep(keypoints, reference, (1.0 - share) * self._freedom(guidance))
        loaded = self.loaded[:, self._finger, None]
        asked = keypoints - self._anchor
        free = self._anchor + self._freedom(guidance) * asked
        bound = _shortened(asked, config.reach * (1.0 + guidance / config.together))
        rigid = self._rigid(bound)
        bearing = self._anchor + share * (rigid + share**2 * (bound - rigid))
        return loaded * bearing + (1.0 - loaded) * free

    def free(self, guidance: float) -> np.ndarray:
        """Share (B, F) of the command that each finger takes because it bears no load."""
        return (1.0 - self.loaded) * self._freedom(guidance)

    def _freedom(self, guidance: float) -> float:
        """Share of its command that a finger without any load takes."""
        return guidance**2 / (guidance**2 + self.config.free**2)

    def _allow(
        self,
        told: np.ndarray,
        keypoints: np.ndarray,
        reference: np.ndarray,
        guidance: float,
        lost: np.ndarray | None,
    ) -> None:
        """Ask what share of the command is permitted."""
        if self._permit is None:
            return
        lost = np.zeros_like(self._bend) if lost is None else lost
        points = (points[:, self._tips] for points in (reference, keypoints, self._anchor))
        features = self._watch.step(Seen(self._features, told, lost, *points), self._fresh)
        self.permitted = self._permit(features, self._watch.steady, guidance)
        self._watch.permitted(self.permitted)

    def _follow(self, reference: np.ndarray) -> None:
        """Let anchors follow what is applied, at once where no load is."""
        leak = 1.0 - np.exp(-self._dt / self.config.leak)
        follow = np.maximum(leak, 1.0 - self.loaded)[:, self._finger, None]
        follow = np.where(self._fresh[:, None, None], 1.0, follow)
        self._anchor = self._anchor + follow * (reference - self._anchor)
        self._meant[self._fresh] = 0.0
        self._fresh[:] = False

    def _creep(self, keypoints: np.ndarray, reference: np.ndarray, share: float) -> None:
        """Let anchors go along with a share of what is meant, as long as it keeps the grasp."""
        config = self.config
        follow = 1.0 - np.exp(-self._dt / config.intent)
        self._meant += follow * (keypoints - reference - self._meant)
        opened = self._opened(self._meant + reference)
        pace = np.clip((config.torn - opened) / (config.torn - config.kept), 0.0, 1.0)
        crept = share * (1.0 - np.exp(-self._dt / config.creep)) * pace
        self.pace = np.maximum(crept, self.permitted)
        step = crept[:, None, None] * self._meant
        self._anchor += step
        self.carried = self.loaded[:, self._finger, None] * step

    def _opened(self, meant: np.ndarray) -> np.ndarray:
        """How far (B,) keypoints (B, K, 3) would tear the grasp: most of any two loaded tips [m].

        Distances between tips are those of the object's contacts, however it moves. A finger that
        bears load alone does so against the palm: how far it is meant to go counts.
        """
        before, after = self._anchor[:, self._tips], meant[:, self._tips]
        grown = _distances(after) - _distances(before)
        both = self.loaded[:, :, None] * self.loaded[:, None]
        others = self.loaded[:, None] * ~np.eye(self._model.fingers, dtype=bool)
        alone = self.loaded * (1.0 - others.max(axis=2))
        alone = alone * np.linalg.norm(after - before, axis=-1)
        torn = both * np.maximum(grown, -self.config.closing * grown)
        return np.maximum(torn.max(axis=(1, 2)), alone.max(axis=1))

    def _seen(self, state: np.ndarray) -> np.ndarray:
        """Load (B, F) that shows in bends as far as the sensors are exact."""
        config, fresh = self.config, self._fresh[:, None]
        steps = state.reshape(len(state), self._model.history, -1)[:, :, -self._model.joints :]
        bend, noise = steps.mean(axis=1), _noise(steps)
        share = 1.0 - np.exp(-self._dt / config.settling)
        self._bend = np.where(fresh, bend, self._bend + share * (bend - self._bend))
        self._noise += np.where(self._fresh, 1.0, share) * (noise - self._noise)
        felt = np.stack([np.abs(self._bend[:, own]).max(axis=1) for own in self._joints], axis=1)
        kept = 0.5 ** (self._dt / config.long_memory) * self._bent
        self._bent = np.where(fresh, felt, np.maximum(felt, kept))
        light = config.light + config.blind * self._noise[:, None]
        return np.clip((self._bent - light) / (config.heavy - config.light), 0.0, 1.0)

    def _guessed(self, state: np.ndarray, share: float) -> np.ndarray:
        """Load (B, F) that the network tells; the larger the share, the surer it must be."""
        config, joints, fresh = self.config, self._model.joints, self._fresh
        newest = state.reshape(len(state), self._model.history, -1)[:, -1]
        first = 3 * self._model.fingers
        positions, targets = newest[:, first : first + joints], newest[:, -2 * joints : -joints]
        self._features = self._filter.step(positions, targets, fresh)
        presses = self._touch(self._features)
        doubtful = config.doubtful + config.boldness * share
        felt = np.clip((presses - doubtful) / (config.sure - config.doubtful), 0.0, 1.0)
        kept = np.exp(-self._dt / config.memory) * self._told
        self._told = np.where(fresh[:, None], felt, np.maximum(felt, kept))
        return self._told

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


UNKNOWN = 1.0
"""Noise of sensors where one step shows none: so much that bends alone tell nothing [rad]."""
DAMPING = 1e-4
"""Of the rigid motion's rotation, that of arms of a centimetre [m^2]."""


def _noise(steps: np.ndarray) -> np.ndarray:
    """Standard deviation (B,) of what differs from step to step (B, H, J) in most joints."""
    if steps.shape[1] < 2:
        return np.full(len(steps), UNKNOWN)
    return np.median(np.abs(np.diff(steps, axis=1)), axis=(1, 2)) / (0.6745 * np.sqrt(2.0))


def _owned(names: tuple[str, ...], fingers: tuple[str, ...]) -> np.ndarray:
    """(F, len(names)) whether a name is of a finger."""
    return np.array([[name.split('_')[0] == finger for name in names] for finger in fingers])


def _distances(points: np.ndarray) -> np.ndarray:
    """Distances (B, F, F) between each two of points (B, F, 3)."""
    return np.linalg.norm(points[:, :, None] - points[:, None], axis=-1)


def _shortened(vectors: np.ndarray, bound: float) -> np.ndarray:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors * np.minimum(1.0, bound / np.maximum(length, 1e-12))
