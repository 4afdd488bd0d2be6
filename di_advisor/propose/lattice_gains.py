"""What single steps of share counts do to budgets of gain and tax."""

from __future__ import annotations

import copy

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.tax_rules import GainBudget, TaxBudget
from di_advisor.propose.sale_curve import SaleCurve

__all__ = ["BudgetedGains"]

_MARGIN = 1e-8


class BudgetedGains:
    """The two gains of share counts, and by how much they pass the budgets of a problem.

    Parameters
    ----------
    problem : Problem
        With its rules.
    sale : SaleCurve
        Lots in filling order.
    """

    def __init__(self, problem: Problem, sale: SaleCurve) -> None:
        self.sale = sale
        self.limits = [r for r in problem.rules if isinstance(r, (GainBudget, TaxBudget))]
        self.rates: list[FloatArray] = []
        if self.limits:
            first = self.limits[0]
            gains = first.gains if isinstance(first, GainBudget) else first.tax.gains
            self.rates = [gains.short[sale.lot], gains.long[sale.lot]]

    def along(self, sale: SaleCurve, lots: NDArray[np.int64]) -> BudgetedGains:
        """The same of a few names: their curve, and which of this curve's lots it has."""
        part = copy.copy(self)
        part.sale, part.rates = sale, [rate[lots] for rate in self.rates]
        return part

    def of(self, sold: FloatArray) -> FloatArray:
        """Short-term and long-term gain of selling an amount of each name, shape (2, n); empty without budgets."""
        if not self.limits:
            return np.zeros((0, len(sold)))
        filled = self.sale.filled(sold)
        per_term = (np.bincount(self.sale.name, weights=filled * rate, minlength=len(sold)) for rate in self.rates)
        return np.array(list(per_term), dtype=np.float64)

    def over(self, gains: FloatArray) -> FloatArray | float:
        """By how much gains in all, shape (2, k), pass the budgets, shape (k,)."""
        total: FloatArray | float = 0.0
        for limit in self.limits:
            if isinstance(limit, GainBudget):
                measured = gains.sum(axis=0)
            else:
                measured = limit.tax.change_usd(gains[0], gains[1]) / limit.tax.holdings.value_usd
            total = total + np.maximum(measured - (limit.upper - _MARGIN), 0.0)
        return total
