"""Robot hands and objects as data: MJCF, URDF and forward kinematics built from one file each."""
