"""The DexterityGen controller: keypoint commands to joint targets, on its own clock."""
