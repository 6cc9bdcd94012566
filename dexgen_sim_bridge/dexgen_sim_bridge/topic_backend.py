"""A hand behind ROS 2 topics: targets go out while RUNNING, joint states come back or it fails."""

from collections.abc import Callable, Sequence
import threading

from dexgen_description import Hand
import numpy as np

from dexgen_sim_bridge.backend import BackendError, Measured
from dexgen_sim_bridge.preset import Preset

TAIL = 0.25
"""How long the held target is sent on after a session [s]; then the driver keeps it."""
BEYOND = 1.0
"""How far outside of its range a joint may be measured [rad]; farther is no measurement."""


class TopicBackend:
    """A hand that a preset describes.

    Targets are sent at the preset's rate while a session runs, and the held one a moment longer;
    outside of a session nothing is sent, so that a restarted bridge never takes the grip from a
    hand that holds something.

    Args:
      hand: our description of it.
      preset: how it is spoken to.
      send: sends positions in the peer's order (J,) [rad].
    """

    simulated = False
    object_name = ''

    def __init__(self, hand: Hand, preset: Preset, send: Callable[[np.ndarray], None]):
        self.hand = hand
        self.preset = preset
        self.name = preset.name
        self._send = send
        self._lock = threading.Lock()
        self._measured: Measured | None = None
        self._trouble: BackendError | None = None
        self._names: tuple[str, ...] | None = None
        self._columns: np.ndarray | None = None
        self._assumed = preset.start
        self._next_send = 0.0
        self._quiet_at = 0.0

    @property
    def waiting(self) -> str:
        """What it waits for before the first measurement."""
        return f'no message on {self.preset.state.topic} yet' if self.preset.state else ''

    def hear(
        self,
        names: Sequence[str],
        positions: Sequence[float],
        velocities: Sequence[float],
        efforts: Sequence[float],
        now: float,
    ) -> None:
        """Take the hand's JointState, received at steady time `now` [s].

        Messages with none of the hand's joints are another robot's, or our own, and are ignored.
        A message with some of them, or with values that are not finite or far out of range, is a
        failure of the hand.
        """
        try:
            names = tuple(names)
            if names != self._names:
                self._names, self._columns = names, self.preset.joints.columns(names)
            if self._columns is None:
                return
            measured = self._read(positions, velocities, efforts, now)
        except (ValueError, IndexError) as error:
            with self._lock:
                self._names = None
                self._trouble = BackendError('JOINT_NAMES', f'{self.name}: {error}')
            return
        with self._lock:
            if measured is None:
                self._trouble = BackendError(
                    'NOT_FINITE', f'{self.name}: joint_states has values that are not finite'
                )
            elif (far := self._out_of_range(measured.positions)) >= 0:
                self._trouble = BackendError(
                    'OUT_OF_RANGE',
                    f'{self.name}: {self.hand.joint_names[far]} at {measured.positions[far]:.3g} '
                    f'rad; its range is {self.hand.lower[far]:.3g} to {self.hand.upper[far]:.3g}',
                )
            else:
                self._measured, self._trouble = measured, None

    def _out_of_range(self, positions: np.ndarray) -> int:
        """The first joint that cannot be where it was measured, or -1."""
        far = (positions < self.hand.lower - BEYOND) | (positions > self.hand.upper + BEYOND)
        return int(np.argmax(far)) if far.any() else -1

    def _read(self, positions, velocities, efforts, now: float) -> Measured | None:
        joints, columns = self.preset.joints, self._columns
        if len(positions) != len(self._names):
            raise ValueError(
                f'joint_states has {len(self._names)} names and {len(positions)} positions'
            )
        ours = joints.from_peer(np.asarray(positions, float)[columns])
        if not np.isfinite(ours).all():
            return None
        if len(velocities) == len(self._names):
            rates = joints.rates_from_peer(np.asarray(velocities, float)[columns])
        else:
            rates = self._difference(ours, now)
        if len(efforts) == len(self._names):
            torques = joints.rates_from_peer(np.asarray(efforts, float)[columns])
        else:
            torques = np.zeros(len(ours))
        return Measured(ours, _finite(rates), _finite(torques), now)

    def _difference(self, positions: np.ndarray, now: float) -> np.ndarray:
        """Velocities of a hand that does not tell them."""
        last = self._measured
        if last is None or now - last.time < 1e-4:
            return np.zeros(len(positions))
        return (positions - last.positions) / (now - last.time)

    def measure(self, now: float) -> Measured | None:
        """The newest measurement; None before the first one.

        Raises:
          BackendError: SILENT_HAND, JOINT_NAMES, NOT_FINITE or OUT_OF_RANGE.
        """
        state = self.preset.state
        if state is None:
            still = np.zeros(len(self._assumed))
            return Measured(self._assumed, still, still, now)
        with self._lock:
            measured, trouble = self._measured, self._trouble
        if trouble:
            raise trouble
        if measured is not None and now - measured.time > state.silence:
            raise BackendError(
                'SILENT_HAND',
                f'{self.name}: no message on {state.topic} for {now - measured.time:.2f} s',
            )
        return measured

    def step(self, target: np.ndarray, following: bool, now: float) -> Measured | None:
        """Send the target (J,) [rad] when it is due, then measure."""
        measured = self.measure(now)
        if following:
            self._quiet_at = now + TAIL
        if now < self._quiet_at and now >= self._next_send:
            self._next_send = max(self._next_send + 1.0 / self.preset.command.rate, now)
            self._send(self.preset.joints.to_peer(target))
            if self._assumed is not None:
                self._assumed = np.array(target)
        return measured

    def reset(self, now: float) -> Measured | None:
        """Nothing is moved; what the hand tells now must be sound."""
        return self.measure(now)

    def close(self) -> None:
        """Nothing to release."""


def _finite(values: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(values), values, 0.0)
