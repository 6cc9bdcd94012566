"""A session is recorded, played into a live stack, run again bit for bit, and exported."""

import csv
import os
from pathlib import Path
import subprocess

from dexgen_node import topics
from dexgen_session.bag.decoder import BagDecoder
from dexgen_session.bag.reader import BagReader
import numpy as np
import pytest
from running import Stack
from std_srvs.srv import Trigger

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]
OPERATOR = '/hand_landmarks'


def dexgen_bag(*words: object) -> subprocess.CompletedProcess:
    """Run the command dexgen-bag."""
    return subprocess.run(['dexgen-bag', *map(str, words)], capture_output=True, text=True,
                          timeout=100)


def landmarks(bag: BagReader) -> dict[int, np.ndarray]:
    """The 21 points of each frame of the operator, by sequence number."""
    decoder = BagDecoder(bag)
    messages = map(decoder.decode, bag.samples([OPERATOR]))
    return {m.sequence: np.array([(p.x, p.y, p.z) for p in m.points]) for m in messages}


@pytest.fixture
def session(start_stack, observe, tmp_path) -> Path:
    """Return the bag of some seconds of the generated operator with an engaged hand."""
    stack = start_stack('viewer:=none', 'object:=none', 'black_box:=false', 'record:=true',
                        f'directory:={tmp_path / "bags"}')
    observer = observe(topics.JOINT_TARGET, topics.CONTROLLER_STATE)
    observer.engage()
    observer.span(topics.JOINT_TARGET, 5.0)
    observer.call(Trigger, 'hand_bridge/disengage')
    stack.interrupt()
    (bag,) = (tmp_path / 'bags').iterdir()
    return bag


def test_what_was_recorded_is_played_run_again_and_exported(session, domain, observe, tmp_path):
    assert {'metadata.yaml', 'contract.yaml', 'configuration.yaml'} <= set(os.listdir(session))
    told = dexgen_bag('info', session)
    assert told.returncode == 0 and '/joint_target' in told.stdout, told.stdout + told.stderr
    recorded = landmarks(BagReader(session))
    assert len(recorded) > 20

    played(session, domain, observe, tmp_path, recorded)
    for name in ('a', 'b'):
        assert dexgen_bag('rerun', session, tmp_path / name).returncode == 0
    same = dexgen_bag('compare', tmp_path / 'a', tmp_path / 'b')
    assert same.returncode == 0 and same.stdout.count('the same') == 3, same.stdout
    other = dexgen_bag('compare', session, tmp_path / 'a', '--topics', '/joint_target')
    assert other.returncode in (0, 1) and other.stderr == ''
    exported(session, tmp_path / 'frames')


def played(session: Path, domain: int, observe, folder: Path, recorded: dict) -> None:
    """Play the operator's side into a live stack: the same frames come, and a hand follows."""
    observer = observe(topics.HAND_LANDMARKS, topics.JOINT_STATES, topics.CONTROLLER_STATE,
                       topics.JOINT_TARGET)
    replay = Stack((f'bag:={session}', 'viewer:=none', 'object:=none', 'black_box:=false',
                    'loop:=true'), domain, folder / 'replay.log', name='replay')

    def motion() -> float:
        postures = np.array([item.message.position
                             for item in observer.received[topics.JOINT_STATES.name]])
        return np.ptp(postures, axis=0).max() if len(postures) else 0.0

    with replay:
        for _ in range(10):
            observer.engage()
            observer.span(topics.JOINT_STATES, 3.0)
            if motion() > 0.3:
                break
    assert motion() > 0.3, replay.output()
    frames = [item.message for item in observer.received[topics.HAND_LANDMARKS.name]]
    assert len(frames) > 20
    for frame in frames:
        points = np.array([(p.x, p.y, p.z) for p in frame.points])
        assert np.array_equal(points, recorded[frame.sequence])


def exported(session: Path, folder: Path) -> None:
    """The engage span becomes an episode with the joints as they were."""
    done = dexgen_bag('export', session, folder, '--format', 'csv')
    assert done.returncode == 0, done.stderr
    with (folder / 'frames.csv').open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 30
    states = np.array([[float(v) for n, v in row.items() if n.startswith('observation.state')]
                       for row in rows])
    assert np.isfinite(states).all() and np.ptp(states, axis=0).max() > 0.1
