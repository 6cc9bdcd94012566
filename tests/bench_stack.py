"""The whole stack on a hand: rates and latency from frame to joint target, as one JSON line.

    make bench-stack ARGS="--source video --video hand.mp4 --seconds 20"

Runs the shipped stack in passthrough without a page and listens to it over DDS. Latency is the
receive time of a JointTarget less the acquisition stamp of the frame that it was made from
(ControllerState.command_age plus the way to the listener is not counted: the age is taken in the
controller, when the target is published).
"""

import argparse
import json
import os
from pathlib import Path
import tempfile
import time

from dexgen_node import topics
import numpy as np
from running import Observer, Stack

HANDS = Path(__file__).resolve().parents[2] / 'shared' / 'hands'
CLIP = Path(os.environ.get('DEXGEN_HANDS', HANDS)) / 'dex_human_hand_right.mp4'
HEARD = (topics.HAND_LANDMARKS, topics.CONTROLLER_STATE, topics.JOINT_TARGET,
         topics.DIAGNOSTICS)


def measure(arguments: list[str], seconds: float, domain: int) -> dict[str, float]:
    """Run the stack for some seconds and return its figures."""
    with tempfile.TemporaryDirectory() as folder, \
            Stack(arguments, domain, Path(folder) / 'stack.log'):
        observer = Observer(domain, *HEARD)
        try:
            observer.engage()
            time.sleep(2.0)
            since = time.monotonic()
            observer.span(topics.JOINT_TARGET, seconds)
            received = {name: [item for item in kept if item.time >= since]
                        for name, kept in observer.received.items()}
        finally:
            observer.close()
    return figures(received, seconds)


def figures(received: dict[str, list], seconds: float) -> dict[str, float]:
    """Figures of what was heard for `seconds`; see docs/launch.md for their meaning."""
    tracked = [item for item in received[topics.HAND_LANDMARKS.name] if item.message.valid]
    ticks = [item.message for item in received[topics.CONTROLLER_STATE.name]]
    if not any(tick.reason == 'OK' for tick in ticks):
        reasons = sorted({tick.reason for tick in ticks})
        raise SystemExit(f'bench-stack: no command was followed ({", ".join(reasons)}); '
                         'is the machine too busy?')
    ages = 1e3 * np.array([tick.command_age for tick in ticks if tick.reason == 'OK'])
    factors = [float(value.value)
               for item in received[topics.DIAGNOSTICS.name]
               for status in item.message.status if status.name.startswith('hand_bridge')
               for value in status.values if value.key.startswith('real-time factor')]
    return {
        'tracked_hz': round(len(tracked) / seconds, 2),
        'frame_to_target_ms_median': round(float(np.median(ages)), 2),
        'frame_to_target_ms_p99': round(float(np.quantile(ages, 0.99)), 2),
        'real_time_factor': round(float(np.mean(factors)), 4) if factors else None,
        'control_hz': round(len(received[topics.JOINT_TARGET.name]) / seconds, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--source', default='video', help='source of the stack')
    parser.add_argument('--video', default=str(CLIP), help='hand clip of the source video')
    parser.add_argument('--seconds', type=float, default=20.0, help='how long to listen [s]')
    parser.add_argument('--domain', type=int, default=97, help='ROS domain of the run')
    parser.add_argument('arguments', nargs='*', help='further launch arguments, name:=value')
    options = parser.parse_args()
    if options.source == 'video' and not Path(options.video).is_file():
        parser.error(f'no clip at {options.video}; give one with --video, or --source script')
    arguments = ['viewer:=none', 'controller:=passthrough', 'rate:=30',
                 f'source:={options.source}', *options.arguments]
    if options.source == 'video':
        arguments.append(f'video:={options.video}')
    print(json.dumps(measure(arguments, options.seconds, options.domain)))


if __name__ == '__main__':
    main()
