"""A hand that speaks one driver's interface: its own node, its own MuJoCo, late and shuffled.

Started as a process of its own by the tests: python peer_hand.py KIND [DELAY]. It shares no code
with the bridge's presets: names, order and zeros are written down here a second time.
"""

from collections import deque
import random
import sys
import time

from dexgen_description import hand_spec, load_hand
import mujoco
import numpy as np
import rclpy
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray
from trajectory_msgs.msg import JointTrajectory

FINGERS = ('index', 'middle', 'ring', 'thumb')
OURS = [f'{finger}_joint_{i}' for finger in FINGERS for i in range(4)]
LEAP_MOTORS = [
    f'{finger}_joint_{i}' for finger in FINGERS[:3] for i in (1, 0, 2, 3)
] + [f'thumb_joint_{i}' for i in range(4)]  # fmt: skip
# kind: hand, command topic and type, state topic, driver's names of its joints, whose joints
KINDS = {
    'isaac_sim': ('allegro_right', 'joint_command', JointState, 'joint_states', OURS, OURS),
    'allegro_v4': (
        'allegro_right', 'allegro_hand_position_controller/commands', Float64MultiArray,
        'joint_states', [f'ah_joint{f}{i}' for f in range(4) for i in range(4)], OURS,
    ),
    'allegro_v5': (
        'allegro_right', 'allegroHand_0/joint_cmd', JointState, 'allegroHand_0/joint_states',
        [f'joint_{i}_0' for i in range(16)], OURS,
    ),
    'leap': ('leap_right', 'cmd_leap', JointState, None, LEAP_MOTORS, LEAP_MOTORS),
    'ros2_control_trajectory': (
        'allegro_right', 'joint_trajectory_controller/joint_trajectory', JointTrajectory,
        'joint_states', OURS, OURS,
    ),
    'ros2_control_forward': (
        'allegro_right', 'forward_position_controller/commands', Float64MultiArray,
        'joint_states', OURS, OURS,
    ),
}  # fmt: skip
ZERO = {'leap': 3.14159}
STEP, PUBLISH_EVERY = 0.005, 2


class PeerHand:
    """A driver and its hand."""

    def __init__(self, node, kind: str, delay: float):
        hand, command, message, state, self._names, joints = KINDS[kind]
        self._node, self._kind = node, kind
        self._hand = load_hand(hand)
        self._model = hand_spec(self._hand, STEP).compile()
        self._model.opt.gravity[:] = [-9.81, 0.0, 0.0]
        self.data = mujoco.MjData(self._model)
        self._columns = [self._hand.joint_names.index(name) for name in joints]
        self._steps = round(delay / STEP)
        start = np.zeros(16) if kind == 'leap' else self._hand.pregrasp
        self.data.qpos[:] = self._target = np.array(start)
        self._waiting: deque = deque()
        node.create_subscription(message, command, self._command, 10)
        self._publisher = node.create_publisher(JointState, state, 10) if state else None
        self._truth = node.create_publisher(JointState, 'peer_truth', 10)
        self._count = 0
        node.create_timer(STEP, self.step)

    def _command(self, message) -> None:
        target = np.empty(16)
        if self._kind == 'isaac_sim':
            values = dict(zip(message.name, message.position, strict=True))
            target[:] = [values[name] for name in self._hand.joint_names]
        elif self._kind == 'ros2_control_trajectory':
            [point] = message.points
            values = dict(zip(message.joint_names, point.positions, strict=True))
            target[:] = [values[name] for name in self._hand.joint_names]
        else:  # These drivers take positions by their order and read no names.
            positions = message.position if hasattr(message, 'position') else message.data
            target[self._columns] = np.array(positions) - ZERO.get(self._kind, 0.0)
        self._waiting.append((self._count + self._steps, target))

    def step(self) -> None:
        """One step of physics; every other one is told."""
        self._count += 1
        while self._waiting and self._waiting[0][0] <= self._count:
            self._target = self._waiting.popleft()[1]
        self.data.ctrl[:] = self._target
        mujoco.mj_step(self._model, self.data)
        if self._count % PUBLISH_EVERY:
            return
        message = JointState(name=OURS, position=[self.data.joint(n).qpos[0] for n in OURS])
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._truth.publish(message)
        if self._publisher:
            shuffled = random.sample(range(16), 16)
            message.name = [self._names[i] for i in shuffled]
            message.position = [self.data.qpos[self._columns[i]] for i in shuffled]
            message.velocity = [self.data.qvel[self._columns[i]] for i in shuffled]
            self._publisher.publish(message)


def main() -> None:
    """Run until a signal."""
    rclpy.init()
    node = rclpy.create_node('peer_hand')
    PeerHand(node, sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 0.03)
    print(f'peer {sys.argv[1]} runs at {time.monotonic():.1f}', flush=True)
    try:
        rclpy.spin(node)
    except KeyboardInterrupt:
        pass


if __name__ == '__main__':
    main()
