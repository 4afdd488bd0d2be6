"""Dearer prices of budgets that count washed losses: where the choices of the highest bound leave no plan.

At the top of the bound names are torn between washing and not, and the choices that its prices ask for may
together pass the budget. At dearer gains they wash less and sell less; the first that leave a plan are where
switching and branching begin.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from di_advisor.solve.prices import PricedNames, Prices

__all__ = ["at_dearer_gains"]

_DEARER = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
_SMALLEST = 1e-3


def at_dearer_gains(names: PricedNames, prices: Prices) -> Iterator[Prices]:
    """Prices with those of the budgets raised further and further; none where no row counts washed losses."""
    counted = np.array([row.washing is not None for row in names.block.rows], dtype=np.bool_)
    for dearer in _DEARER if counted.any() else ():
        rows = prices.rows + np.where(counted, dearer * np.maximum(prices.rows, _SMALLEST), 0.0)
        yield names.sanitised(replace(prices, rows=rows))
