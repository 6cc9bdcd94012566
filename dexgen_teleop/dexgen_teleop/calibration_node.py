"""Node `calibration`: five seconds of open hand, fist and pinch; writes the operator's scales."""

from pathlib import Path

from dexgen_description import load_hand
from dexgen_msgs.msg import HandLandmarks
from dexgen_node import topics
from dexgen_node.parameters import declare
from dexgen_node.run import run_node
import numpy as np
import rclpy
from rclpy.node import Node

from dexgen_teleop.landmarks import Handedness
from dexgen_teleop.retargeting import load
from dexgen_teleop.retargeting.calibration import (
    calibrate,
    Calibration,
    DURATION,
    PROMPTS,
    save,
)

RETRY = 1.0
"""Time between two tries to write the scales [s]."""


class CalibrationNode(Node):
    """Listens to `hand_landmarks` from the first hand on, tells the operator what to do, fits."""

    def __init__(self):
        super().__init__('calibration')
        name = declare(self, 'hand', 'allegro_right', 'name of the hand description')
        path = declare(self, 'config', '', 'retargeting configuration; empty: the shipped one')
        default = f'~/.config/dexgen/{name}_calibration.yaml'
        declare(self, 'file', default, 'where the scales are written', read_only=False)
        self._hand, self._config = load_hand(name), load(name, path)
        self._side = Handedness.of(self._hand.side)
        self._result: Calibration | None = None
        self._refused = ''
        self._frames: list[np.ndarray] = []
        self._begin: float | None = None
        self._prompts = list(PROMPTS)
        self._subscription = topics.HAND_LANDMARKS.subscription(self, self._on_landmarks)
        self.get_logger().info(f'show the {self._hand.side} hand to the camera')

    def _on_landmarks(self, message: HandLandmarks) -> None:
        if self._result is not None or not message.valid or message.handedness != self._side:
            return
        stamp = message.header.stamp.sec + 1e-9 * message.header.stamp.nanosec
        self._begin = stamp if self._begin is None else self._begin
        elapsed = stamp - self._begin
        if self._prompts and elapsed >= self._prompts[0][0]:
            self.get_logger().info(self._prompts.pop(0)[1])
        if all(message.point_valid):
            self._frames.append(np.array([(p.x, p.y, p.z) for p in message.points]))
        if elapsed >= DURATION:
            self._finish()

    def _finish(self) -> None:
        try:
            result = calibrate(self._hand, self._config, self._frames)
        except ValueError as error:
            self.get_logger().error(f'{error}; once more')
            self._frames, self._begin, self._prompts = [], None, list(PROMPTS)
            return
        self._result = result
        before, after = (1e3 * error for error in result.error)
        self.get_logger().info(
            f'scales {result.scales}: fingertips out of reach by {after:.1f} mm instead of '
            f'{before:.1f} mm'
        )
        self.create_timer(RETRY, self._save)
        self._save()

    def _save(self) -> None:
        """Write the scales and end; where the disk refuses, say it once and be called again."""
        file = Path(self.get_parameter('file').value).expanduser()
        try:
            save(self._result, file)
        except OSError as error:
            if str(error) != self._refused:
                self._refused = str(error)
                self.get_logger().error(
                    f"cannot write '{file}': {error}; the scales are kept: mend that, or set the "
                    f'parameter file of {self.get_fully_qualified_name()} to another'
                )
            return
        self.get_logger().info(f'written to {file}')
        rclpy.try_shutdown()


def main() -> None:
    """Run the node until the sequence is recorded."""
    run_node(CalibrationNode)
