"""Rules on numbers: names held after the plan, and names that trade.

They are discrete: no row and no box keeps them, the choices of the search do, and they are measured
again on the rounded plan.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from di_advisor.domain.mandate import Mandate
from di_advisor.domain.wording import counted
from di_advisor.formulate.account_rules import NO_TRADE
from di_advisor.formulate.plan import Holdings, Plan
from di_advisor.formulate.rule_parts import KeptByChoices, UpperLimit

__all__ = ["MaximumNames", "MaximumTrades", "count_rules"]


@dataclass(frozen=True)
class MaximumNames(KeptByChoices, UpperLimit):
    """At most so many names are held after the plan."""

    holdings: Holdings
    upper: int
    name: str = "number of names"

    @property
    def sentence(self) -> str:
        """The limit in plain words."""
        return f"At most {counted(self.upper, 'name is', 'names are')} held after trading."

    def measure(self, plan: Plan) -> float:
        """Names held after the plan."""
        return float((self.holdings.held + plan.net(self.holdings.lot_name) > NO_TRADE).sum())


@dataclass(frozen=True)
class MaximumTrades(KeptByChoices, UpperLimit):
    """At most so many names trade; selling several lots of a name is one trade."""

    holdings: Holdings
    upper: int
    name: str = "number of trades"

    @property
    def sentence(self) -> str:
        """The limit in plain words."""
        return f"At most {counted(self.upper, 'name trades', 'names trade')}."

    def measure(self, plan: Plan) -> float:
        """Names that trade."""
        return float((np.abs(plan.net(self.holdings.lot_name)) > NO_TRADE).sum())


def count_rules(mandate: Mandate, holdings: Holdings) -> list[MaximumNames | MaximumTrades]:
    """The rules on numbers that a mandate asks for."""
    rules: list[MaximumNames | MaximumTrades] = []
    if mandate.max_names is not None:
        rules.append(MaximumNames(holdings, mandate.max_names))
    if mandate.max_trades is not None:
        rules.append(MaximumTrades(holdings, mandate.max_trades))
    return rules
