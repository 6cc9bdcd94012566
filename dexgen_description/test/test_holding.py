"""The hands can physically do what they are for: catch and keep an object, palm up."""
from dexgen_description import add_object, hand_spec, load_hand, load_object
import mujoco
import numpy as np
import pytest

SECONDS = 4.0
DROPPED = 0.085  # distance of the object's centre from the palm's centre [m]


def held_distance(hand, name, closing, tilted, quat):
    """Drop the object from 1 cm above, close by `closing` [rad], tilt in a circle [rad]."""
    spec = hand_spec(hand)
    add_object(spec, load_object(name), hand.palm_center + np.array([0.01, 0, 0]), quat)
    model = spec.compile()
    data = mujoco.MjData(model)
    data.joint('object_joint').qpos[3:] = quat
    joints = len(hand.joint_names)
    data.qpos[:joints] = hand.pregrasp
    squeeze = np.clip(hand.pregrasp + closing * np.sign(hand.pregrasp - hand.rest),
                      hand.lower, hand.upper)
    for step in range(int(SECONDS / model.opt.timestep)):
        time = step * model.opt.timestep
        data.ctrl[:] = hand.pregrasp + np.clip(2 * time - 0.5, 0, 1) * (squeeze - hand.pregrasp)
        tilt = tilted * np.clip(time - 1, 0, 1)
        model.opt.gravity[:] = -9.81 * np.array([
            np.cos(tilt), np.sin(tilt) * np.cos(2 * time), np.sin(tilt) * np.sin(2 * time)])
        mujoco.mj_step(model, data)
    return np.linalg.norm(data.body('object').xpos - hand.palm_center)


@pytest.mark.parametrize('side', ['right', 'left'])
@pytest.mark.parametrize('name', ['sphere', 'cube', 'cuboid', 'cylinder', 'ellipsoid'])
@pytest.mark.parametrize(('closing', 'tilted'), [(0.0, 0.0), (0.15, 0.3)])
def test_a_dropped_object_stays_in_the_allegro_hand(side, name, closing, tilted):
    hand = load_hand(f'allegro_{side}')
    for quat in ([1, 0, 0, 0], [0.8, 0.0, 0.6, 0.0], [0.5, -0.5, 0.5, 0.5]):
        assert held_distance(hand, name, closing, tilted, quat) < DROPPED, quat


def test_with_the_fingers_open_and_the_palm_down_it_falls():
    """The test above can fail."""
    hand = load_hand('allegro_right')
    spec = hand_spec(hand)
    add_object(spec, load_object('cube'), hand.palm_center)
    model = spec.compile()
    model.opt.gravity[:] = [9.81, 0, 0]
    data = mujoco.MjData(model)
    data.qpos[:16] = data.ctrl[:] = hand.rest
    mujoco.mj_step(model, data, 200)
    assert np.linalg.norm(data.body('object').xpos - hand.palm_center) > DROPPED
