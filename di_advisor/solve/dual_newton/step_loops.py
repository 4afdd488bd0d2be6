"""What a Newton step asks of itself, as compiled loops: how good the point is, and how much to damp.

The same as `newton` does with arrays: see there. Limits: as of `loops`.
"""

from __future__ import annotations

import numpy as np

from di_advisor.compiled import compiled
from di_advisor.domain.market import FloatArray

__all__ = ["damped", "judged"]

Boxes = tuple[FloatArray, FloatArray, FloatArray]
"""``curvature``, ``lower`` and ``upper`` of `Limits`."""

_DAMPING = 1e-12
_EARLY_DAMPING = 1e-2
_EARLY = 1e-3
_FLAT = 1e-3
_FLAT_DAMPING = 0.02


@compiled
def judged(value: float, prices: FloatArray, activity: FloatArray, boxes: Boxes) -> tuple[float, float]:
    """Objective of the names' trades, from their value at prices, and the largest violation of a limit."""
    curvature, lower, upper = boxes
    objective, violation = value, 0.0
    for j in range(len(activity)):
        objective -= prices[j] * activity[j]
        violation = max(violation, lower[j] - activity[j], activity[j] - upper[j])
    risk = 0.0
    for a in range(len(curvature)):
        slope = 0.0
        for b in range(len(curvature)):
            slope += curvature[a, b] * activity[b]
        risk += 0.5 * activity[a] * slope
    return objective + risk, violation


@compiled
def damped(hessian: FloatArray, full: FloatArray, off: float) -> FloatArray:
    """What is added to the diagonal of H, as a matrix."""
    d, mean = len(full), 0.0
    for j in range(d):
        mean += hessian[j, j] / d
    found = np.zeros((d, d))
    for j in range(d):
        found[j, j] = max(mean, _DAMPING) * (_DAMPING + _EARLY_DAMPING * min(_EARLY, off))
        if hessian[j, j] < _FLAT * full[j]:
            found[j, j] = max(found[j, j], _FLAT_DAMPING * full[j])
    return found
