"""The simulated hand: it follows, objects drop and come back, the wrist turns, scenes resume."""

from dexgen_description import hand_names, load_hand, load_object, object_names
from dexgen_sim_bridge.backend import BackendError
from dexgen_sim_bridge.drop import DROP_DISTANCE, Holding, is_dropped
from dexgen_sim_bridge.mujoco_backend import MujocoBackend, WRIST_RATE
from dexgen_sim_bridge.preset import Drive
from dexgen_sim_bridge.scene import build_scene, free_place, SceneConfig
from dexgen_sim_bridge.wrist import PALM_UP, wrist_orientation
import mujoco
import numpy as np
import pytest

HAND = load_hand('allegro_right')


def without_room(object_name):
    """A posture in which the object has no place, reached by the drives."""
    random = np.random.default_rng(0)
    model = build_scene(HAND, load_object(object_name))
    data = mujoco.MjData(model)
    while True:
        data.qpos[:16] = random.uniform(HAND.lower, HAND.upper)
        mujoco.mj_kinematics(model, data)
        mujoco.mj_collision(model, data)
        hand_alone = np.all(model.geom_bodyid[data.contact.geom] != model.body('object').id, 1)
        if free_place(model, data, HAND) is None and not hand_alone.any():
            return data.qpos[:16].copy()


def pass_time(backend, seconds, target=None):
    target = backend.data.ctrl.copy() if target is None else target
    for _ in range(round(seconds / backend.model.opt.timestep)):
        measured = backend.step(target, True, 0.0)
    return measured


@pytest.mark.parametrize('hand_name', hand_names())
@pytest.mark.parametrize('object_name', ['', *object_names()])
def test_every_scene_is_built_and_starts_without_contact(hand_name, object_name):
    backend = MujocoBackend(load_hand(hand_name), object_name)
    model = backend.model
    assert model.opt.gravity == pytest.approx([-9.81, 0.0, 0.0], abs=1e-9)
    assert model.opt.timestep == 0.005
    if object_name:
        body = model.body('object').id
        assert not np.any(model.geom_bodyid[backend.data.contact.geom] == body)


def test_the_hand_follows_its_target_and_tells_its_effort():
    backend = MujocoBackend(HAND)
    wanted = HAND.rest + 0.2
    measured = pass_time(backend, 1.0, wanted)
    assert np.abs(measured.positions - wanted).max() < 0.1
    expected = HAND.kp * (wanted - measured.positions)
    assert measured.efforts == pytest.approx(expected, abs=0.02)
    assert np.abs(measured.efforts).max() > 0.01


def test_a_cube_stays_in_the_open_hand():
    backend = MujocoBackend(HAND, 'cube')
    pass_time(backend, 3.0)
    reading = backend.object_reading()
    assert reading.holding.held and reading.holding.drops == 0
    assert reading.held_for == pytest.approx(3.0)


def test_a_dropped_object_is_counted_and_put_back_after_two_seconds():
    backend = MujocoBackend(HAND, 'cube', SceneConfig(wrist=wrist_orientation('palm_down')))
    while backend.holding.held:
        pass_time(backend, 0.005)
    dropped_at = backend.time
    assert backend.holding.drops == 1
    assert backend.object_reading().held_for == 0.0
    backend.turn_wrist(PALM_UP)
    pass_time(backend, 1.95)
    assert not backend.holding.held
    pass_time(backend, 0.1)
    assert backend.holding.held
    assert backend.holding.since == pytest.approx(dropped_at + 2.0, abs=0.02)
    position = backend.object_reading().position
    assert np.linalg.norm(position - HAND.palm_center) < DROP_DISTANCE
    pass_time(backend, 2.0)
    assert backend.holding == Holding(True, backend.holding.since, 1, backend.holding.longest)


def test_an_object_waits_for_room_in_a_closed_hand():
    empty, claw = MujocoBackend(HAND, ''), without_room('cuboid')
    pass_time(empty, 1.5, claw)
    backend = MujocoBackend(HAND, 'cuboid')
    backend.take_over(empty)
    pass_time(backend, 3.0, claw)
    assert not backend.holding.held
    assert backend.holding.drops == 0
    pass_time(backend, 1.5, HAND.pregrasp)
    assert backend.holding.held


def test_an_object_that_is_put_in_never_starts_inside_the_hand():
    random = np.random.default_rng(3)
    model = build_scene(HAND, load_object('sphere'))
    data, placed = mujoco.MjData(model), 0
    for _ in range(50):
        data.qpos[:16] = random.uniform(HAND.lower, HAND.upper)
        place = free_place(model, data, HAND)
        if place is None:
            continue
        placed += 1
        assert not is_dropped(place[0], HAND)
        data.qpos[16:23] = np.concatenate(place)
        mujoco.mj_forward(model, data)
        touched = model.geom_bodyid[data.contact.geom] == model.body('object').id
        assert not touched.any()
    assert 5 < placed < 50


def test_drops_are_told_for_many_objects_at_once():
    offsets = np.array([0.0, DROP_DISTANCE - 1e-6, DROP_DISTANCE + 1e-6])
    positions = HAND.palm_center + offsets[:, None] * np.array([0.0, 0.6, 0.8])
    assert is_dropped(positions, HAND).tolist() == [False, False, True]


def test_the_wrist_turns_at_a_limited_rate():
    backend = MujocoBackend(HAND)
    duration = backend.turn_wrist(wrist_orientation('palm_down'))
    assert duration == pytest.approx(np.pi / WRIST_RATE)
    pass_time(backend, 0.5 * duration)
    assert backend.model.opt.gravity[0] == pytest.approx(0.0, abs=0.1)
    pass_time(backend, 0.5 * duration + 0.01)
    assert backend.model.opt.gravity == pytest.approx([9.81, 0.0, 0.0], abs=1e-6)


def test_a_diverged_simulation_is_a_fault_and_a_reset_mends_it():
    backend = MujocoBackend(HAND, 'cube')
    backend.data.qvel[3] = np.nan
    with pytest.raises(BackendError) as raised:
        pass_time(backend, 0.01)
    assert raised.value.reason == 'UNSTABLE'
    backend.reset(0.0)
    assert np.isfinite(pass_time(backend, 0.1).positions).all()


def test_an_identified_drive_moves_late_and_with_its_own_gains():
    drive = Drive(kp=(1.0,) * 16, kd=(0.05,) * 16, delay=0.05)
    backend = MujocoBackend(HAND, '', SceneConfig(drive=drive))
    wanted = HAND.rest + 0.3
    pass_time(backend, 0.05, wanted)
    assert np.array_equal(backend.data.ctrl, HAND.rest)
    measured = pass_time(backend, 1.0, wanted)
    assert measured.efforts == pytest.approx(1.0 * (wanted - measured.positions), abs=0.02)


def test_a_saved_scene_goes_on_as_if_nothing_had_happened():
    backend = MujocoBackend(HAND, 'cube')
    backend.turn_wrist(wrist_orientation('sideways'))
    pass_time(backend, 3.0, HAND.pregrasp + 0.1)
    other = MujocoBackend(HAND, 'sphere')
    other.restore(backend.saved())
    assert other.object_name == 'cube'
    assert other.holding == backend.holding
    ends = [pass_time(each, 0.2).positions for each in (backend, other)]
    assert ends[0] == pytest.approx(ends[1], abs=1e-4)


@pytest.mark.parametrize(
    'change', [{'hand': 'allegro_left'}, {'qpos': [1.0]}, {'qvel': None}, {'wrist': [0, 0, 0, 0]},
               {'qpos': [np.nan] * 23}, {'object': 'moon'}, {'holding': [1]}],
)  # fmt: skip
def test_a_foreign_or_broken_scene_is_refused(change):
    saved = {**MujocoBackend(HAND, 'cube').saved(), **change}
    with pytest.raises(ValueError):
        MujocoBackend(HAND, 'cube').restore(saved)


def test_a_new_object_keeps_hand_and_wrist():
    backend = MujocoBackend(HAND, 'cube')
    pass_time(backend, 0.5, HAND.pregrasp + 0.15)
    other = MujocoBackend(HAND, 'sphere')
    other.take_over(backend)
    assert np.array_equal(other.data.qpos[:16], backend.data.qpos[:16])
    assert np.array_equal(other.data.ctrl, backend.data.ctrl)
    assert other.object_reading().name == 'sphere'


def test_an_unknown_object_lists_those_that_there_are():
    with pytest.raises(ValueError, match='sphere'):
        MujocoBackend(HAND, 'moon')
