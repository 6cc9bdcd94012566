"""Forward kinematics, MJCF and URDF of every shipped hand are the same mechanism."""
from xml.etree import ElementTree

from dexgen_description import Hand, hand_names, hand_spec, hand_urdf, Kinematics, load_hand
from dexgen_description.data_file import shipped_file
import mujoco
import numpy as np
import pytest
import yaml

POSTURES = 1000

PUBLIC_TIPS = {
    # Fingertips [m] with every joint at 40 % of its range, evaluated once with MuJoCo from the
    # URDF files of dexsuite/dex-urdf (commit 93505db) and moved to this package's hand frames.
    'allegro_right': [[0.09967, 0.04098, 0.07752], [0.09967, -0.0094, 0.07924],
                      [0.09967, -0.05971, 0.07588], [0.08971, 0.09394, -0.00957]],
    'leap_right': [[0.11431, 0.06008, 0.04502], [0.11431, 0.01468, 0.04492],
                   [0.1143, -0.03072, 0.04493], [0.0847, 0.14737, -0.07451]],
    'shadow_right': [[0.06838, 0.0253, 0.04326], [0.06838, 0.0033, 0.04726],
                     [0.06838, -0.0253, 0.04326], [0.08593, -0.02728, 0.02084],
                     [0.05135, 0.08669, -0.01266]],
}


def random_postures(hand: Hand, count: int = POSTURES) -> np.ndarray:
    return np.random.default_rng(7).uniform(
        hand.lower, hand.upper, (count, len(hand.joint_names)))


def urdf_positions(text: str, joint_names: tuple[str, ...], q: np.ndarray) -> dict[str, list]:
    """Origins of all links [m], straight from the URDF text; shares no code with the package."""
    joints = ElementTree.fromstring(text).findall('joint')
    poses = {'hand': np.eye(4)}
    while len(poses) <= len(joints):
        for joint in joints:
            parent, child = joint.find('parent').get('link'), joint.find('child').get('link')
            if parent not in poses or child in poses:
                continue
            roll, pitch, yaw = map(float, joint.find('origin').get('rpy').split())
            pose = np.eye(4)
            pose[:3, :3] = (_turn([0, 0, 1], yaw) @ _turn([0, 1, 0], pitch)
                            @ _turn([1, 0, 0], roll))
            pose[:3, 3] = list(map(float, joint.find('origin').get('xyz').split()))
            if joint.get('type') == 'revolute':
                axis = list(map(float, joint.find('axis').get('xyz').split()))
                pose[:3, :3] = pose[:3, :3] @ _turn(
                    axis, q[joint_names.index(joint.get('name'))])
            poses[child] = poses[parent] @ pose
    return {name: pose[:3, 3] for name, pose in poses.items()}


def _turn(axis: list[float], angle: float) -> np.ndarray:
    """Rodrigues' formula."""
    x, y, z = axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


@pytest.mark.parametrize('name', hand_names())
def test_mjcf_agrees_with_forward_kinematics(name):
    hand = load_hand(name)
    kinematics = Kinematics(hand)
    model = hand_spec(hand).compile()
    data = mujoco.MjData(model)
    postures = random_postures(hand)
    keypoints, links = kinematics.keypoints(postures), kinematics.link_poses(postures)
    bodies = [model.body(link).id for link in kinematics.link_names]
    sites = [model.site(point).id for point in kinematics.keypoint_names]
    qpos = [model.joint(joint).qposadr[0] for joint in hand.joint_names]
    worst = 0.0
    for i, q in enumerate(postures):
        data.qpos[qpos] = q
        mujoco.mj_kinematics(model, data)
        worst = max(worst, np.abs(data.site_xpos[sites] - keypoints[i]).max(),
                    np.abs(data.xpos[bodies] - links[i, :, :3, 3]).max(),
                    np.abs(data.xmat[bodies].reshape(-1, 3, 3) - links[i, :, :3, :3]).max())
    assert worst < 1e-6


@pytest.mark.parametrize('name', PUBLIC_TIPS)
def test_fingertips_agree_with_the_public_descriptions(name):
    """Half a millimetre: the LEAP hand's axes were moved to the fingers' middle lines."""
    hand = load_hand(name)
    tips = Kinematics(hand).fingertips(hand.lower + 0.4 * (hand.upper - hand.lower))
    assert tips == pytest.approx(np.array(PUBLIC_TIPS[name]), abs=5e-4)


@pytest.mark.parametrize('name', hand_names())
def test_link_orientations_are_those_of_the_data_file(name):
    """Read again from the file, since all the models share the parsed ones."""
    content = yaml.safe_load(shipped_file('hands', name).read_text())
    hand = load_hand(name)
    zero = Kinematics(hand).link_poses(np.zeros(len(hand.joint_names)))[:, :3, :3]
    for item in content['links']:
        roll, pitch, yaw = item.get('rpy', [0, 0, 0])
        expected = _turn([0, 0, 1], yaw) @ _turn([0, 1, 0], pitch) @ _turn([1, 0, 0], roll)
        parent, child = (hand.link_names.index(item[key]) for key in ('parent', 'name'))
        assert zero[parent].T @ zero[child] == pytest.approx(expected, abs=1e-9), item['name']


@pytest.mark.parametrize('name', hand_names())
def test_urdf_agrees_with_forward_kinematics(name):
    hand = load_hand(name)
    kinematics = Kinematics(hand)
    text = hand_urdf(hand)
    postures = random_postures(hand)
    keypoints, links = kinematics.keypoints(postures), kinematics.link_poses(postures)
    worst = 0.0
    for i, q in enumerate(postures[::10]):
        places = urdf_positions(text, hand.joint_names, q)
        worst = max(
            worst,
            *(np.abs(places[n] - keypoints[10 * i, k]).max()
              for k, n in enumerate(kinematics.keypoint_names)),
            *(np.abs(places[n] - links[10 * i, k, :3, 3]).max()
              for k, n in enumerate(kinematics.link_names)))
    assert worst < 1e-6


@pytest.mark.parametrize('name', hand_names())
def test_mujoco_reads_the_urdf_as_the_same_hand(name):
    """All 1000 postures, masses included, through MuJoCo's own URDF parser."""
    hand = load_hand(name)
    root = ElementTree.fromstring(hand_urdf(hand))
    compiler = ElementTree.SubElement(ElementTree.SubElement(root, 'mujoco'), 'compiler')
    compiler.set('fusestatic', 'false')
    compiler.set('balanceinertia', 'false')
    model = mujoco.MjModel.from_xml_string(ElementTree.tostring(root, encoding='unicode'))
    data = mujoco.MjData(model)
    kinematics = Kinematics(hand)
    postures = random_postures(hand)
    keypoints = kinematics.keypoints(postures)
    bodies = [model.body(point).id for point in kinematics.keypoint_names]
    qpos = [model.joint(joint).qposadr[0] for joint in hand.joint_names]
    worst = 0.0
    for i, q in enumerate(postures):
        data.qpos[qpos] = q
        mujoco.mj_kinematics(model, data)
        worst = max(worst, np.abs(data.xpos[bodies] - keypoints[i]).max())
    assert worst < 1e-6
    built = hand_spec(hand).compile()
    for j, joint in enumerate(hand.joint_names):
        assert built.joint(joint).range == pytest.approx([hand.lower[j], hand.upper[j]])
        assert built.actuator(joint).ctrlrange == pytest.approx([hand.lower[j], hand.upper[j]])
        assert built.actuator(joint).forcerange[1] == pytest.approx(hand.torque_limit[j])
        assert built.actuator(joint).gainprm[0] == pytest.approx(hand.kp[j])
        assert built.actuator(joint).biasprm[:3] == pytest.approx([0, -hand.kp[j], -hand.kd[j]])
    for link in hand.links[1:]:
        assert model.body(link.name).mass == pytest.approx(built.body(link.name).mass)
        assert np.sort(model.body(link.name).inertia) == pytest.approx(
            np.sort(built.body(link.name).inertia), rel=1e-6)
    for j, joint in enumerate(hand.joint_names):
        assert model.joint(joint).range == pytest.approx([hand.lower[j], hand.upper[j]])


@pytest.mark.parametrize('name', hand_names())
def test_jacobian_agrees_with_differences(name):
    hand = load_hand(name)
    kinematics = Kinematics(hand)
    postures = random_postures(hand, 20)
    step = 1e-6
    columns = []
    for j in range(len(hand.joint_names)):
        shift = np.zeros(len(hand.joint_names))
        shift[j] = step
        columns.append((kinematics.keypoints(postures + shift)
                        - kinematics.keypoints(postures - shift)) / (2 * step))
    difference = kinematics.keypoint_jacobian(postures) - np.stack(columns, -1)
    assert np.abs(difference).max() < 1e-8


def test_leading_dimensions_are_a_batch():
    hand = load_hand('allegro_right')
    kinematics = Kinematics(hand)
    postures = random_postures(hand, 6)
    one_by_one = np.stack([kinematics.keypoints(q) for q in postures])
    batched = kinematics.keypoints(postures.reshape(2, 3, -1))
    assert batched.shape == (2, 3, 8, 3)
    assert batched.reshape(6, 8, 3) == pytest.approx(one_by_one)
    assert kinematics.keypoint_jacobian(postures.reshape(2, 3, -1)).shape == (2, 3, 8, 3, 16)
    assert kinematics.link_poses(postures[0]).shape == (17, 4, 4)
    tips = kinematics.fingertips(postures)
    assert np.array_equal(tips, kinematics.keypoints(postures)[:, [1, 3, 5, 7]])
    assert kinematics.keypoints(np.zeros((0, 16))).shape == (0, 8, 3)


def test_a_posture_of_wrong_length_is_refused():
    with pytest.raises(ValueError, match='allegro_right has shape .* must be 16 joints'):
        Kinematics(load_hand('allegro_right')).keypoints(np.zeros(15))


def test_the_left_hand_mirrors_the_right():
    """In y; joints whose axis the mirror turns around count the other way.

    An axis a becomes -M a under a reflection M: where the left hand's axis in the posture zero is
    the opposite of that, its angle has the opposite sign.
    """
    right, left = load_hand('allegro_right'), load_hand('allegro_left')
    mirror = np.diag([1.0, -1.0, 1.0])
    zero = [Kinematics(hand).link_poses(np.zeros(16)) for hand in (right, left)]
    signs = []
    for a, b, pose_a, pose_b in zip(right.links[1:], left.links[1:], zero[0][1:], zero[1][1:],
                                    strict=True):
        wanted = -mirror @ pose_a[:3, :3] @ a.axis
        signs.append(round(float(wanted @ pose_b[:3, :3] @ b.axis)))
    assert set(map(abs, signs)) == {1}
    signs = np.array(signs)
    postures = random_postures(right)
    assert np.all(postures * signs >= left.lower - 1e-12)
    assert np.all(postures * signs <= left.upper + 1e-12)
    expected = Kinematics(right).keypoints(postures) @ mirror
    assert np.abs(Kinematics(left).keypoints(postures * signs) - expected).max() < 1e-6
    assert left.rest == pytest.approx(right.rest * signs)
    assert left.pregrasp == pytest.approx(right.pregrasp * signs)
    assert left.palm_center == pytest.approx(mirror @ right.palm_center)
    for a, b in zip(right.links, left.links, strict=True):
        assert b.inertia.center == pytest.approx(mirror @ a.inertia.center)


def test_fingers_close_toward_the_palm():
    """Flexing moves the tips out of the palm's plane, along x, and toward the wrist."""
    for name in hand_names():
        hand = load_hand(name)
        kinematics = Kinematics(hand)
        opened, closed = kinematics.fingertips(hand.rest), kinematics.fingertips(hand.pregrasp)
        assert np.all(closed[:-1, 0] > opened[:-1, 0])
        assert np.all(closed[:-1, 2] < opened[:-1, 2])
