"""Trading-cost curves: what a trade of a name costs, as a convex function of its dollars.

``cost(v) = linear v + three_halves v^1.5 + quadratic v^2`` for v dollars traded: the half-spread,
the square-root law of impact, and what a fitted model adds. Convex and zero at zero by
construction (all coefficients at least 0).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.domain.universe import Universe
from di_advisor.errors import InputError

__all__ = ["CostCurves"]


@dataclass(frozen=True)
class CostCurves:
    """Cost curves of n names, for either side, or for buying where `selling` has curves of its own.

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
    selling : CostCurves or None
        Curves of sales, over the same universe, where they differ from those of buys.
    """

    universe: Universe
    linear: FloatArray
    three_halves: FloatArray
    quadratic: FloatArray
    provenance: str = ""
    selling: CostCurves | None = None

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
        if self.selling is not None and (self.selling.selling is not None or len(self.selling.universe) != n):
            raise InputError(
                f"The curves of sales are over {len(self.selling.universe)} names, or have sides of their own.",
                hint=f"Give plain curves over the same {n} names.",
                field="selling",
            )

    def cost_usd(self, traded_usd: FloatArray) -> FloatArray:
        """Cost of trading so many dollars of each name (sales negative), shape (n,), in USD."""
        v = np.abs(traded_usd)
        cost = np.asarray(self.linear * v + self.three_halves * v**1.5 + self.quadratic * v * v, dtype=np.float64)
        return cost if self.selling is None else np.where(traded_usd < 0, self.selling.cost_usd(v), cost)

    def take(self, universe: Universe, rows: NDArray[np.int64]) -> CostCurves:
        """The curves of some names, by their positions, as curves over another universe."""
        return CostCurves(
            universe,
            self.linear[rows],
            self.three_halves[rows],
            self.quadratic[rows],
            self.provenance,
            None if self.selling is None else self.selling.take(universe, rows),
        )
