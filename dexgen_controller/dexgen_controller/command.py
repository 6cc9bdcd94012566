"""What a keypoint command asks of the model: an offset from one stated reference, bounded.

The reference is the keypoints at the *last applied target*, FK(u), not at the measured posture:
the two differ by the squeeze that holds an object, and a command equal to the present target
must mean "stay".
"""

import numpy as np


def reference_keypoints(kinematics, targets: np.ndarray) -> np.ndarray:
    """Keypoints from which commands are measured.

    Args:
      kinematics: forward kinematics of the hand.
      targets: (..., J) last applied joint targets [rad].

    Returns:
      (..., K, 3) [m, hand frame].
    """
    return kinematics.keypoints(np.asarray(targets, dtype=np.float64))


def command_offset(
    keypoints: np.ndarray, reference: np.ndarray, bound: float | np.ndarray | None = None
) -> np.ndarray:
    """The command as keypoint offset dx_input, shortened to what the data reaches.

    Args:
      keypoints: (..., K, 3) commanded keypoints [m, hand frame].
      reference: (..., K, 3) what `reference_keypoints` gives [m, hand frame].
      bound: longest offset [m], one for all keypoints or (K,); None leaves the offset as it is.

    Returns:
      (..., K, 3) [m]; an offset longer than its bound keeps its direction.
    """
    offset = np.asarray(keypoints) - reference
    if bound is None:
        return offset
    length = np.linalg.norm(offset, axis=-1)
    limit = np.broadcast_to(bound, length.shape)
    shrink = np.where(length > limit, limit / np.maximum(length, 1e-12), 1.0)
    return offset * shrink[..., None]
