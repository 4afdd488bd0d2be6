"""Linear terms on active weights: what a weight in each name is worth or costs by itself, in USD.

One class serves every wish of this shape (ESG points, factor exposures, tax on dividends, cash that
earns less than the market): they differ in their coefficients and their sentence only. The amount is
what the trades change, so that doing nothing is 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.plan import Holdings, Plan, SymbolicPlan
from di_advisor.formulate.separable import Separable

__all__ = ["ActiveTilt"]


@dataclass(frozen=True)
class ActiveTilt:
    """A charge (or, negative, a worth) per unit of active weight of each name.

    Attributes
    ----------
    holdings : Holdings
        Before trading.
    per_weight : ndarray of shape (n,)
        Objective, a fraction of the account, per unit of weight; positive hurts.
    name : str
        Name in tables, such as "ESG tilt".
    sentence : str
        What it charges for, in plain words.
    """

    holdings: Holdings
    per_weight: FloatArray
    name: str
    sentence: str

    def value_usd(self, plan: Plan) -> float:
        """Charge on what a plan changes, in USD."""
        return float(self.per_weight @ plan.net(self.holdings.lot_name)) * self.holdings.value_usd

    def attribute_usd(self, plan: Plan) -> Plan:
        """Each trade its own: the charge is linear."""
        value = self.holdings.value_usd
        sells = -self.per_weight[self.holdings.lot_name] * plan.sells * value
        return Plan(sells, np.asarray(self.per_weight * plan.buys * value, dtype=np.float64))

    def separable(self) -> Separable:
        """A slope for each name's net trade."""
        return Separable(name_slope=self.per_weight)

    def expression(self, symbols: SymbolicPlan) -> Any:  # noqa: ANN401 - a cvxpy expression
        """Linear in the change of the active weights."""
        return self.per_weight @ (symbols.active - self.holdings.active)
