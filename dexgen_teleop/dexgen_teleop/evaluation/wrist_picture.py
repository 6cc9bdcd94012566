"""Draws the wrist frame: `python -m dexgen_teleop.evaluation.wrist_picture wrist_frame.png`."""

import argparse
from pathlib import Path

import numpy as np

from dexgen_teleop.human_hand import HumanHand, OPEN
from dexgen_teleop.landmarks import BONES, FRAME, NAMES, wrist_frame

COLORS = {'x': '#c0392b', 'y': '#27ae60', 'z': '#2458a6'}
VIEWS = (('palm', (1, 2), 'out of the palm, toward you: x'), ('side', (0, 2), ''))


def draw(path: Path) -> None:
    """Write the picture of a right hand, from the palm and from the side."""
    import matplotlib

    matplotlib.use('Agg')
    import matplotlib.pyplot as plt

    points = HumanHand().landmarks(OPEN)
    pose = wrist_frame(points, 'right')
    figure, axes = plt.subplots(1, 2, figsize=(8, 4.6), width_ratios=(3, 2))
    for axis, (title, (across, up), note) in zip(axes, VIEWS, strict=True):
        flat = 1e3 * points[:, [across, up]]
        for a, b in BONES:
            axis.plot(*flat[[a, b]].T, color='#b9b3a7', linewidth=5, solid_capstyle='round')
        axis.scatter(*flat.T, s=16, color='#444', zorder=3)
        axis.scatter(*flat[list(FRAME)].T, s=60, color='#e08e0b', zorder=4)
        for k, name in enumerate('xyz'):
            tip = 1e3 * pose[:3, k][[across, up]] * 0.05
            if np.linalg.norm(tip) > 1.0:
                axis.annotate(
                    '', tip, (0, 0), arrowprops={'color': COLORS[name], 'width': 2, 'headwidth': 8}
                )
                axis.text(*(1.15 * tip), name, color=COLORS[name], fontsize=14, weight='bold')
        if title == 'palm':
            for i, name in enumerate(NAMES):
                left = i in (9, 13, 16, 17, 20)
                text = f'{i} {name}' if i in FRAME or name.endswith('tip') else str(i)
                axis.annotate(
                    text,
                    flat[i],
                    (-7 if left else 7, 2),
                    textcoords='offset points',
                    ha='right' if left else 'left',
                    fontsize=8,
                )
        axis.set(title=f'from the {title}', xlabel=f'{"xyz"[across]} [mm]', ylabel='z [mm]')
        axis.text(0.02, 0.02, note, transform=axis.transAxes, color=COLORS['x'])
        axis.set_aspect('equal')
        axis.margins(0.3 if title == 'palm' else 0.15, 0.1)
    figure.suptitle('Wrist frame of a right hand; a left one is its mirror image in y')
    figure.tight_layout()
    figure.savefig(path, dpi=100)


def main() -> None:
    """Draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('path', type=Path, help='picture to write (.png or .svg)')
    draw(parser.parse_args().path)


if __name__ == '__main__':
    main()
