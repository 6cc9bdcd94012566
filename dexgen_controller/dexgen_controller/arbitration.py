"""What share of a command each finger takes: the grasp's memory in front of guidance.

A command is absolute and steady where the model knows four steps: moved a little at every tick, a
hand that follows it would leave any grasp in the end. So every finger has an *anchor*, where its
keypoints were when it took up its load. A finger that bears none goes where it is asked to. One
that bears load stays at its anchor but for a share of the command, most of which the loaded
fingers take together, as one rigid body: that moves the object instead of squeezing or losing it.
Besides it gives way by a share of the command's first centimetres, as long as it is asked to, by
as much as does not open the grasp, see `yielding`.
Its anchor creeps along with commands that keep the grasp's shape, the distances between the tips
of loaded fingers, as those of a person who moves the object do; one that draws them apart asks
them to let go, and is refused. A command that is trusted, see `trust`, is followed nearly whole.

Which fingers bear load `load` tells.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dexgen_controller.checkpoint import HandLayout
from dexgen_controller.load import Load, LoadConfig, owned
from dexgen_controller.model_config import ModelConfig
from dexgen_controller.trust import ramp, Trust, TrustConfig
from dexgen_controller.yielding import without_opening


@dataclass(frozen=True)
class ArbitrationConfig:
    """How commands are shared out.

    Attributes:
      reach: farthest that a keypoint of a loaded finger is taken for commanded, at guidance 0; it
        doubles with guidance `together` [m].
      leak: time in which an anchor follows what is applied [s].
      forget: time in which the shape of a grasp that is remembered follows what is applied [s].
      intent: time constant of the filter that tells what is meant from what trembles [s].
      creep: time in which an anchor goes as far as is meant, if the command trembles [s].
      lingering: by what share it creeps more slowly if the command does not, and is not trusted.
      kept, torn: anchors follow in full what is meant to open the remembered grasp, between any
        two loaded tips, by less than the one, and nothing that opens it by more than the other
        [m].
      closing: what closing the grasp counts of that, as it squeezes harder but does not let go.
      whole, open: a command is trusted as far as it may be while it is meant to open the grasp by
        less than the one, and not at all where it does so by more than the other; fingers give way
        in full below that, and no longer where it is twice as much [m].
      together: guidance at which loaded fingers take half of the command's rigid part.
      free: guidance at which a free finger takes half of its command.
      calm: by what share it takes less of a command that trembles.
      give: share of its command that a loaded finger gives way by, past the model, at most.
      slack: a command beyond this distance from the anchor is cut off there for that [m].
      trusted: guidance with which a command that is trusted in full is followed at least.
      past: power of the share of the loaded fingers' commands that goes past the model: next to
        nothing of a small share, most of a large one.
      trust: which commands are trusted.
      load: which fingers bear load.
    """

    reach: float = 0.01
    leak: float = 10.0
    forget: float = 30.0
    intent: float = 0.2
    creep: float = 0.3
    lingering: float = 0.7
    kept: float = 0.01
    torn: float = 0.02
    closing: float = 0.5
    whole: float = 0.02
    open: float = 0.04
    together: float = 30.0
    free: float = 1.5
    calm: float = 0.5
    give: float = 0.5
    slack: float = 0.025
    trusted: float = 600.0
    past: float = 8.0
    trust: TrustConfig = TrustConfig()
    load: LoadConfig = LoadConfig()


class Arbitration:
    """Shares out the commands of a batch of hands; remembers their grasps.

    `trust` says how far the command is trusted, `pace` (B,) by what share of what is meant the
    anchors crept in the last step, `carried` (B, K, 3) how far that, and giving way, moved the
    keypoints of loaded fingers [m].

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
        self._load = Load(layout, model, batch, touch, self.config.load)
        self._finger = owned(layout.keypoint_names, layout.fingers).argmax(axis=0)
        points = list(layout.keypoint_names)
        tips = [f'{finger}_tip' for finger in layout.fingers]
        if set(tips) - set(points):
            raise ValueError(f'commands are shared out by {tips}; the checkpoint has {points}')
        self._tips = np.array([points.index(tip) for tip in tips])
        self._anchor = np.zeros((batch, model.keypoints, 3))
        self._shape = np.zeros((batch, model.fingers, 3))
        self._meant, self._given, self.carried = np.zeros((3, *self._anchor.shape))
        self.pace = np.zeros(batch)
        self.trust = Trust(model.fingers, model.rate, batch, self.config.trust)
        self._fresh = np.ones(batch, bool)

    def reset(self, hands: np.ndarray | None = None) -> None:
        """Forget the grasps of some hands (B,) or of all: they are taken anew at the next call."""
        self._fresh |= True if hands is None else hands
        if hands is None:
            self._load.restart()

    @property
    def loaded(self) -> np.ndarray:
        """How surely (B, F) each finger bears load, 0 to 1."""
        return self._load.loaded

    def share(
        self, state: np.ndarray, keypoints: np.ndarray, reference: np.ndarray, guidance: float
    ) -> np.ndarray:
        """The command that is to be followed, what is `carried` included.

        Args:
          state: (B, S) stacked observations.
          keypoints: (B, K, 3) commanded keypoints [m, hand frame].
          reference: (B, K, 3) keypoints at the last applied target [m, hand frame].
          guidance: strength; 0 leaves every finger where it is.

        Returns:
          (B, K, 3) keypoints [m, hand frame].
        """
        fresh, own = self._fresh.copy(), self._own(guidance)
        self._given[fresh] = 0.0
        reference = reference - self._given
        self.trust.forget(fresh)
        self._feel(state, reference, guidance)
        self._intend(keypoints - reference)
        opening, torn = self._changes(self._meant + reference)
        ahead = (keypoints - reference)[:, self._tips] / (1.0 - own)
        whole = ramp(-opening, -self.config.open, -self.config.whole)
        self.trust.step(ahead, self.loaded, whole, fresh)
        slowly = 1.0 - self.config.lingering * self.trust.steady * (1.0 - self.trust.now)
        self._creep(torn, (1.0 - own) * self._freedom(guidance) * slowly)
        loaded = self.loaded[:, self._finger, None]
        asked = keypoints - self._anchor
        free = self._anchor + self._freedom(guidance) * asked
        share = self._bearing(guidance)[:, None, None]
        bound = _shortened(asked, self.config.reach / (1.0 - share))
        rigid = self._rigid(bound)
        self._give(asked, (1.0 - share[:, 0, 0]) * self._freedom(guidance), opening)
        together = share * (rigid + share**2 * (bound - rigid))
        bearing = self._anchor + self._given + together
        return loaded * bearing + (1.0 - loaded) * free

    def free(self, guidance: float) -> np.ndarray:
        """Share (B, F) of the command that each finger takes past the model.

        It bears no load, or commands are followed so far that the model only lags behind.
        """
        past = self._own(guidance) ** self.config.past
        calm = 1.0 - self.config.calm * (1.0 - self.trust.steady[:, None])
        return (1.0 - self.loaded * (1.0 - past)) * calm * self._freedom(guidance)

    def trusted(self, guidance: float) -> float:
        """Strength with which a command that is trusted in full is followed; 0 at 0."""
        return max(guidance, self._freedom(guidance) * self.config.trusted)

    def _own(self, guidance: float) -> float:
        """Share that loaded fingers take of a command that is meant but not trusted."""
        return guidance / (guidance + self.config.together)

    def _bearing(self, guidance: float) -> np.ndarray:
        """Share (B,) that loaded fingers take: more of what is trusted, less of what trembles."""
        least, most = self._least(guidance), self._own(self.trusted(guidance))
        return least + (most - least) * self.trust.now

    def _least(self, guidance: float) -> np.ndarray:
        """Share (B,) that loaded fingers take of a command that is not trusted."""
        own = self._own(guidance)
        return own * (own + (1.0 - own) * self.trust.steady)

    def _freedom(self, guidance: float) -> float:
        """Share of its command that a finger without any load takes."""
        return guidance**2 / (guidance**2 + self.config.free**2)

    def _feel(self, state: np.ndarray, reference: np.ndarray, guidance: float) -> None:
        """Bring loads and anchors up to date."""
        config, fresh = self.config, self._fresh[:, None]
        self._load.step(state, self._bearing(guidance), self._least(guidance), self._fresh)
        leak = 1.0 - np.exp(-self._dt / config.leak)
        follow = np.maximum(leak, 1.0 - self.loaded)[:, self._finger, None]
        self._anchor = np.where(
            fresh[:, None], reference, self._anchor + follow * (reference - self._anchor)
        )
        forget = 1.0 - np.exp(-self._dt / config.forget)
        follow, tips = np.maximum(forget, 1.0 - self._load.held)[:, :, None], self._tips
        shape = self._shape + follow * (reference[:, tips] - self._shape)
        self._shape = np.where(fresh[:, :, None], reference[:, tips], shape)
        self._meant[self._fresh] = 0.0
        self._fresh[:] = False

    def _intend(self, offset: np.ndarray) -> None:
        """Tell what is meant from what trembles in how far (B, K, 3) keypoints are asked to go."""
        follow = 1.0 - np.exp(-self._dt / self.config.intent)
        self._meant += follow * (offset - self._meant)

    def _give(self, asked: np.ndarray, share: np.ndarray, opening: np.ndarray) -> None:
        """Give way by a share of what is asked (B, K, 3), without opening the grasp.

        A finger that presses alone, against the palm, does not, and none where what is meant opens
        the grasp by far (B,) [m].
        """
        share = share * ramp(-opening, -2.0 * self.config.open, -self.config.open)
        share = (share * self.config.give * self.trust.steady)[:, None, None]
        loaded = (self.loaded * self._others().max(axis=2))[:, self._finger, None]
        given = share * loaded * _shortened(asked, self.config.slack)
        tips = given[:, self._tips]
        kept = without_opening(tips, self._anchor[:, self._tips], self.loaded)
        given = given + loaded * (kept - tips)[:, self._finger]
        self.carried = self.carried + given - self._given
        self._given = given

    def _creep(self, torn: np.ndarray, share: np.ndarray) -> None:
        """Let anchors go along with a share of what is meant, as long as it keeps the grasp."""
        config = self.config
        pace = ramp(-torn, -config.torn, -config.kept)
        self.pace = share * (1.0 - np.exp(-self._dt / config.creep)) * pace
        step = self.pace[:, None, None] * self._meant
        self._anchor += step
        self.carried = self.loaded[:, self._finger, None] * step

    def _changes(self, meant: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """How far (B,) keypoints (B, K, 3) would open the grasp, and how far they would tear it.

        Distances between tips are those of the object's contacts, however it moves, and compared
        with those of when it was grasped: most of any two loaded tips counts [m], unless they are
        on their way back. A finger that bears load alone does so against the palm: how far it is
        meant to go counts.
        """
        before, after = self._anchor[:, self._tips], meant[:, self._tips]
        apart = _distances(after)
        opens = apart > _distances(before)
        grown = apart - _distances(self._shape)
        both = self.loaded[:, :, None] * self.loaded[:, None]
        alone = self.loaded * (1.0 - self._others().max(axis=2))
        alone = alone * np.linalg.norm(after - before, axis=-1)
        opened, closed = opens * np.maximum(grown, 0.0), ~opens * np.maximum(-grown, 0.0)
        torn = both * np.maximum(opened, self.config.closing * closed)
        held = self._load.held[:, :, None] * self._load.held[:, None]
        opening = (held * opened).max(axis=(1, 2))
        return opening, np.maximum(torn.max(axis=(1, 2)), alone.max(axis=1))

    def _others(self) -> np.ndarray:
        """Loads (B, F, F) that each finger has beside it, its own left out."""
        return self.loaded[:, None] * ~np.eye(self._model.fingers, dtype=bool)

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


def _distances(points: np.ndarray) -> np.ndarray:
    """Distances (B, F, F) between each two of points (B, F, 3)."""
    return np.linalg.norm(points[:, :, None] - points[:, None], axis=-1)


def _shortened(vectors: np.ndarray, bound: float) -> np.ndarray:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors * np.minimum(1.0, bound / np.maximum(length, 1e-12))
