"""A tick that took too long: nothing is sent, it is counted, and the state says so."""

from dexgen_controller.controller import Tick
from dexgen_controller.policies import Decision
from dexgen_controller.streams_node import Outbox
from dexgen_description import load_hand
import numpy as np
from rclpy.time import Time

HAND = load_hand('allegro_right')


class Mouth:
    """A node that keeps what is published."""

    def __init__(self):
        self.said = {}

    def create_publisher(self, kind, name, qos):
        said = self.said.setdefault(name, [])

        class Publisher:
            publish = staticmethod(said.append)

        return Publisher()


def tick(sequence: int) -> Tick:
    target = np.array(HAND.pregrasp)
    departure = np.zeros(len(HAND.keypoint_names))
    return Tick(Decision(target), 'dexgen', target, 3, sequence, 7, 0.05, departure)


def test_a_late_target_is_held_back_counted_and_said():
    node = Mouth()
    outbox = Outbox(node, HAND, 10.0)
    for sequence, duration in enumerate((0.02, 0.11, 0.09, 0.5), start=1):
        outbox.send(tick(sequence), Time(seconds=1.0), duration, 0.3)
    assert [target.sequence for target in node.said['joint_target']] == [1, 3]
    states = node.said['controller_state']
    assert [state.reason for state in states] == ['OK', 'LATE', 'OK', 'LATE']
    assert [state.late_ticks for state in states] == [0, 1, 1, 2]
    assert outbox.late_ticks == 2
    np.testing.assert_allclose([state.tick_time for state in states], [20, 110, 90, 500])
    assert {round(state.guidance, 6) for state in states} == {0.3}
