"""Runs dex-retargeting on prepared frames; the only file that imports it, without dexgen.

Usage: python dex_retargeting_peer.py IN.npz OUT.npz. IN holds `urdf` (path), `joint_names`,
`points` (N, 21, 3) [m] in the frame of the robot's hand, origin at the wrist, `scale`, `tips` and
`human` (names of the robot's tip links and the landmarks that they follow, thumb first). OUT gets
for each variant `<variant>_joints` (N, J) and `<variant>_cpu` (N,) [s].
"""

import sys
import time

from dex_retargeting.retargeting_config import RetargetingConfig
import numpy as np

VARIANTS = {
    'vector': ('vector', -1.0),
    'vector_low_pass': ('vector', 0.2),
    'dexpilot': ('dexpilot', -1.0),
}
"""Name -> type of the optimiser and its low-pass constant; -1 is no filter."""


def build(data, kind: str, low_pass: float):
    """The retargeter of one variant and the pairs (origin, end) of landmarks that it follows."""
    tips = data['tips'].tolist()
    common = {
        'type': kind,
        'urdf_path': str(data['urdf']),
        'scaling_factor': float(data['scale']),
        'low_pass_alpha': low_pass,
    }
    if kind == 'vector':
        human = data['human']
        common |= {
            'target_origin_link_names': ['wrist'] * len(tips),
            'target_task_link_names': tips,
            'target_link_human_indices': [[0] * len(human), human.tolist()],
        }
    else:
        common |= {'wrist_link_name': 'wrist', 'finger_tip_link_names': tips}
    retargeting = RetargetingConfig.from_dict(common).build()
    return retargeting, retargeting.optimizer.target_link_human_indices


def run(data, kind: str, low_pass: float) -> tuple[np.ndarray, np.ndarray]:
    """Joints (N, J) in the order of `joint_names` and CPU times (N,) [s]."""
    retargeting, (origin, end) = build(data, kind, low_pass)
    order = [retargeting.joint_names.index(name) for name in data['joint_names'].tolist()]
    joints, times = [], []
    for points in data['points']:
        begin = time.thread_time()
        joints.append(retargeting.retarget(points[end] - points[origin])[order])
        times.append(time.thread_time() - begin)
    return np.array(joints), np.array(times)


if __name__ == '__main__':
    import torch

    torch.set_num_threads(1)
    with np.load(sys.argv[1]) as source:
        prepared = {key: source[key] for key in source}
    results = {}
    for name, (variant, alpha) in VARIANTS.items():
        results[f'{name}_joints'], results[f'{name}_cpu'] = run(prepared, variant, alpha)
    np.savez(sys.argv[2], **results)
