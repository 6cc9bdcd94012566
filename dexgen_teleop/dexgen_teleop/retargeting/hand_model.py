"""The robot hand's model for inverse kinematics: keypoints, fingertips, near contacts."""

from typing import NamedTuple

from dexgen_description import Hand, hand_spec
import mink
import mujoco
import numpy as np


class Nearness(NamedTuple):
    """Gaps between shapes that may touch, below the detection distance.

    Attributes:
      gap: (C,) surface distance [m], negative inside each other.
      margin: (C,) distance to keep [m].
      jacobian: (C, J) derivative of the gap by the joints [m/rad].
    """

    gap: np.ndarray
    margin: np.ndarray
    jacobian: np.ndarray


class HandModel:
    """A hand without object, gravity or dynamics, in a posture.

    Joints are in the order of `hand.joint_names`, whatever that of the MuJoCo model is.

    Args:
      hand: the description.
      detection: gap [m] below which pairs of shapes are looked at.

    Attributes:
      configuration: mink's configuration of the model.
      q: (J,) the posture [rad].
    """

    def __init__(self, hand: Hand, detection: float):
        self.hand = hand
        spec = hand_spec(hand)
        centres = self._add_tip_centres(spec)
        for pair in spec.pairs:
            pair.margin, pair.gap = detection, 0.0
        self.model = model = spec.compile()
        self.configuration = mink.Configuration(model)
        self.q = np.zeros(len(hand.joint_names))
        order = np.array([model.joint(name).dofadr[0] for name in hand.joint_names])
        self._order = None if (order == np.arange(model.nv)).all() else order
        names = (*hand.keypoint_names, *centres)
        self._sites = np.array([model.site(name).id for name in names])
        self._margins = self._pair_margins()
        self._jacobian = np.zeros((len(self._sites), 3, model.nv))

    def _add_tip_centres(self, spec: mujoco.MjSpec) -> list[str]:
        """Add a site at the centre of each fingertip's sphere."""
        names = []
        for finger, index, radius in zip(
            self.hand.fingers, self.hand.tip_indices, self.hand.tip_radius, strict=True
        ):
            point = self.hand.keypoints[index]
            names.append(f'{finger}_tip_centre')
            centre = point.pos * (1.0 - radius / np.linalg.norm(point.pos))
            spec.body(self.hand.links[point.link].name).add_site(name=names[-1], pos=centre)
        return names

    def _pair_margins(self) -> np.ndarray:
        """(G, G) margins [m] of the pairs of geoms, in either order."""
        margins = np.zeros((self.model.ngeom, self.model.ngeom))
        for pair in self.hand.collision_pairs:
            first, second = (self.model.geom(name).id for name in (pair.first, pair.second))
            margins[first, second] = margins[second, first] = pair.margin
        return margins

    def set_posture(self, q: np.ndarray) -> None:
        """Move the hand to the posture q (J,) [rad]."""
        self.q = q
        if self._order is None:
            self.configuration.update(q)
        else:
            self.configuration.data.qpos[self._order] = q
            self.configuration.update()

    def points(self) -> np.ndarray:
        """(K + F, 3) keypoints, then centres of the fingertips [m], hand frame."""
        return self.configuration.data.site_xpos.take(self._sites, 0)

    def jacobian(self) -> np.ndarray:
        """(K + F, 3, J) derivative of `points` [m/rad]; overwritten by the next call."""
        model, data = self.model, self.configuration.data
        for site, jacobian in zip(self._sites.tolist(), self._jacobian, strict=True):
            mujoco.mj_jacSite(model, data, jacobian, None, site)
        return self._ordered(self._jacobian)

    def nearness(self) -> Nearness | None:
        """Pairs of shapes nearer than the detection distance; None when there are none."""
        model, data = self.model, self.configuration.data
        mujoco.mj_collision(model, data)
        count = data.ncon
        if not count:
            return None
        contacts = data.contact
        normals, places, geoms = contacts.frame[:, None, :3], contacts.pos, contacts.geom
        moved = np.empty((2, count, 3, model.nv))
        for i, bodies in enumerate(model.geom_bodyid[geoms].tolist()):
            for side, body in enumerate(bodies):
                mujoco.mj_jac(model, data, moved[side, i], None, places[i], body)
        jacobian = (normals @ (moved[1] - moved[0]))[:, 0]
        margin = self._margins[geoms[:, 0], geoms[:, 1]]
        return Nearness(contacts.dist.copy(), margin, self._ordered(jacobian))

    def _ordered(self, columns: np.ndarray) -> np.ndarray:
        return columns if self._order is None else columns[..., self._order]
