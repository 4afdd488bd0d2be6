"""Trading-cost curves: what a trade of a name costs, as a convex function of its dollars.

``cost(v) = linear v + three_halves v^1.5 + quadratic v^2`` for v dollars traded: the half-spread,
the square-root law of impact, and what a fitted model adds. Convex and zero at zero by
construction (all coefficients at least 0).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.domain.universe import Universe
from di_advisor.errors import InputError

__all__ = ["CostCurves"]


@dataclass(frozen=True)
class CostCurves:
    """Cost curves of n names, for either side.

    Attributes
    ----------
    universe : Universe
        n names.
    linear : ndarray of shape (n,)
        USD per USD traded.
    three_halves : ndarray of shape (n,)
        USD per USD^1.5.
    quadratic : ndarray of shape (n,)
        USD per USD^2.
    provenance : str
        Which model, which version, as of when.
    """

    universe: Universe
    linear: FloatArray
    three_halves: FloatArray
    quadratic: FloatArray
    provenance: str = ""

    def __post_init__(self) -> None:
        n = len(self.universe)
        for name in ("linear", "three_halves", "quadratic"):
            values = np.ascontiguousarray(getattr(self, name), dtype=np.float64)
            if values.shape != (n,) or not np.isfinite(values).all() or (values < 0).any():
                raise InputError(
                    f"Cost coefficient {name} must hold {n} finite figures of at least 0.",
                    hint="A negative coefficient would pay for trading.",
                    field=name,
                )
            object.__setattr__(self, name, values)

    def cost_usd(self, traded_usd: FloatArray) -> FloatArray:
        """Cost of trading so many dollars of each name, shape (n,), in USD."""
        v = np.abs(traded_usd)
        return np.asarray(self.linear * v + self.three_halves * v**1.5 + self.quadratic * v * v, dtype=np.float64)
