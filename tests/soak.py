"""The stack at full rate for an hour, as one JSON line: memory, periods, lost time and commands.

    make soak                                        60 minutes
    make soak ARGS="minutes:=2 controller:=hold"     shorter, with arguments of the stack

Script, cube, page and a recorded bag run. Once every node is up the bridge is activated anew, so
that its figures begin there; a process that only sleeps at the same rate begins with it.
"""

from collections.abc import Callable
import json
from pathlib import Path
import statistics
import subprocess
import sys
import tempfile
import time

from dexgen_msgs.msg import StackState
from dexgen_node import topics
from dexgen_session.bag.reader import BagReader
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from running import Stack
from std_srvs.srv import Trigger
from witness import free_port, Witness

RATE = 200.0
"""Rate of the bridge [Hz]."""
SETTLING = 60.0
"""Time after which memory counts: the black box (30 s) is full by then [s]."""
DOMAIN = 95
COMMANDS = ('/keypoint_command', '/joint_target', '/stack_state')
"""Reliable topics whose messages are counted."""
HEARD = (topics.CONTROLLER_STATE, topics.STACK_STATE, topics.DIAGNOSTICS)


def memory(pids: list[int]) -> float:
    """Resident memory of processes [MiB]."""
    total = 0
    for pid in pids:
        try:
            lines = Path(f'/proc/{pid}/status').read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith('VmRSS'))
    return total / 1024.0


def activate_anew(witness: Witness) -> None:
    """Deactivate and activate the bridge: a new physics loop with new figures."""
    for number in (Transition.TRANSITION_DEACTIVATE, Transition.TRANSITION_ACTIVATE):
        request = ChangeState.Request(transition=Transition(id=number))
        assert witness.call(ChangeState, 'hand_bridge/change_state', request).success


def soak(stack: Stack, witness: Witness, seconds: float) -> dict[str, object]:
    """Let the stack run; what it told, and how its memory grew."""
    witness.wait_heard(topics.CONTROLLER_STATE, 0.0)
    witness.wait_diagnostics('recorder: bag', witness.now())
    sleeper = subprocess.Popen(
        [sys.executable, Path(__file__).parent / 'sleep_loop.py', str(RATE)],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    activate_anew(witness)
    started = witness.engage_again()
    end, sizes, pauses = time.monotonic() + seconds, [], 0
    begun = time.monotonic()
    heard = witness.wait_diagnostics('controller: hears keypoint_command', started)
    while time.monotonic() < end:
        time.sleep(1.0)
        if time.monotonic() - begun > min(SETTLING, seconds / 3.0):
            sizes.append(memory(stack.pids('')))
        if witness.state().state != StackState.RUNNING:
            pauses += 1
            witness.engage_again()
        witness.forget()
    witness.call(Trigger, 'hand_bridge/disengage')
    over = witness.now() + 1.0
    told = {
        part: witness.wait_diagnostics(part, over)
        for part in ('hand_bridge: physics', 'hand_bridge: hears joint_target',
                     'controller: hears keypoint_command')
    }  # fmt: skip
    sleeper.terminate()
    return {'told': told, 'heard': heard, 'sizes': sizes, 'pauses': pauses,
            'sleep': float(sleeper.communicate(timeout=20.0)[0])}  # fmt: skip


def lost_commands(bag: BagReader, told: dict, heard: dict) -> dict[str, int]:
    """Messages on reliable topics that recorder, bridge and controller did not get."""
    numbers = {topic: [] for topic in COMMANDS}
    sent = []
    for sample in bag.samples(list(COMMANDS)):
        numbers[sample.topic].append(sample.number)
        if sample.topic == '/keypoint_command':
            sent.append(1e-9 * sample.sent)
    targets = numbers['/joint_target']
    after = told['controller: hears keypoint_command']
    span = sum(float(heard['stamp']) < stamp <= float(after['stamp']) for stamp in sent)
    return {
        'recorder': sum(n[-1] - n[0] + 1 - len(n) for n in numbers.values() if n),
        'bridge': targets[-1] - targets[0] + 1
        - int(told['hand_bridge: hears joint_target']['count']),
        # One message may be under way at either end of the span.
        'controller': max(0, span - (int(after['count']) - int(heard['count'])) - 2),
    }


def figures(run: dict, bag: BagReader, output: str, minutes: float) -> dict[str, object]:
    """Figures of the run."""
    physics, sizes = run['told']['hand_bridge: physics'], run['sizes']
    part = max(1, len(sizes) // 10)
    first, last = statistics.median(sizes[:part]), statistics.median(sizes[-part:])
    period, lost = 1e3 / RATE, lost_commands(bag, run['told'], run['heard'])
    return {
        'minutes': minutes,
        'rss_growth_percent': round(100.0 * (last / first - 1.0), 3),
        'rss_mib': round(last, 1),
        'bridge_period_mean_error_percent': round(
            100.0 * abs(float(physics['period mean [ms]']) / period - 1.0), 3
        ),
        'bridge_period_p99_ms': float(physics['period p99 [ms]']),
        'sleep_loop_p99_ms': round(run['sleep'], 3),
        'lost_physics_s': float(physics['lost time [s]']),
        'lost_reliable': sum(lost.values()),
        'lost_by': lost,
        'pauses': run['pauses'],
        'uncaught': output.count('Traceback') + output.count('; restart '),
    }


def read(words: list[str]) -> tuple[float, list[str]]:
    """Minutes, and the arguments for the stack."""
    minutes = 60.0
    others = []
    for word in words:
        name, _, value = word.partition(':=')
        if name == 'minutes':
            minutes = float(value)
        else:
            others.append(word)
    return minutes, others


def main(tell: Callable[[str], None] = print) -> None:
    minutes, others = read(sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder:
        bags = Path(folder) / 'bags'
        arguments = ['source:=script', 'object:=cube', f'port:={free_port()}', 'record:=true',
                     f'directory:={bags}', *others]  # fmt: skip
        with Stack(arguments, DOMAIN, Path(folder) / 'stack.log') as stack:
            # No more than it looks at: its share of the machine is not the stack's.
            witness = Witness(DOMAIN, *HEARD)
            try:
                run = soak(stack, witness, 60.0 * minutes)
            finally:
                witness.close()
            stack.interrupt(30.0)
            output = stack.output()
        [bag] = [path for path in bags.iterdir() if not path.name.startswith('black_box')]
        tell(json.dumps(figures(run, BagReader(bag), output, minutes)))


if __name__ == '__main__':
    main()
