"""Retargeter, controller, gate and simulation in lockstep on the time of a bag.

The same cores as in the nodes, with the bag's time in place of every clock: each step of the
simulation first takes what had arrived by then, then ticks the controller where it is due, then
steps the bridge. Two runs of one bag on one machine give the same bits.
"""

from collections.abc import Iterator
import itertools
from typing import NamedTuple

from dexgen_controller.controller import Controller, Inputs, JointReading
from dexgen_controller.modes import build_policies
from dexgen_controller.policies import Command
from dexgen_description import load_hand
from dexgen_sim_bridge.bridge import Bridge, BridgeSettings
from dexgen_sim_bridge.gate import Target
from dexgen_sim_bridge.mujoco_backend import MujocoBackend
from dexgen_sim_bridge.scene import SceneConfig
from dexgen_sim_bridge.wrist import wrist_orientation
from dexgen_teleop.retargeting import load, RefusedHandError, Retargeter
import numpy as np

from dexgen_session.bag.decoder import BagDecoder
from dexgen_session.bag.mcap_file import Sample
from dexgen_session.bag.reader import BagReader
from dexgen_session.rerun.settings import RerunSettings

RUNNING = 2
"""StackState.RUNNING."""
STATES_EVERY = 2
"""One of so many steps is reported, as by the bridge."""
LANDMARKS, COMMANDS, STATES = '/hand_landmarks', '/keypoint_command', '/stack_state'


class Moment(NamedTuple):
    """What happened at one time [ns]: a command, a target or a posture; the others are None."""

    time: int
    command: Command | None = None
    target: Target | None = None
    posture: np.ndarray | None = None


class Rerun:
    """Runs the operator's side of a bag through the stack's cores.

    Args:
      bag: the bag; its landmarks are retargeted again where it has any, else its commands used.
      settings: the stack.

    Raises:
      ValueError: the bag has neither landmarks nor commands, or a setting names nothing.
    """

    def __init__(self, bag: BagReader, settings: RerunSettings):
        self._bag, self._decoder = bag, BagDecoder(bag)
        has_landmarks = LANDMARKS in bag.topics and bag.topics[LANDMARKS].count > 0
        self._source = LANDMARKS if has_landmarks else COMMANDS
        bag.require((self._source, STATES))
        self.hand = load_hand(settings.hand)
        self._retargeter = Retargeter(self.hand, load(settings.hand))
        built = build_policies(self.hand, settings.checkpoint, settings.rate)
        self._rate = built.rate
        self._controller = Controller(
            built.kinematics,
            len(self.hand.keypoint_names),
            built.policies,
            built.mode(settings.mode),
            1.0 / built.rate,
            steps=built.history,
        )
        self._controller.set_guidance(built.strength(settings.guidance))
        self._bridge = self._new_bridge(settings, built.rate)
        self._step = 1.0 / settings.physics_rate
        self._command: Command | None = None
        self._running = False

    def _new_bridge(self, settings: RerunSettings, rate: float) -> Bridge:
        wrist = wrist_orientation(settings.wrist, self.hand.side)
        timestep = 1.0 / settings.physics_rate
        backend = MujocoBackend(
            self.hand, settings.object, SceneConfig(timestep=timestep, wrist=wrist)
        )
        sessions = itertools.count(1)
        return Bridge(
            self.hand,
            backend,
            BridgeSettings(timestep=timestep, control_rate=rate),
            lambda: next(sessions),
            0.0,
        )

    def __iter__(self) -> Iterator[Moment]:
        samples = self._bag.samples({self._source, STATES})
        waiting = next(samples, None)
        ticks, start = 0, self._bag.start
        for number in itertools.count():
            now = number * self._step
            time = start + round(1e9 * now)
            while waiting is not None and waiting.received <= time:
                yield from self._hear(waiting, now)
                waiting = next(samples, None)
            if now * self._rate >= ticks:
                ticks += 1
                yield from self._tick(now, time)
            step = self._bridge.step(now)
            if step is not None and number % STATES_EVERY == 0:
                yield Moment(time, posture=step.measured.positions)
            if time > self._bag.end:
                return

    def _hear(self, sample: Sample, now: float) -> Iterator[Moment]:
        message = self._decoder.decode(sample)
        if sample.topic == STATES:
            self._follow(message.state == RUNNING, now)
            return
        command = self._commanded(message, now)
        if command is not None:
            self._command = command
            yield Moment(sample.received, command=command)

    def _follow(self, running: bool, now: float) -> None:
        if running != self._running:
            self._running = running
            if running:
                self._bridge.engage(now)
            else:
                self._bridge.disengage()

    def _commanded(self, message, now: float) -> Command | None:
        stamp = message.header.stamp.sec + 1e-9 * message.header.stamp.nanosec
        if self._source == LANDMARKS:
            if not message.valid:
                return None
            points = np.array([(p.x, p.y, p.z) for p in message.points])
            try:
                result = self._retargeter.retarget(
                    points, stamp, np.array(message.point_valid, bool)
                )
            except RefusedHandError:
                return None
            return Command(result.keypoints, result.joints, message.sequence, now, stamp)
        keypoints = dict(zip(message.keypoint_names, message.keypoints, strict=True))
        joints = dict(zip(message.joint_names, message.joint_positions, strict=True))
        points = [keypoints[name] for name in self.hand.keypoint_names]
        return Command(
            np.array([(p.x, p.y, p.z) for p in points]),
            np.array([joints[name] for name in self.hand.joint_names]),
            message.sequence,
            now,
            stamp,
        )

    def _tick(self, now: float, time: int) -> Iterator[Moment]:
        step = self._bridge.snapshot()
        if step is None:
            return
        inputs = Inputs(
            command=self._command,
            posture=JointReading(step.measured.positions, now),
            applied=JointReading(step.applied.position, now),
            session_id=step.session_id,
        )
        tick = self._controller.tick(inputs, now, 1e-9 * time)
        if tick.target is not None:
            target = Target(
                tick.session_id, tick.sequence, self.hand.joint_names, tick.target.tolist(), 0.0
            )
            self._bridge.receive(target, now)
            yield Moment(time, target=target)
