"""The type of a grasp from the links that touch: fingertips, with or without the palm."""

from dexgen_description import Hand
import numpy as np

from dexgen_learning.grasps.grasp_set import KINDS


def kinds(hand: Hand, contacts: np.ndarray) -> np.ndarray:
    """Index into KINDS (n,) uint8 of contact bit masks (n,)."""
    tips = [hand.keypoints[i].link for i in hand.tip_indices]
    contacts = np.asarray(contacts, dtype=np.uint32)
    tip_mask = np.uint32(sum(1 << link for link in tips))
    count = sum(((contacts >> np.uint32(link)) & np.uint32(1)).astype(int) for link in tips)
    palm = (contacts & ~tip_mask) != 0
    names = np.where(palm, 'palm_', 'tips_')
    index = {name: i for i, name in enumerate(KINDS)}
    return np.array([index.get(f'{name}{min(c, 4)}', index['other'])
                     for name, c in zip(names, count, strict=True)], dtype=np.uint8)
