"""Retargeting: from an operator's landmarks to the joints and keypoints of a robot hand."""
from dexgen_teleop.retargeting.configuration import (
    Dynamics,
    FingerMapping,
    load,
    Pinch,
    RetargetingConfig,
    shipped,
    Weights,
)
from dexgen_teleop.retargeting.operator_hand import operator_hand, OperatorHand, RefusedHandError
from dexgen_teleop.retargeting.retargeter import Retargeter, Retargeting

__all__ = [
    'Dynamics', 'FingerMapping', 'OperatorHand', 'Pinch', 'RefusedHandError', 'Retargeter',
    'Retargeting', 'RetargetingConfig', 'Weights', 'load', 'operator_hand', 'shipped',
]
