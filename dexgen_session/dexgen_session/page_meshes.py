"""Triangle meshes of half length 1: what every shape of the live page is stretched from."""

from typing import NamedTuple

import numpy as np

SEGMENTS = 24
"""Corners of a circle."""


class Mesh(NamedTuple):
    """Vertices (V, 3) and faces (F, 3), counter-clockwise seen from outside."""

    vertices: np.ndarray
    faces: np.ndarray


def sphere() -> Mesh:
    """Unit sphere of rings between two poles along z."""
    polar = np.linspace(0.0, np.pi, SEGMENTS // 2 + 1)[1:-1]
    rings = [_circle(np.cos(angle), np.sin(angle)) for angle in polar]
    vertices = np.vstack([[[0.0, 0.0, 1.0]], *rings, [[0.0, 0.0, -1.0]]])
    return Mesh(vertices, _skin(len(rings), len(vertices) - 1))


def cylinder() -> Mesh:
    """Cylinder of radius 1 along z from -1 to 1; its caps have corners of their own."""
    rings = [_circle(1.0, 1.0), _circle(1.0, 1.0), _circle(-1.0, 1.0), _circle(-1.0, 1.0)]
    vertices = np.vstack([[[0.0, 0.0, 1.0]], *rings, [[0.0, 0.0, -1.0]]])
    faces = _skin(len(rings), len(vertices) - 1)
    doubled = {0, 2}
    band = (faces.min(axis=1) - 1) // SEGMENTS
    inside = (faces.min(axis=1) > 0) & (faces.max(axis=1) < len(vertices) - 1)
    return Mesh(vertices, faces[~(inside & np.isin(band, list(doubled)))])


def box() -> Mesh:
    """Cube from -1 to 1."""
    corners = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], dtype=float)
    quads = (
        (0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3),
    )  # fmt: skip
    faces = [(a, b, c) for a, b, c, _ in quads] + [(a, c, d) for a, _, c, d in quads]
    return Mesh(corners, np.array(faces))


def _circle(height: float, radius: float) -> np.ndarray:
    angle = 2.0 * np.pi * np.arange(SEGMENTS) / SEGMENTS
    return np.column_stack(
        [radius * np.cos(angle), radius * np.sin(angle), np.full(SEGMENTS, height)]
    )


def _skin(rings: int, last: int) -> np.ndarray:
    """Faces of a first pole (vertex 0), rings of SEGMENTS vertices, and a pole `last`."""
    here = np.arange(SEGMENTS)
    after = (here + 1) % SEGMENTS
    top = np.column_stack([np.zeros(SEGMENTS, dtype=int), 1 + here, 1 + after])
    bands = []
    for ring in range(rings - 1):
        upper, lower = 1 + ring * SEGMENTS, 1 + (ring + 1) * SEGMENTS
        bands.append(np.column_stack([upper + here, lower + here, lower + after]))
        bands.append(np.column_stack([upper + here, lower + after, upper + after]))
    lowest = 1 + (rings - 1) * SEGMENTS
    bottom = np.column_stack([lowest + after, lowest + here, np.full(SEGMENTS, last)])
    return np.vstack([top, *bands, bottom])
