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
from running import Observer, Stack, stamp_of

HANDS = Path(__file__).resolve().parents[2] / 'shared' / 'hands'
CLIP = Path(os.environ.get('DEXGEN_HANDS', HANDS)) / 'dex_human_hand_right.mp4'
HEARD = (topics.HAND_LANDMARKS, topics.KEYPOINT_COMMAND, topics.CONTROLLER_STATE,
         topics.JOINT_TARGET, topics.DIAGNOSTICS)


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
    """Figures of what was heard for `seconds`; docs/launch.md has their meaning."""
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
        'hops_ms': hops(received),
    }


def hops(received: dict[str, list]) -> dict[str, float]:
    """Median of each part of the way from frame to joint target [ms].

    `tracker`: from the frame's stamp to its landmarks' going out; `retargeter`: from there to the
    command's; `waiting`: from there to the tick that follows it; `controller`: from the tick to
    its target's going out.
    """
    landmarks = {item.message.sequence: item for item in received[topics.HAND_LANDMARKS.name]}
    commands = {item.message.sequence: item for item in received[topics.KEYPOINT_COMMAND.name]}
    targets = {stamp_of(item.message): item for item in received[topics.JOINT_TARGET.name]}
    ways = []
    for tick in (item.message for item in received[topics.CONTROLLER_STATE.name]):
        frame, command = (kept.get(tick.command_sequence) for kept in (landmarks, commands))
        target = targets.get(stamp_of(tick))
        if frame and command and target:
            times = (stamp_of(frame.message), frame.sent, command.sent, stamp_of(tick),
                     target.sent)
            ways.append(np.diff(times))
    medians = 1e3 * np.median(ways, axis=0) if ways else np.full(4, np.nan)
    return dict(zip(('tracker', 'retargeter', 'waiting', 'controller'),
                    medians.round(2).tolist(), strict=True))


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
