"""Node `hand_tracker`: the operator's hand, from a source to HandLandmarks."""

import math
import threading
import time

from dexgen_msgs.msg import HandLandmarks
from dexgen_node import topics
from dexgen_node.diagnostics import Diagnostics
from dexgen_node.parameters import declare
from dexgen_node.rates import RateWatch
from dexgen_node.run import run_node
from diagnostic_msgs.msg import DiagnosticStatus
from geometry_msgs.msg import Point
from rcl_interfaces.msg import ParameterDescriptor
from rclpy.node import Node
from rclpy.time import Time

from dexgen_teleop.camera_topics_node import CameraTopics
from dexgen_teleop.landmarks import Handedness, Landmarks
from dexgen_teleop.sources import open_source, SOURCE_NAMES, SourceSettings
from dexgen_teleop.sources.capture import Capture
from dexgen_teleop.sources.source import Frame
from dexgen_teleop.sources.topic import TopicSource
from dexgen_teleop.tracking.detector import MediaPipeDetector
from dexgen_teleop.tracking.model import find_model
from dexgen_teleop.tracking.search import HandSearch
from dexgen_teleop.tracking.smoothing import SmoothingSettings
from dexgen_teleop.tracking.tracker import HandTracker

PATIENCE = 90
"""Frames without any hand after which the user is told."""


class HandTrackerNode(Node):
    """Reads frames on one thread, tracks the newest on another, publishes each result."""

    def __init__(self):
        super().__init__('hand_tracker')
        self._names = self._declare_topics()
        self._settings = self._declare_source()
        self._side = self._settings.side
        self._mirror = declare(self, 'mirror', False, 'the pictures are mirrored')
        self._model_file = declare(self, 'model_file', '', 'path of the model; empty: the cache')
        self._fov = declare(
            self,
            'horizontal_fov',
            65.0,
            'field of view of a camera without intrinsics [deg]',
            low=20.0,
            high=150.0,
        )
        self._cutoff = declare(
            self,
            'smoothing_cutoff',
            SmoothingSettings.cutoff,
            'low-pass on a resting hand [Hz]; 0: no smoothing',
            low=0.0,
            high=30.0,
        )
        self._gain = declare(
            self,
            'smoothing_gain',
            SmoothingSettings.gain,
            'how fast the cutoff rises with speed [Hz per m/s]',
            low=0.0,
            high=1000.0,
        )
        self._publisher = topics.HAND_LANDMARKS.publisher(self)
        self._tracked, self._latency = RateWatch(), 0.0
        self._frames, self._hands, self._told = 0, 0, False
        self._failure: BaseException | None = None
        self._stop = threading.Event()
        self._capture: Capture | None = None
        self._tracker: HandTracker | None = None
        self._thread = threading.Thread(target=self._run, name='tracking', daemon=True)

    def start(self) -> None:
        """Open the source and begin.

        Raises:
          ValueError, FileNotFoundError: the source or the model does not exist.
        """
        source = open_source(self._settings, self._now)
        self._tracker = HandTracker(
            None if self._settings.source == 'script' else self._detector(),
            self._side,
            self._mirror,
            math.radians(self._fov),
            SmoothingSettings(cutoff=self._cutoff, gain=self._gain) if self._cutoff else None,
        )
        self._capture = Capture(source)
        self._diagnostics = Diagnostics(self)
        self._diagnostics.add_rate('tracked', self._tracked, source.rate)
        self._diagnostics.add('source', self._report)
        if isinstance(source, TopicSource):
            self._topics = CameraTopics(self, source, *self._names)
            for name, watch in self._topics.watches.items():
                self._diagnostics.add_rate(f'hears {name}', watch)
        self._check = self.create_timer(0.2, self._raise_failure)
        self.get_logger().info(f'{source.name} at {source.rate:g} Hz, {self._side} hand')
        self._capture.start()
        self._thread.start()

    def close(self) -> None:
        """Stop both threads and release source and model."""
        self._stop.set()
        if self._capture is not None:
            self._capture.stop()
        if self._thread.is_alive():
            self._thread.join(2.0)
        if self._tracker is not None and not self._thread.is_alive():
            self._tracker.close()

    def _declare_topics(self) -> tuple[str, str, str]:
        names = {
            'color_topic': ('/camera/camera/color/image_raw', 'colour pictures'),
            'depth_topic': (
                '/camera/camera/aligned_depth_to_color/image_raw',
                'depth pictures aligned with the colour; empty: none',
            ),
            'info_topic': ('/camera/camera/color/camera_info', 'intrinsics of the colour camera'),
        }
        return tuple(
            declare(self, name, default, f'source topic: {meaning}')
            for name, (default, meaning) in names.items()
        )

    def _declare_source(self) -> SourceSettings:
        camera = self.declare_parameter(
            'camera',
            '',
            ParameterDescriptor(
                description='number, path or serial number of the camera; empty: the first',
                dynamic_typing=True,
                read_only=True,
            ),
        ).value
        return SourceSettings(
            source=declare(
                self, 'source', 'script', 'where the hand comes from', choices=SOURCE_NAMES
            ),
            video=declare(self, 'video', '', 'video file of source video'),
            camera=str(camera),
            camera_file=declare(
                self, 'camera_file', '', 'recording (.db3, .bag) of source realsense'
            ),
            exposure=declare(
                self,
                'exposure',
                0,
                'colour exposure of source realsense [us]; 0: automatic',
                low=0,
                high=165000,
            ),
            images=declare(self, 'images', '', 'folder of pictures of source images'),
            rate=declare(
                self,
                'rate',
                30.0,
                'frames per second of script, images and cameras [Hz]',
                low=1.0,
                high=120.0,
            ),
            size=declare(self, 'size', '640x480', 'picture size asked of a camera [pixels]'),
            loop=declare(self, 'loop', True, 'recordings begin again at their end'),
            with_depth=bool(self._names[1]),
            side=declare(
                self, 'side', 'right', "the operator's hand", choices=('right', 'left')
            ),
        )

    def _detector(self) -> HandSearch:
        model = find_model(self._model_file)
        return HandSearch(
            MediaPipeDetector(model),
            lambda: MediaPipeDetector(model, hands=2),
            Handedness.of(self._side),
        )

    def _now(self) -> float:
        return self.get_clock().now().nanoseconds * 1e-9

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                frame = self._capture.newest(timeout=0.2)
                if frame is not None:
                    self._step(frame)
                elif self._capture.over:
                    self._end()
                    return
        except BaseException as error:  # noqa: B902 - raised again on the node's own thread
            self._failure = error

    def _step(self, frame: Frame) -> None:
        begin = time.monotonic()
        landmarks = self._tracker.track(frame)
        if self._stop.is_set():
            return
        self._publisher.publish(to_message(landmarks))
        end = time.monotonic()
        self._latency = self._now() - frame.stamp
        self._tell(landmarks)
        if landmarks.valid:
            self._tracked.note(end, end - begin)

    def _tell(self, landmarks: Landmarks) -> None:
        self._frames += 1
        self._hands += landmarks.handedness is not Handedness.UNKNOWN
        if self._frames >= PATIENCE and not self._hands and not self._told:
            self._told = True
            self.get_logger().warning(
                f'no hand found in the first {self._frames} frames of '
                f'{self._capture.source.name}; still looking'
            )
        if landmarks.handedness not in (Handedness.UNKNOWN, Handedness.of(self._side)):
            self.get_logger().warning(
                f'a {landmarks.handedness.name.lower()} hand is in view, the {self._side} one is '
                f'expected (parameters side, mirror)',
                throttle_duration_sec=5.0,
            )

    def _end(self) -> None:
        if self._capture.error is not None:
            self._failure = self._capture.error
            return
        self.get_logger().info(f'{self._capture.source.name} is over; nothing more is published')

    def _report(self):
        capture = self._capture
        running = capture.state == 'running'
        level = DiagnosticStatus.OK if running else DiagnosticStatus.WARN
        return (
            level,
            capture.state,
            {
                'source': capture.source.name,
                'captured': capture.captured,
                'dropped': capture.dropped,
                'with a hand': self._hands,
                'frame to landmarks [ms]': f'{1e3 * self._latency:.1f}',
            },
        )

    def _raise_failure(self) -> None:
        if isinstance(self._failure, ValueError):  # the user's file, not our fault: one line
            self.get_logger().error(str(self._failure))
            raise SystemExit(2)
        if self._failure is not None:
            raise RuntimeError(f'tracking failed: {self._failure}') from self._failure


def to_message(landmarks: Landmarks) -> HandLandmarks:
    """Landmarks as the message of the same content."""
    message = HandLandmarks()
    message.header.stamp = Time(nanoseconds=round(1e9 * landmarks.stamp)).to_msg()
    message.header.frame_id = topics.CAMERA_FRAME
    message.sequence = landmarks.sequence
    message.valid = bool(landmarks.valid)
    message.handedness = int(landmarks.handedness)
    message.score = float(landmarks.score)
    message.metric = bool(landmarks.metric)
    message.points = [Point(x=x, y=y, z=z) for x, y, z in landmarks.points.tolist()]
    message.point_valid = landmarks.point_valid.tolist()
    message.standard_deviation = landmarks.standard_deviation.astype('f4')
    message.image_points = landmarks.image.ravel().astype('f4')
    return message


def main() -> None:
    """Run the node."""

    def create() -> HandTrackerNode:
        node = HandTrackerNode()
        node.start()
        return node

    run_node(create)
