"""From predictions at several sizes to one convex curve a name: ``a v + b v^1.5 + q v^2``.

Problem: trees give steps, and an optimizer needs convex cost. Decision: non-negative least squares in
relative error over log-spaced sizes, weighted by how often such sizes are traded; coefficients of at
least zero make every curve zero at zero, increasing and convex, whatever the model said. With three
coefficients the exact solution is the best of the seven supports, so thousands of names are solved at
once. Limits: how far the curve is from the predictions is reported, name by name, and not hidden.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, combinations

import numpy as np

from di_advisor.domain.market import FloatArray

__all__ = ["POWERS", "FittedCurves", "fit_curves"]

POWERS = (1.0, 1.5, 2.0)
"""Powers of the value traded."""

_SUPPORTS = tuple(chain.from_iterable(combinations(range(3), size) for size in (1, 2, 3)))
_ROUND_OFF = 1e-12
_TINY = 1e-300


@dataclass(frozen=True)
class FittedCurves:
    """Curves of n names.

    Attributes
    ----------
    coefficients : ndarray of shape (n, 3)
        Of ``v``, ``v^1.5`` and ``v^2``, at least 0.
    worst_error : ndarray of shape (n,)
        Largest relative distance to the predictions, a fraction.
    """

    coefficients: FloatArray
    worst_error: FloatArray


def fit_curves(value: FloatArray, cost: FloatArray, weight: FloatArray) -> FittedCurves:
    """Fit the curves.

    Parameters
    ----------
    value : ndarray of shape (n, j)
        Sizes of each name, in USD, more than 0.
    cost : ndarray of shape (n, j)
        Predicted cost of each, in USD, more than 0.
    weight : ndarray of shape (j,) or (n, j)
        How much each size matters.
    """
    n, j = value.shape
    scale = value[:, -1:]  # sizes in units of the largest keep the normal equations well conditioned
    unit = value / scale
    rows = np.stack([unit**p for p in POWERS], axis=2) / cost[:, :, None]
    root = np.sqrt(np.broadcast_to(weight, (n, j)))[:, :, None]
    design = rows * root
    gram = np.einsum("njp,njq->npq", design, design)
    right = np.einsum("njp,nj->np", design, root[:, :, 0])
    best, kept = np.full(n, np.inf), np.zeros((n, 3))
    for support in _SUPPORTS:
        at = np.array(support)
        part = gram[:, at[:, None], at]
        ridge = _ROUND_OFF * np.trace(part, axis1=1, axis2=2)[:, None, None] * np.eye(len(at))
        found = np.linalg.solve(part + ridge, right[:, at, None])[:, :, 0]
        whole = np.zeros((n, 3))
        whole[:, at] = found
        loss = np.einsum("np,npq,nq->n", whole, gram, whole) - 2.0 * np.einsum("np,np->n", whole, right)
        better = (found >= 0).all(axis=1) & (loss < best)
        best = np.where(better, loss, best)
        kept = np.where(better[:, None], whole, kept)
    error = np.abs(np.einsum("njp,np->nj", rows, kept) - 1.0).max(axis=1)
    return FittedCurves(kept / (scale ** np.array(POWERS) + _TINY), error)
