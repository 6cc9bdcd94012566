"""The bridge to a hand: safety gate, state machine, MuJoCo scene and PD actuation."""
