"""Writes what open_hand.py opens: URDF files and the scene table. Needs this workspace.

`python3 dexgen_sim_bridge/isaac/prepare.py build/isaac --hand allegro_right --object cube`
"""

import argparse
from pathlib import Path
import sys

from dexgen_description import (
    Hand,
    hand_names,
    hand_urdf,
    load_hand,
    load_object,
    object_names,
    object_urdf,
)
from dexgen_sim_bridge.drive_file import load_drive
from dexgen_sim_bridge.preset import Drive, load_preset
from dexgen_sim_bridge.wrist import GRAVITY, gravity_in_hand, wrist_orientation, WRISTS
import numpy as np
from scene_table import JointDrive, Scene

PHYSICS_RATE, MESSAGE_RATE = 200, 100
CLEARANCE = 0.03
"""How far out of the palm the object starts [m], so that it never starts inside the hand."""


def joint_drives(hand: Hand, drive: Drive) -> dict[str, JointDrive]:
    """Drives of a hand's joints; gains of `drive` where it has any, else the description's."""
    kp = hand.kp if drive.kp is None else drive.kp
    kd = hand.kd if drive.kd is None else drive.kd
    columns = (kp, kd, hand.torque_limit, hand.velocity_limit, hand.armature, hand.pregrasp)
    rows = np.array(columns, float).T.tolist()
    return {name: JointDrive(*row) for name, row in zip(hand.joint_names, rows, strict=True)}


def write_scene(folder: Path, hand: Hand, thing: str, wrist: str, drive: Drive) -> Scene:
    """Write the files of a scene into a folder and return its table."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / 'hand.urdf').write_text(hand_urdf(hand))
    if thing != 'none':
        (folder / 'object.urdf').write_text(object_urdf(load_object(thing), folder))
    place = hand.palm_center + np.array([CLEARANCE, 0.0, 0.0])
    gravity = gravity_in_hand(wrist_orientation(wrist, hand.side))
    preset = load_preset('isaac_sim', hand)
    scene = Scene(
        hand=hand.name,
        hand_urdf='hand.urdf',
        joints=joint_drives(hand, drive),
        object_urdf='' if thing == 'none' else 'object.urdf',
        object_position=tuple(place.tolist()),
        gravity_direction=tuple((gravity / np.linalg.norm(gravity)).tolist()),
        gravity=GRAVITY,
        friction=float(hand.friction[0]),
        physics_rate=PHYSICS_RATE,
        message_rate=MESSAGE_RATE,
        state_topic=preset.state.topic,
        command_topic=preset.command.topic,
    )
    scene.write(folder)
    return scene


def main(words: list[str] | None = None) -> int:
    """Write a scene as the words of the command line say."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('folder', type=Path, help='where to write')
    parser.add_argument('--hand', default='allegro_right', choices=hand_names())
    parser.add_argument('--object', default='none', choices=[*object_names(), 'none'])
    parser.add_argument('--wrist', default='palm_up', choices=WRISTS[:-1])
    parser.add_argument('--drive', help='YAML file of dexgen-identify: gains of the real hand')
    options = parser.parse_args(words)
    hand = load_hand(options.hand)
    try:
        drive = load_drive(options.drive, hand) if options.drive else Drive()
    except ValueError as error:
        parser.error(str(error))
    write_scene(options.folder, hand, options.object, options.wrist, drive)
    print(f'{options.folder}: open it with Isaac Sim, python.sh open_hand.py {options.folder}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
