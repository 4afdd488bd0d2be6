"""A lower bound from a cone solver's own figures, reckoned again without it.

Clarabel solves ``min x'Px/2 + q'x`` with ``Ax + s = b`` and s in a product of cones K, and returns
multipliers z. For any z in the dual cones and any feasible x*, convexity and weak duality give
``objective(x*) >= -x'Px/2 - b'z - |r|'|x*|`` with ``r = Px + q + A'z`` (Boyd and Vandenberghe 2004,
5.2). Decision: z is first moved into the dual cones where round-off left it outside, then r and the
bound are computed here. Limits: the last part needs a size for x*; it is taken as one plus twice that
of the solution found, in every variable, which at residuals of a billionth costs next to nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import scipy.sparse as sp

from di_advisor.domain.market import FloatArray
from di_advisor.errors import UncertifiedError

__all__ = ["conic_bound", "in_dual_cones"]

_TINY = 1e-300
_EXP_MAX = 700.0


def conic_bound(data: Mapping[str, Any], x: FloatArray, z: FloatArray) -> float:
    """Lower bound of the conic problem.

    Parameters
    ----------
    data : mapping
        What cvxpy hands to Clarabel: ``A``, ``b``, ``c``, ``P`` where there is one, and ``dims``.
    x, z : ndarray
        Variables and multipliers.

    Raises
    ------
    UncertifiedError
        If it has a cone of which membership is not checked here.
    """
    A, b, q = data["A"], np.asarray(data["b"], dtype=np.float64), np.asarray(data["c"], dtype=np.float64)
    limited = np.isfinite(b)  # an inequality without a limit has no price
    z, b = np.where(limited, in_dual_cones(data["dims"], z), 0.0), np.where(limited, b, 0.0)
    px = np.zeros_like(q)
    if data.get("P") is not None:
        upper = sp.triu(data["P"])
        px = np.asarray(upper @ x + upper.T @ x - data["P"].diagonal() * x)
    left_over = np.asarray(px + q + A.T @ z)
    return float(-0.5 * x @ px - b @ z - np.abs(left_over) @ (1.0 + 2.0 * np.abs(x)))


def in_dual_cones(dims: Any, z: FloatArray) -> FloatArray:  # noqa: ANN401 - cvxpy's sizes of cones
    """Multipliers moved into the dual cones, in Clarabel's order of cones.

    Raises
    ------
    UncertifiedError
        If there are power cones of more than three dimensions.
    """
    if getattr(dims, "pnd", None):
        raise UncertifiedError(
            "An own term or rule uses a power cone of many dimensions, whose bound is not checked here.",
            hint="Write it with squares, norms or powers of single figures.",
        )
    z = np.array(z, dtype=np.float64)
    at = int(dims.zero)
    z[at : at + dims.nonneg] = np.maximum(z[at : at + dims.nonneg], 0.0)
    at += int(dims.nonneg)
    for size in dims.soc:
        z[at] = max(z[at], float(np.linalg.norm(z[at + 1 : at + size])))
        at += int(size)
    for size in dims.psd:
        length = size * (size + 1) // 2
        z[at : at + length] = _semidefinite(z[at : at + length], int(size))
        at += length
    for _ in range(int(dims.exp)):
        z[at : at + 3] = _dual_exponential(z[at : at + 3])
        at += 3
    for alpha in dims.p3d:
        z[at : at + 3] = _dual_power(z[at : at + 3], float(alpha))
        at += 3
    return z


def _semidefinite(z: FloatArray, size: int) -> FloatArray:
    """Upper triangle by columns, off-diagonals times the root of 2: the least eigenvalue raised to 0."""
    matrix = np.zeros((size, size))
    rows, columns = np.tril_indices(size)  # (column, row) of the upper triangle, column after column
    scale = np.where(rows == columns, 1.0, math.sqrt(0.5))
    matrix[columns, rows] = matrix[rows, columns] = z * scale
    least = float(np.linalg.eigvalsh(matrix)[0])
    return np.asarray(z + np.where(rows == columns, max(-least, 0.0), 0.0))


def _dual_exponential(z: FloatArray) -> FloatArray:
    """``-u exp(v/u) <= e w`` with u < 0: w raised to it."""
    u, v, w = min(float(z[0]), 0.0), float(z[1]), float(z[2])
    if u > -_TINY:
        return np.array([0.0, max(v, 0.0), max(w, 0.0)])
    return np.array([u, v, max(w, -u * math.exp(min(v / u - 1.0, _EXP_MAX)))])


def _dual_power(z: FloatArray, alpha: float) -> FloatArray:
    """``(u/a)^a (v/(1-a))^(1-a) >= |w|``: w cut to it."""
    u, v = max(float(z[0]), 0.0), max(float(z[1]), 0.0)
    most = (u / alpha) ** alpha * (v / (1.0 - alpha)) ** (1.0 - alpha)
    return np.array([u, v, float(np.clip(z[2], -most, most))])
