"""The dexgen stack described once, and what starts it: launch files and the dexgen command."""
