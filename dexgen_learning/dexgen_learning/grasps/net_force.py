"""Net force optimisation: can pushes along these contact normals balance each other?

The test of the paper's base grasps (DexterityGen, appendix): non-negative forces along the
contact normals, in each of n subproblems one force fixed to 1, least norm of the net force;
a set of contacts passes if the smallest of the n norms is below a threshold.
"""

import numpy as np

DEFAULT_THRESHOLD = 0.1


def net_force(normals: np.ndarray) -> np.ndarray:
    """The least norm of the net force over the n subproblems.

    Args:
        normals: (..., n, 3) unit contact normals, pointing into the object, n >= 1; a zero row
            is a contact that is not there.

    Returns:
        (...) the norm, in units of the fixed force: 0 balances, 1 is a single contact.

    Each subproblem min |f_i n_i + sum_j f_j n_j| over f_j >= 0 with f_i = 1 has at most three
    unknowns for n <= 4: every choice of active contacts is solved in closed form and the best
    feasible one counts (exact, batched, no iterations).
    """
    normals = np.asarray(normals, dtype=float)
    n = normals.shape[-2]
    if n < 1 or normals.shape[-1] != 3:
        raise ValueError(f'normals has shape {normals.shape}; expected (..., n, 3) with n >= 1')
    best = np.full(normals.shape[:-2], np.inf)
    for fixed in range(n):
        others = [j for j in range(n) if j != fixed]
        for mask in range(1 << len(others)):
            active = [j for bit, j in enumerate(others) if mask >> bit & 1]
            norm = _residual(normals[..., fixed, :], normals[..., active, :])
            there = np.any(normals[..., fixed, :] != 0.0, axis=-1)
            best = np.where(there, np.minimum(best, norm), best)
    return best


def _residual(fixed: np.ndarray, active: np.ndarray) -> np.ndarray:
    """|fixed + active^T f| at the unconstrained least-squares f; inf where any f < 0."""
    if active.shape[-2] == 0:
        return np.linalg.norm(fixed, axis=-1)
    gram = active @ np.swapaxes(active, -1, -2)
    gram = gram + 1e-9 * np.eye(active.shape[-2])
    rhs = -(active @ fixed[..., None])
    force = np.linalg.solve(gram, rhs)
    net = fixed + (np.swapaxes(active, -1, -2) @ force)[..., 0]
    feasible = np.all(force[..., 0] >= -1e-6, axis=-1)
    return np.where(feasible, np.linalg.norm(net, axis=-1), np.inf)


def passes(normals: np.ndarray, threshold: float = DEFAULT_THRESHOLD) -> np.ndarray:
    """Whether each set of contacts passes net force optimisation, (...) bool."""
    return net_force(normals) < threshold
