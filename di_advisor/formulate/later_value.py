"""What a trade of today takes from, or spares, the later stages of a plan; and today's share of a budget.

The later stages see today's trades through what they leave: shares of each lot, holdings, cash, and
room in the year's budgets. Each has a price, the derivative of the cost of the later stages; today's
trades are charged at these prices, so that an ordinary proposal of today is part of the plan.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.plan import Holdings, Plan, SymbolicPlan
from di_advisor.formulate.rules import NO_ROOM
from di_advisor.formulate.segments import Segments
from di_advisor.formulate.separable import Row, Separable
from di_advisor.formulate.tax_rules import dollars
from di_advisor.formulate.terms import WaitingValue

__all__ = ["LaterValue", "LotBudget"]


@dataclass(frozen=True)
class LaterValue(WaitingValue):
    """What today's trades cost the later stages, at prices; negative where they spare them something.

    ``worth`` is minus what a sale takes away with its lot; ``per_name`` (shape (n,)) is charged on the net
    trade of a name: what holding more of it, and less cash, costs the later stages.
    """

    name: str = "cost of doing it later"
    per_name: FloatArray = field(kw_only=True)

    @property
    def sentence(self) -> str:
        """What it charges for."""
        return (
            "What the trade changes for the later stages of the plan: the risk, tax and trading cost that they are "
            "spared, less what the lot would have been worth to them."
        )

    def value_usd(self, plan: Plan) -> float:
        """Change of the later stages' cost, in USD."""
        net = float(self.per_name @ plan.net(self.holdings.lot_name))
        return super().value_usd(plan) + net * self.holdings.value_usd

    def attribute_usd(self, plan: Plan) -> Plan:
        """Each trade its own: the charge is linear."""
        own, value = super().attribute_usd(plan), self.holdings.value_usd
        sells = own.sells - self.per_name[self.holdings.lot_name] * plan.sells * value
        return Plan(sells, np.asarray(self.per_name * plan.buys * value, dtype=np.float64))

    def separable(self) -> Separable:
        """A slope for each lot and one for each name's net trade."""
        return Separable(lot_slope=-self.worth, name_slope=self.per_name)

    def expression(self, symbols: SymbolicPlan) -> Any:  # noqa: ANN401 - a cvxpy expression
        """Linear in the lots and in the change of the active weights."""
        return super().expression(symbols) + self.per_name @ (symbols.active - self.holdings.active)


@dataclass(frozen=True)
class LotBudget:
    """A sum over the lots sold stays within a budget: net gain, or tax on it, realised today.

    Attributes
    ----------
    holdings : Holdings
        Before trading.
    per_sold : ndarray of shape (L,)
        Amount per unit of weight sold of each lot.
    upper : float
        Budget, fraction of the account.
    name : str
        ``gain budget`` or ``tax budget``.
    what : str
        What is limited, for the sentence.
    """

    holdings: Holdings
    per_sold: FloatArray
    upper: float
    name: str
    what: str

    @property
    def sentence(self) -> str:
        """The limit in plain words."""
        return f"{self.what} is at most {dollars(self.upper * self.holdings.value_usd)}."

    def measure(self, plan: Plan) -> float:
        """The sum, fraction of the account."""
        return float(self.per_sold @ plan.sells)

    def slack(self, plan: Plan) -> float:
        """Room left."""
        return self.upper - self.measure(plan)

    def binds(self, plan: Plan) -> bool:
        """No room left."""
        return self.slack(plan) < NO_ROOM

    def rows(self, segments: Segments) -> tuple[Row, ...]:
        """One row on the lots sold; it may disturb the order in which they go, so no hot path takes it."""
        sold = segments.sell
        amounts = np.zeros(len(segments))
        amounts[sold] = self.per_sold[segments.lot[sold]]
        return (Row(self.name, -np.inf, self.upper, on_segments=amounts),)

    def constraints(self, symbols: SymbolicPlan) -> list[Any]:
        """One linear inequality."""
        return [self.per_sold @ symbols.sells <= self.upper]
