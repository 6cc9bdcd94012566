"""Messages of the bridge: transforms as the kinematics has them, markers for every shape."""

from dexgen_description import (
    hand_names,
    hand_spec,
    Kinematics,
    load_hand,
    load_object,
    object_names,
)
from dexgen_sim_bridge.backend import Measured
from dexgen_sim_bridge.bridge_step import Snapshot
from dexgen_sim_bridge.gate import Action, Decision, LimiterState, Reason
from dexgen_sim_bridge.markers import scene_markers
from dexgen_sim_bridge.messages import JointMessages, Transforms
import mujoco
import numpy as np
import pytest
from transforms3d.quaternions import quat2mat
from visualization_msgs.msg import Marker

HAND = load_hand('allegro_right')


@pytest.mark.parametrize('name', hand_names())
def test_transforms_are_the_poses_of_the_links(name):
    hand = load_hand(name)
    data = mujoco.MjData(hand_spec(hand).compile())
    posture = np.random.default_rng(2).uniform(hand.lower, hand.upper)
    data.qpos[:] = posture
    mujoco.mj_kinematics(data.model, data)
    bodies = [data.model.body(link).id for link in hand.link_names[1:]]
    wrist = np.array([0.5, 0.5, -0.5, 0.5])
    transforms = Transforms('world', 'hand', hand.link_names[1:])
    transforms.fill(wrist, data.xpos[bodies], data.xquat[bodies], 1_500_000_000)
    kinematics = Kinematics(hand)
    poses = dict(zip(kinematics.link_names, kinematics.link_poses(posture), strict=True))
    first, *others = transforms.message.transforms
    assert (first.header.frame_id, first.child_frame_id) == ('world', 'hand')
    assert first.transform.rotation.y == -0.5
    assert (first.header.stamp.sec, first.header.stamp.nanosec) == (1, 500_000_000)
    for stamped in others:
        pose = poses[stamped.child_frame_id]
        place, turn = stamped.transform.translation, stamped.transform.rotation
        assert [place.x, place.y, place.z] == pytest.approx(pose[:3, 3], abs=1e-6)
        matrix = quat2mat([turn.w, turn.x, turn.y, turn.z])
        assert matrix == pytest.approx(pose[:3, :3], abs=1e-6)


@pytest.mark.parametrize('object_name', ['', *object_names()])
def test_every_shape_has_a_marker_in_the_frame_of_its_link(object_name):
    model = load_object(object_name) if object_name else None
    first, *markers = scene_markers(HAND, model).markers
    assert first.action == Marker.DELETEALL
    assert len({marker.id for marker in markers}) == len(markers)
    frames = {marker.header.frame_id for marker in markers}
    shaped = {link.name for link in HAND.links if link.shapes}
    assert frames == shaped | ({'object'} if model else set())
    for marker in markers:
        assert marker.frame_locked and marker.color.a > 0.0
        assert min(marker.scale.x, marker.scale.y, marker.scale.z) > 0.0


def test_joint_messages_carry_the_step():
    measured = Measured(np.arange(16.0), np.ones(16), np.zeros(16), 3.0)
    applied = LimiterState(np.arange(16.0) + 0.5, np.full(16, 2.0))
    decision = Decision(Action.CLAMPED, Reason.RATE, 41)
    messages = JointMessages(HAND.joint_names, 'hand')
    messages.fill(Snapshot(measured, applied, decision, 7, 3, 2), 2_000_000_001, 1_999_000_000)
    state, target = messages.state, messages.applied
    assert tuple(state.name) == HAND.joint_names and list(state.position) == list(range(16))
    assert (state.header.stamp.sec, state.header.stamp.nanosec) == (1, 999_000_000)
    assert (target.header.stamp.sec, target.header.stamp.nanosec) == (2, 1)
    assert (target.action, target.reason, target.sequence) == (1, 'RATE', 41)
    assert (target.session_id, target.clamped_count, target.rejected_count) == (7, 3, 2)
    assert list(target.positions) == (np.arange(16.0) + 0.5).tolist()
