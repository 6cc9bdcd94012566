"""The joints of a peer (a real hand, another simulator) against ours: names, order, sign, zero."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class JointMap:
    """Maps joint values: theirs = sign * ours + offset.

    Attributes:
      joint_names: (J,) our names in the hand's order.
      peer_names: (J,) the peer's names in the order of its commands.
      order: (J,) index of our joint behind each of them.
      sign: (J,) 1 or -1, in the peer's order.
      offset: (J,) the peer's value where ours is zero, in the peer's order [rad].
    """

    joint_names: tuple[str, ...]
    peer_names: tuple[str, ...]
    order: np.ndarray
    sign: np.ndarray
    offset: np.ndarray

    @classmethod
    def build(
        cls,
        joint_names: Sequence[str],
        peers: dict[str, str] | None = None,
        sign: dict[str, float] | None = None,
        offset: float | dict[str, float] = 0.0,
    ) -> 'JointMap':
        """Build a map from names.

        Args:
          joint_names: our names in the hand's order.
          peers: their name -> ours, in the order of their commands; None: the same as ours.
          sign: of our joints that turn the other way.
          offset: one for all, or by our name [rad].

        Raises:
          ValueError: a joint is missing, unknown, or mapped twice; a sign is not 1 or -1.
        """
        peers = peers or {name: name for name in joint_names}
        mapped, known = list(peers.values()), set(joint_names)
        offsets = dict.fromkeys(joint_names, offset) if not isinstance(offset, dict) else offset
        signs = sign or {}
        twice = {name for name in mapped if mapped.count(name) > 1}
        unknown = ({*mapped, *signs, *offsets} - known) | twice
        if unknown:
            raise ValueError(
                f'joints {", ".join(sorted(unknown))} are unknown or mapped twice; '
                f'the hand has {", ".join(joint_names)}'
            )
        if set(mapped) != known:
            raise ValueError(f'joints {", ".join(sorted(known - set(mapped)))} are not mapped')
        if not {*signs.values()} <= {1, -1}:
            raise ValueError(f'signs are {sorted(set(signs.values()))}; each must be 1 or -1')
        index = {name: number for number, name in enumerate(joint_names)}
        return cls(
            tuple(joint_names),
            tuple(peers),
            np.array([index[name] for name in mapped]),
            np.array([float(signs.get(name, 1)) for name in mapped]),
            np.array([float(offsets.get(name, 0.0)) for name in mapped]),
        )

    @property
    def identical(self) -> bool:
        """Whether names and values, by name, are the same as ours."""
        same_names = self.peer_names == tuple(self.joint_names[i] for i in self.order)
        return same_names and bool(np.all(self.sign == 1.0) and np.all(self.offset == 0.0))

    def to_peer(self, positions: np.ndarray) -> np.ndarray:
        """Our positions (J,) as the peer's, in the order of its commands [rad]."""
        return self.sign * np.asarray(positions)[self.order] + self.offset

    def from_peer(self, positions: np.ndarray) -> np.ndarray:
        """The peer's positions (J,), in the order of its commands, as ours [rad]."""
        ours = np.empty(len(self.order))
        ours[self.order] = self.sign * (np.asarray(positions) - self.offset)
        return ours

    def rates_from_peer(self, rates: np.ndarray) -> np.ndarray:
        """The peer's velocities or efforts (J,) as ours: the sign without the offset."""
        ours = np.empty(len(self.order))
        ours[self.order] = self.sign * np.asarray(rates)
        return ours

    def columns(self, names: Sequence[str]) -> np.ndarray | None:
        """Columns of a message with these names in the peer's order; None where it has none.

        Raises:
          ValueError: some of the joints are there and others are not.
        """
        index = {name: column for column, name in enumerate(names)}
        missing = [name for name in self.peer_names if name not in index]
        if len(missing) == len(self.peer_names):
            return None
        if missing:
            raise ValueError(
                f'joint_states has {", ".join(names)}; missing {", ".join(missing)}'
            )
        return np.array([index[name] for name in self.peer_names])
