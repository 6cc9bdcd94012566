"""How loaded fingers give way without letting go.

What loses an object is a grasp that opens. Moves of loaded fingertips that bring no two of them
farther apart keep pressing it, so a hand may give way by these.
"""

import numpy as np

SWEEPS = 6
"""Times that every pair of tips gives back half of what it would open."""


def without_opening(moves: np.ndarray, places: np.ndarray, loaded: np.ndarray) -> np.ndarray:
    """The moves (B, F, 3) of fingertips without what opens the grasp between any two of them [m].

    Each of a pair gives back its part along the line between them; projections onto the half
    spaces of all pairs, in turns, relaxed by a half.

    Args:
      moves: (B, F, 3) of the tips [m].
      places: (B, F, 3) where they hold the object [m].
      loaded: (B, F) how surely each finger bears load, 0 to 1: a pair counts by the product.
    """
    apart = places[:, :, None] - places[:, None]
    length = np.linalg.norm(apart, axis=-1, keepdims=True)
    along = apart / np.maximum(length, 1e-9)
    both = loaded[:, :, None] * loaded[:, None]
    for _ in range(SWEEPS):
        opening = ((moves[:, :, None] - moves[:, None]) * along).sum(axis=-1)
        back = 0.25 * both * np.maximum(opening, 0.0)
        moves = moves - (back[..., None] * along).sum(axis=2)
    return moves
