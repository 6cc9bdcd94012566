"""The physics thread: one step a tick, late ones made good, those already overtaken not shown."""

import threading
import time
from types import SimpleNamespace

from dexgen_sim_bridge.physics_loop import PhysicsLoop
import numpy as np
import pytest

RATE = 200.0
EVERY = 2


class SlowBridge:
    """A bridge whose first step takes 0.2 s; after enough steps it says so."""

    def __init__(self, simulated: bool):
        self.backend = SimpleNamespace(simulated=simulated)
        self.transitions = 0
        self.steps = 0
        self.enough = threading.Event()
        self._never = threading.Event()

    def step(self, now: float):
        self.steps += 1
        if self.steps == 1:
            self._never.wait(0.2)
        if self.steps == 80:
            self.transitions += 1
        if self.steps == 100:
            self.enough.set()
        return SimpleNamespace(measured=SimpleNamespace(time=-1.0))


def run(
    simulated: bool, looked: bool = True
) -> tuple[SlowBridge, PhysicsLoop, list[tuple[float, float]], list[int]]:
    """Let the loop step a slow bridge; what it showed, and after which steps it told a change."""
    bridge, shown, changes, errors = SlowBridge(simulated), [], [], []
    physics = PhysicsLoop(
        bridge, RATE, EVERY,
        publish=lambda step, due, measured_at: shown.append((due, measured_at)),
        changed=lambda: changes.append(bridge.steps),
        on_error=errors.append,
    )  # fmt: skip
    assert not looked or physics.progress(0.0).factor == 0.0
    physics.start()
    assert bridge.enough.wait(20.0)
    physics.stop()
    assert not errors
    return bridge, physics, shown, changes


def test_a_simulation_makes_good_what_it_missed():
    bridge, physics, shown, changes = run(simulated=True)
    assert physics.loop.missed == 0
    assert changes == [80]
    dues = np.array([due for due, _ in shown])
    apart = np.diff(dues) * RATE / EVERY
    assert apart == pytest.approx(np.round(apart), abs=1e-3), 'steps are dated evenly'
    assert (apart > 0.5).all()
    # The first 0.2 s, 40 steps, were due together: at most the newest of them are shown.
    assert len(shown) <= (bridge.steps - 40) / EVERY + 2
    assert all(measured_at == due for due, measured_at in shown)


def test_a_real_hand_goes_on_from_now_and_is_as_old_as_its_message():
    _, physics, shown, _ = run(simulated=False)
    assert physics.loop.missed >= 35
    assert {measured_at for _, measured_at in shown} == {-1.0}


def test_progress_is_simulated_over_real_time_and_counts_what_is_lost():
    bridge, physics, _, _ = run(simulated=False)
    progress = physics.progress(2.0 * bridge.steps / RATE)
    assert progress.factor == pytest.approx(0.5)
    assert progress.lost == pytest.approx(physics.loop.missed / RATE) and progress.lost > 0.1
    assert physics.progress(3.0 * bridge.steps / RATE).factor == 0.0


def test_the_first_look_counts_from_the_start():
    physics = run(simulated=True, looked=False)[1]
    assert physics.progress(time.monotonic()).factor > 0.0
