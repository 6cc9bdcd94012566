"""Objects by name or from a mesh file, checked against the size of the hand."""

from dexgen_description import Hand, load_object, ObjectModel
import numpy as np

LARGEST = 0.13
"""An object whose smallest extent exceeds this cannot be grasped by an Allegro hand [m]."""


def load_any_object(name: str, hand: Hand) -> ObjectModel:
    """A described object.

    Raises:
        ValueError: an unknown object, or one too large for the hand.
    """
    model = load_object(name)
    if float(np.min(model.size)) > LARGEST:
        raise ValueError(f'{model.name} measures {np.round(model.size, 3).tolist()} m; '
                         f'{hand.name} holds objects of up to {LARGEST} m across: scale it down')
    return model
