"""Gains and limits of a real hand beside those of the simulation, as text."""

from dexgen_description import Hand
import numpy as np

from dexgen_sim_bridge.preset import Preset, real_limits

MARGIN = 0.02
"""What the gate keeps from the joint limits unless told otherwise [rad]."""
HEAD = ('joint', 'kp real', 'kp sim', 'kd real', 'kd sim', 'rate real', 'rate sim', 'acc real',
        'acc sim')  # fmt: skip


def drive_rows(hand: Hand, preset: Preset) -> list[tuple[str, ...]]:
    """A row for each joint: gains [N m/rad, N m s/rad], limits [rad/s, rad/s^2]; -: not known."""
    limits = real_limits(hand, preset.drive, MARGIN)
    unknown = np.full(len(hand.joint_names), np.nan)
    columns = (
        unknown if preset.drive.kp is None else preset.drive.kp,
        hand.kp,
        unknown if preset.drive.kd is None else preset.drive.kd,
        hand.kd,
        limits.velocity,
        hand.velocity_limit,
        limits.acceleration,
        hand.acceleration_limit,
    )
    numbers = np.array([np.broadcast_to(column, len(hand.joint_names)) for column in columns]).T
    return [
        (name, *('-' if np.isnan(value) else f'{value:.4g}' for value in row))
        for name, row in zip(hand.joint_names, numbers, strict=True)
    ]


def drive_text(hand: Hand, preset: Preset) -> str:
    """The table with where its figures come from."""
    rows = [HEAD, *drive_rows(hand, preset)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    lines = [
        '  '.join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]
    delay = 'not known' if preset.drive.delay is None else f'{1e3 * preset.drive.delay:.0f} ms'
    source = preset.drive.source or 'none; dexgen-identify finds gains and delay'
    return '\n'.join([
        f'{hand.name} behind {preset.name}: {preset.description}',
        *lines,
        f'delay: {delay}; source of the real figures: {source}',
    ])  # fmt: skip
