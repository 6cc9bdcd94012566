"""From observation and command to motion and joint target, in physical units."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from dexgen_controller.arbitration import Arbitration
from dexgen_controller.checkpoint import Checkpoint
from dexgen_controller.command import command_offset
from dexgen_controller.grip import Grip
from dexgen_controller.guidance import (
    command_precision,
    guidance_table,
    GuidanceTable,
    interpolate_covariance,
)
from dexgen_controller.noise_schedule import NoiseSchedule
from dexgen_controller.runtime import build_runtime, Runtime
from dexgen_controller.sampling_config import SamplingConfig
from dexgen_controller.touch import TouchEstimator

WHOLE = 3.0
"""Guidance from which on reach and grip act in full; weaker, the prior shows, and at 0 alone."""


class Plan(NamedTuple):
    """What the model means to do.

    Attributes:
      motion: (B, T, K, 3) keypoint displacements from the present posture [m, hand frame].
      increment: (B, J) to add to the last applied target [rad].
      deviation: (B, J) standard deviation of the increment [rad].
      strain: (B,) how far guidance pulled the motion from the prior, root mean square of
        Mahalanobis distances per coordinate: about 1 and less where the prior agrees.
      spread: (B,) root mean square distance of the samples from their mean [m]; 0 with one sample.
      free: (B, F) share of each finger that goes where it is asked to, past the model.
      carried: (B, K, 3) where the keypoints of loaded fingers are moved besides, as their grasp
        goes along with the command [m, hand frame].
      trust: (B,) how far the command is trusted, 0 to 1.
    """

    motion: np.ndarray
    increment: np.ndarray
    deviation: np.ndarray
    strain: np.ndarray
    spread: np.ndarray
    free: np.ndarray
    carried: np.ndarray
    trust: np.ndarray


class MotionPlanner:
    """Plans for a fixed number of hands at once.

    Args:
      checkpoint: trained controller.
      sampling: how motions are drawn.
      batch: B, hands planned for in one call.
      runtime: of another planner with the same checkpoint, sampling and batch; built if None.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        sampling: SamplingConfig | None = None,
        batch: int = 1,
        runtime: Runtime | None = None,
    ):
        self.checkpoint = checkpoint
        self.sampling = sampling or SamplingConfig()
        self.batch = batch
        self.schedule = NoiseSchedule.build(self.sampling.steps, self.sampling.start)
        angles = self.schedule.angles[:-1]
        spread = checkpoint.spread
        self._covariance = interpolate_covariance(
            spread.covariance.astype(np.float64), spread.angles, angles
        )
        self._rows = batch * self.sampling.samples
        self.runtime = runtime or build_runtime(
            checkpoint,
            self.schedule,
            self._rows,
            self.sampling.backend,
            self.sampling.precision,
        )
        self._random = np.random.default_rng(self.sampling.seed)
        self._tables: tuple[bytes, GuidanceTable] | None = None
        floor = 1e-3 * np.eye(checkpoint.config.motion_size)
        self._information = np.linalg.inv(self._covariance + floor)
        self._last: np.ndarray | None = None
        self.arbitration = self.grip = None
        shares = self.sampling.arbitration
        if shares is not None:
            layout, config = checkpoint.hand, checkpoint.config
            touch = TouchEstimator(checkpoint.part('touch'))
            self.arbitration = Arbitration(layout, config, batch, touch, shares)
            finger = [layout.fingers.index(name.split('_')[0]) for name in layout.joint_names]
            self.grip = Grip(finger, config.rate, batch)

    def reset(self, hands: np.ndarray | None = None) -> None:
        """Forget the last plan and the grasp, of some hands (B,) or of all."""
        if self.arbitration is not None:
            self.arbitration.reset(hands)
            self.grip.reset(hands)
        if hands is None or self._last is None:
            self._last = None
        else:
            self._last[np.repeat(hands, self.sampling.samples)] = 0.0

    def plan(
        self,
        state: np.ndarray,
        keypoints: np.ndarray,
        reference: np.ndarray,
        guidance: float,
        mode: str | Sequence[str] = 'default',
        weights: np.ndarray | None = None,
    ) -> Plan:
        """Plan one control step.

        Args:
          state: (B, S) stacked observations.
          keypoints: (B, K, 3) commanded keypoints [m, hand frame].
          reference: (B, K, 3) keypoints at the last applied target [m, hand frame].
          guidance: strength, 0 = the prior alone.
          mode: label of the data, one for all hands or one for each.
          weights: (K,) weight of each keypoint's command, None for all 1.

        Raises:
          ValueError: the mode is none of the checkpoint's.
        """
        config, normaliser = self.checkpoint.config, self.checkpoint.normaliser
        free, kept = np.zeros((self.batch, config.fingers)), 0.0
        trust, trusted = np.zeros(self.batch), guidance
        carried = np.zeros_like(keypoints)
        if self.arbitration is not None:
            keypoints = self.arbitration.share(state, keypoints, reference, guidance)
            bend, arbitration = state[:, -config.joints :], self.arbitration
            behind = min(1.0, guidance / WHOLE)
            free = behind * arbitration.free(guidance)
            carried = behind * arbitration.carried
            keypoints = keypoints - carried
            trust, trusted = arbitration.trust.now, arbitration.trusted(guidance)
            kept = behind * self.grip.step(bend, arbitration.loaded, arbitration.pace)
        offset = command_offset(keypoints, reference, normaliser.command_bound)
        command = np.repeat(offset[:, None], config.steps, axis=1).reshape(self.batch, -1)
        command = command / normaliser.motion_scale
        if self.sampling.origin == 'command':
            guidance = trusted = 0.0
        table = self._table(guidance, trusted, weights)
        inputs = {
            'state': self._tile(state),
            'mode': self._tile(self._one_hot(mode)),
            'command': self._tile(command),
            'trust': self._tile(trust[:, None]),
            'start': self._start(self._tile(command)),
            'noise': self._noise(),
            'gain': np.ascontiguousarray(table.gain.transpose(0, 2, 1), dtype=np.float32),
            'lift': np.ascontiguousarray(table.lift.transpose(0, 2, 1), dtype=np.float32),
            'root': np.ascontiguousarray(table.root.transpose(0, 2, 1), dtype=np.float32),
            'bound': (normaliser.motion_bound / normaliser.motion_scale)[None].astype(np.float32),
        }
        plan = self._choose(self.runtime.run(inputs), free, carried, trust)
        return plan._replace(increment=plan.increment + kept)

    def _tile(self, array: np.ndarray) -> np.ndarray:
        return np.repeat(array, self.sampling.samples, axis=0).astype(np.float32)

    def _one_hot(self, mode: str | Sequence[str]) -> np.ndarray:
        modes = self.checkpoint.config.modes
        asked = [mode] * self.batch if isinstance(mode, str) else list(mode)
        for name in set(asked) - set(modes):
            raise ValueError(f"the checkpoint has no mode '{name}'; allowed: {', '.join(modes)}")
        return np.array([[name == known for known in modes] for name in asked], np.float32)

    def _start(self, command: np.ndarray) -> np.ndarray:
        signal, noise = np.cos(self.sampling.start), np.sin(self.sampling.start)
        drawn = noise * self.sampling.start_temperature
        start = drawn * self._random.standard_normal(command.shape)
        if self.sampling.origin == 'command':
            start += signal * command
        elif self.sampling.origin == 'plan' and self._last is not None:
            start += signal * self._last
        return start.astype(np.float32)

    def _noise(self) -> np.ndarray:
        shape = (self.sampling.steps, self._rows, self.checkpoint.config.motion_size)
        if self.sampling.temperature <= 0.0:
            return np.zeros(shape, np.float32)
        return self._random.standard_normal(shape).astype(np.float32)

    def _table(
        self, guidance: float, trusted: float, weights: np.ndarray | None
    ) -> GuidanceTable:
        config, normaliser = self.checkpoint.config, self.checkpoint.normaliser
        if weights is not None:
            weights = np.tile(np.repeat(weights, 3), config.steps)
        both = [
            command_precision(
                strength, normaliser.motion_scale, float(normaliser.motion_reference[0]), weights
            )
            for strength in (guidance, trusted)
        ]
        key = np.stack(both).tobytes()
        if self._tables is None or self._tables[0] != key:
            temperature = self.sampling.temperature
            table = guidance_table(self._covariance, both[0], temperature, both[1])
            self._tables = key, table
        return self._tables[1]

    def _choose(
        self,
        outputs: dict[str, np.ndarray],
        free: np.ndarray,
        carried: np.ndarray,
        trust: np.ndarray,
    ) -> Plan:
        config, normaliser = self.checkpoint.config, self.checkpoint.normaliser
        motion = outputs['motion']
        strain = self._strain(motion, outputs['means'])
        samples = self.sampling.samples
        rows = np.arange(self.batch) * samples
        best = rows + strain.reshape(self.batch, samples).argmin(axis=1)
        self._last = np.repeat(motion[best], samples, axis=0)
        metres = (motion * normaliser.motion_scale).reshape(
            self.batch, samples, config.steps, config.keypoints, 3
        )
        offsets = metres - metres.mean(axis=1, keepdims=True)
        return Plan(
            motion=metres.reshape(self._rows, config.steps, config.keypoints, 3)[best],
            increment=outputs['increment'][best] * normaliser.target_scale,
            deviation=np.exp(outputs['log_deviation'][best]) * normaliser.target_scale,
            strain=strain[best],
            spread=np.sqrt((offsets**2).sum(axis=-1).mean(axis=(1, 2, 3))),
            free=free,
            carried=carried,
            trust=trust.copy(),
        )

    def _strain(self, motion: np.ndarray, means: np.ndarray) -> np.ndarray:
        error = motion[None] - means
        distance = ((error @ self._information) * error).sum(axis=-1) / motion.shape[-1]
        return np.sqrt(distance.mean(axis=0))
