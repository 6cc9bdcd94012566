"""Other retargeters on the same frames: plain mink, and dex-retargeting where it is installed."""

from pathlib import Path
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple
from xml.etree import ElementTree

from dexgen_description import Hand, hand_spec, hand_urdf
import mink
import numpy as np
from transforms3d.euler import euler2mat

from dexgen_teleop.landmarks import FINGERS, TIPS
from dexgen_teleop.retargeting import operator_hand, RetargetingConfig
from dexgen_teleop.retargeting_benchmark.recording import Recording

_DAMPING = 1e-3
_POSTURE_COST = 2e-3


class Motion(NamedTuple):
    """What a retargeter made of a recording.

    Attributes:
      joints: (N, J) [rad], order of `hand.joint_names`.
      times: (N,) CPU time of each frame [s].
    """

    joints: np.ndarray
    times: np.ndarray


def plain_mink(hand: Hand, targets: np.ndarray, rate: float, steps: int) -> Motion:
    """Mink as its examples use it: a FrameTask for each fingertip, posture, joint limits.

    Args:
      hand: the hand.
      targets: (N, F, 3) of the fingertips [m], hand frame.
      rate: [Hz].
      steps: differential steps for a frame.
    """
    model = hand_spec(hand).compile()
    address = [model.joint(name).qposadr[0] for name in hand.joint_names]
    q = np.zeros(model.nq)
    q[address] = hand.rest
    configuration = mink.Configuration(model, q)
    tips = [
        mink.FrameTask(hand.keypoint_names[i], 'site', position_cost=1.0, orientation_cost=0.0)
        for i in hand.tip_indices
    ]
    posture = mink.PostureTask(model, cost=_POSTURE_COST)
    posture.set_target(q)
    limits = [mink.ConfigurationLimit(model)]
    joints, times, dt = [], [], 1.0 / rate
    for frame in targets:
        begin = time.thread_time()
        for task, target in zip(tips, frame, strict=True):
            task.set_target(mink.SE3.from_translation(target))
        for _ in range(steps):
            velocity = mink.solve_ik(
                configuration, [*tips, posture], dt, 'daqp', _DAMPING, limits=limits
            )
            configuration.integrate_inplace(velocity, dt)
        times.append(time.thread_time() - begin)
        joints.append(configuration.q[address].copy())
    return Motion(np.array(joints), np.array(times))


def dex_retargeting(
    hand: Hand, config: RetargetingConfig, recording: Recording, python: str
) -> dict[str, Motion] | str:
    """Variants of dex-retargeting, run by the interpreter in whose environment it is installed.

    Args:
      hand: the hand.
      config: whose wrist pose and thumb's scale apply to the peer too.
      recording: the operator's hand.
      python: path of the interpreter.

    Returns:
      Motions by variant, or why there are none, in a sentence.
    """
    probe = subprocess.run(
        [python, '-c', 'import dex_retargeting, nlopt, pinocchio, torch'],
        capture_output=True, text=True, check=False,
    )
    if probe.returncode:
        return f'dex-retargeting is not installed for {python}'
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _prepare(hand, config, recording, folder)
        script = Path(__file__).with_name('dex_retargeting_peer.py')
        command = [python, str(script), str(folder / 'in.npz'), str(folder / 'out.npz')]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode:
            print(result.stderr, file=sys.stderr)
            return f'dex-retargeting failed with exit status {result.returncode}'
        with np.load(folder / 'out.npz') as out:
            variants = [key.removesuffix('_joints') for key in out if key.endswith('_joints')]
            return {v: Motion(out[f'{v}_joints'], out[f'{v}_cpu']) for v in variants}


def _prepare(hand: Hand, config: RetargetingConfig, recording: Recording, folder: Path) -> None:
    turn = euler2mat(*config.wrist_rpy).T
    points = [operator_hand(frame, hand.side).points @ turn for frame in recording.points]
    fingers = ('thumb', *(finger for finger in hand.fingers if finger != 'thumb'))
    (folder / 'hand.urdf').write_text(_urdf_with_wrist(hand, config.wrist))
    np.savez(
        folder / 'in.npz',
        urdf=str(folder / 'hand.urdf'),
        joint_names=np.array(hand.joint_names),
        points=np.array(points),
        scale=config.fingers['thumb'].scale,
        tips=np.array([f'{finger}_tip' for finger in fingers]),
        human=np.array([TIPS[FINGERS.index(config.fingers[f].operator)] for f in fingers]),
    )


def _urdf_with_wrist(hand: Hand, wrist: tuple[float, float, float]) -> str:
    root = ElementTree.fromstring(hand_urdf(hand))
    ElementTree.SubElement(root, 'link', name='wrist')
    joint = ElementTree.SubElement(root, 'joint', name='wrist_fixed', type='fixed')
    ElementTree.SubElement(joint, 'parent', link='hand')
    ElementTree.SubElement(joint, 'child', link='wrist')
    ElementTree.SubElement(joint, 'origin', xyz=' '.join(f'{x:g}' for x in wrist), rpy='0 0 0')
    return ElementTree.tostring(root, encoding='unicode')
