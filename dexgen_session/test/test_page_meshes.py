"""Unit meshes: closed, turned outside out, and of the volume that they stand for."""

from dexgen_session.page_meshes import box, cylinder, sphere
import numpy as np
import pytest


@pytest.mark.parametrize(
    ('create', 'volume'),
    [(sphere, 4.0 / 3.0 * np.pi), (cylinder, 2.0 * np.pi), (box, 8.0)],
)
def test_volume_by_outward_faces(create, volume):
    mesh = create()
    a, b, c = (mesh.vertices[mesh.faces[:, i]] for i in range(3))
    assert np.einsum('ij,ij->', a, np.cross(b, c)) / 6.0 == pytest.approx(volume, rel=0.03)
    assert np.abs(mesh.vertices).max(axis=0) == pytest.approx([1.0, 1.0, 1.0])


@pytest.mark.parametrize('create', [sphere, cylinder, box])
def test_surface_is_closed(create):
    mesh = create()
    _, places = np.unique(mesh.vertices.round(9), axis=0, return_inverse=True)
    faces = places.ravel()[mesh.faces]
    edges = np.vstack([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]).tolist()
    assert sorted(map(tuple, edges)) == sorted((b, a) for a, b in edges)
