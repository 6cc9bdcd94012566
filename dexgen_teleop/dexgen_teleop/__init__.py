"""Hand tracking from cameras and videos, and retargeting to the keypoints of a robot hand."""
