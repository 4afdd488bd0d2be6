"""Sales of a name lot by lot: which lots an amount empties, and what that is taxed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from di_advisor.compiled import as_floats, is_compiled
from di_advisor.domain.market import FloatArray

__all__ = ["SaleCurve"]


@dataclass(frozen=True)
class SaleCurve:
    """Tax (and waiting value) of selling an amount of each name, lots in fill order.

    Attributes
    ----------
    lot : ndarray of int
        Sellable lots, by name, in fill order.
    name, start, width, slope : ndarray
        Their name, where they start within the name, how much they hold, and tax per unit.
    """

    lot: NDArray[np.int64]
    name: NDArray[np.int64]
    start: FloatArray
    width: FloatArray
    slope: FloatArray

    @classmethod
    def of(cls, lot_name: NDArray[np.int64], width: FloatArray, slope: FloatArray) -> SaleCurve:
        """Curve of lots with the weight that may be sold and tax per unit, shapes (L,)."""
        if is_compiled():
            from di_advisor.formulate.fill_order_loops import in_fill_order
            from di_advisor.propose.rounding_loops import sale_curve_by_loops

            names = int(lot_name.max(initial=-1)) + 1
            lots = np.ascontiguousarray(lot_name), as_floats(width), as_floats(slope)
            return cls(*sale_curve_by_loops(in_fill_order(*lots, names, 0.0), *lots))
        lot = np.flatnonzero(width > 0)
        lot = lot[np.lexsort((slope[lot], lot_name[lot]))]
        name = lot_name[lot]
        end = np.cumsum(width[lot])
        later = np.flatnonzero(name[1:] != name[:-1]) + 1  # where a name starts, but for the first one
        offset = np.zeros(len(lot))
        offset[later] = end[later - 1]
        np.maximum.accumulate(offset, out=offset)
        wide = width[lot]
        return cls(lot, name, end - wide - offset, wide, slope[lot])

    def filled(self, amount: FloatArray) -> FloatArray:
        """How much of each of `lot` is sold when so much of its name is sold."""
        return np.asarray(np.clip(amount[self.name] - self.start, 0.0, self.width), dtype=np.float64)

    def value(self, amount: FloatArray) -> FloatArray:
        """Tax of selling an amount of each name, shape (n,)."""
        total = np.bincount(self.name, weights=self.filled(amount) * self.slope, minlength=len(amount))
        return np.asarray(total, dtype=np.float64)
