"""Decoded pictures as arrays, scaled down cheaply."""

import av
import numpy as np

WIDTH = 640
"""Pictures are scaled down to this width [pixels]: more does not improve the landmarks."""


def to_array(frame: av.VideoFrame, width: int = WIDTH) -> np.ndarray:
    """Decoded frame to (H, W, 3) uint8 RGB, at most `width` wide, its aspect ratio kept."""
    scale = min(1.0, width / frame.width)
    small = frame.reformat(
        width=max(1, round(frame.width * scale)),
        height=max(1, round(frame.height * scale)),
        format='rgb24',
        interpolation='FAST_BILINEAR',
    )
    return np.ascontiguousarray(small.to_ndarray())


def reason(error: Exception) -> str:
    """What FFmpeg says, without its number and file name."""
    return getattr(error, 'strerror', None) or str(error)
