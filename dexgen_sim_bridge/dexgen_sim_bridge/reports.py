"""What diagnostics say of the bridge: level, sentence and values of each part."""

from collections.abc import Mapping
import time

from dexgen_node.rates import RateWatch
from diagnostic_msgs.msg import DiagnosticStatus

from dexgen_sim_bridge.bridge import Bridge
from dexgen_sim_bridge.gate import REJECTIONS
from dexgen_sim_bridge.physics_loop import PhysicsLoop
from dexgen_sim_bridge.state_machine import State, Status

OK, WARN, ERROR = DiagnosticStatus.OK, DiagnosticStatus.WARN, DiagnosticStatus.ERROR
Report = tuple[bytes, str, Mapping[str, object]]
INACTIVE: Report = (OK, 'not active', {})


def state_report(status: Status) -> Report:
    """The state machine: STOPPED warns, FAULT is an error."""
    level = {State.STOPPED: WARN, State.FAULT: ERROR}.get(status.state, OK)
    return level, f'{status.state.name}: {status.message}', {'reason': status.reason}


def gate_report(bridge: Bridge) -> Report:
    """Targets by what the gate did with them."""
    counts = {f'count {reason}': count for reason, count in sorted(bridge.counts.items())}
    content = sum(bridge.counts[reason.value] for reason in REJECTIONS[:5])
    level = WARN if content else OK
    sentence = f'{bridge.rejected} rejected, {bridge.clamped} clamped'
    return level, sentence, {'staleness [s]': f'{bridge.staleness:.3f}', **counts}


def loop_report(
    physics: PhysicsLoop, rate: float, warn_factor: float, error_factor: float
) -> Report:
    """Period, execution time and real-time factor of the physics thread."""
    now = time.monotonic()
    loop, progress = physics.loop.watch.report(now), physics.progress(now)
    level = OK
    if progress.factor < warn_factor:
        level = ERROR if progress.factor < error_factor else WARN
    return (
        level,
        f'real-time factor {progress.factor:.3f}',
        {
            'real-time factor': f'{progress.factor:.4f}',
            'lost time [s]': f'{progress.lost:.3f}',
            'expected rate [Hz]': f'{rate:.1f}',
            **loop.values(),
        },
    )


def stream_report(watch: RateWatch, bridge: Bridge) -> Report:
    """The stream of targets: in a session its age must stay below the staleness."""
    heard = watch.report(time.monotonic())
    level, sentence = OK, f'{heard.rate:.1f} Hz'
    if bridge.status.state == State.RUNNING and heard.age > bridge.staleness:
        level, sentence = WARN, f'silent for {heard.age:.2f} s'
    return level, sentence, heard.values()
