"""Rules: hard limits, each with a name, a sentence, a measured quantity and its cvxpy form.

A rule measures itself on a plan, so that it can be re-checked after rounding without any solver.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.domain.risk import FactorRisk
from di_advisor.formulate.modelling import cvxpy
from di_advisor.formulate.plan import Holdings, Plan, SymbolicPlan
from di_advisor.formulate.segments import Segments
from di_advisor.formulate.separable import Row
from di_advisor.formulate.terms import TradingCost
from di_advisor.units import bps_from_fraction, percent_from_fraction

__all__ = ["ActiveGroup", "CashRange", "Locked", "NameLimits", "Rule", "TrackingErrorCap", "Turnover"]


class Rule(Protocol):
    """A hard limit."""

    @property
    def name(self) -> str:
        """Short name, such as "tracking error cap"."""
        ...

    @property
    def sentence(self) -> str:
        """The limit in plain words."""
        ...

    def measure(self, plan: Plan) -> float:
        """The limited quantity (for many names: the largest excess, 0 or less when kept)."""
        ...

    def slack(self, plan: Plan) -> float:
        """Room left, negative when broken, in the unit of `measure`."""
        ...

    def rows(self, segments: Segments) -> tuple[Row, ...]:
        """Coupling rows; none where the rule is a box of the block."""
        ...

    def constraints(self, symbols: SymbolicPlan) -> list[Any]:
        """The rule as cvxpy constraints."""
        ...


@dataclass(frozen=True)
class NameLimits:
    """Every name's active weight stays in its limits (or where it already is)."""

    holdings: Holdings
    lower: FloatArray
    upper: FloatArray
    text: str
    name: str = "name limits"

    @property
    def sentence(self) -> str:
        """The limit in plain words."""
        return self.text

    def measure(self, plan: Plan) -> float:
        """Largest excess as a weight, over the names that trade or are outside; 0 when there are none."""
        net = plan.net(self.holdings.lot_name)
        z = self.holdings.active + net
        excess = np.maximum(self.lower - z, z - self.upper)
        return float(excess[(net != 0) | (excess > 0)].max(initial=-1.0))

    def slack(self, plan: Plan) -> float:
        """Minus the largest excess."""
        return -self.measure(plan)

    def rows(self, segments: Segments) -> tuple[Row, ...]:
        """None: a box of the block."""
        del segments
        return ()

    def constraints(self, symbols: SymbolicPlan) -> list[Any]:
        """Box on the active weights."""
        return [symbols.active >= self.lower, symbols.active <= self.upper]


@dataclass(frozen=True)
class Locked:
    """Lots that may not be sold and names that may not be bought (locks, wash-sale windows, sizes).

    ``sell_max`` and ``buy_max`` are the largest weights allowed; 0 where locked.
    """

    holdings: Holdings
    sell_max: FloatArray
    buy_max: FloatArray
    name: str = "locks"

    @property
    def sentence(self) -> str:
        """The limit in plain words."""
        return "Locked lots are not sold and locked names are not bought."

    def measure(self, plan: Plan) -> float:
        """Largest amount beyond what is allowed, as a weight."""
        over = [(plan.sells - self.sell_max).max(initial=-np.inf), (plan.buys - self.buy_max).max(initial=-np.inf)]
        return float(max(over))

    def slack(self, plan: Plan) -> float:
        """Minus the largest excess."""
        return -self.measure(plan)

    def rows(self, segments: Segments) -> tuple[Row, ...]:
        """None: a box of the block."""
        del segments
        return ()

    def constraints(self, symbols: SymbolicPlan) -> list[Any]:
        """Boxes on sells and buys."""
        return [symbols.sells >= 0, symbols.sells <= self.sell_max, symbols.buys >= 0, symbols.buys <= self.buy_max]


@dataclass(frozen=True)
class ActiveGroup:
    """The active weight of a group (sector, country) or exposure to a factor stays in a band."""

    holdings: Holdings
    coefficients: FloatArray
    lower: float
    upper: float
    name: str
    factor: str = ""
    """Factor of the risk model that is limited; empty for a group of names."""

    @property
    def sentence(self) -> str:
        """The limit in plain words."""
        low, high = percent_from_fraction(self.lower), percent_from_fraction(self.upper)
        what = self.name.partition(": ")[2] or self.name
        return f"{what} stays between {low:+.2f} and {high:+.2f} points of its target."

    def measure(self, plan: Plan) -> float:
        """Active weight or exposure."""
        return float(self.coefficients @ (self.holdings.active + plan.net(self.holdings.lot_name)))

    def slack(self, plan: Plan) -> float:
        """Distance to the nearer limit."""
        value = self.measure(plan)
        return min(value - self.lower, self.upper - value)

    def rows(self, segments: Segments) -> tuple[Row, ...]:
        """One row on active weights; none for a factor of the risk model, which has a box."""
        del segments
        return () if self.factor else (Row(self.name, self.lower, self.upper, on_active=self.coefficients),)

    def constraints(self, symbols: SymbolicPlan) -> list[Any]:
        """Two linear inequalities."""
        value = self.coefficients @ symbols.active
        return [value >= self.lower, value <= self.upper]


@dataclass(frozen=True)
class CashRange:
    """Cash after trades and their cost stays in a range of the account's value."""

    holdings: Holdings
    cost: TradingCost
    lower: float
    upper: float
    name: str = "cash"

    @property
    def sentence(self) -> str:
        """The limit in plain words."""
        low, high = percent_from_fraction(self.lower), percent_from_fraction(self.upper)
        return f"Cash after trading costs stays between {low:.2f} % and {high:.2f} % of the account."

    def measure(self, plan: Plan) -> float:
        """Cash weight after trading and costs."""
        cost = self.cost.value_usd(plan) / self.holdings.value_usd
        return self.holdings.cash + float(plan.sells.sum() - plan.buys.sum()) - cost

    def slack(self, plan: Plan) -> float:
        """Distance to the nearer limit."""
        value = self.measure(plan)
        return min(value - self.lower, self.upper - value)

    def rows(self, segments: Segments) -> tuple[Row, ...]:
        """Lower limit after costs, upper limit before them."""
        cash = self.holdings.cash
        return (
            Row(self.name, -np.inf, cash - self.lower, on_segments=segments.sign + segments.cash_cost),
            Row(self.name, cash - self.upper, np.inf, on_segments=segments.sign),
        )

    def constraints(self, symbols: SymbolicPlan) -> list[Any]:
        """Lower limit after costs (convex), upper limit before costs (so that it stays convex)."""
        cp = cvxpy()

        before_cost = self.holdings.cash + cp.sum(symbols.sells) - cp.sum(symbols.buys)
        linear = _without_impact(self.cost).expression(symbols)
        return [before_cost - linear >= self.lower, before_cost <= self.upper]


def _without_impact(cost: TradingCost) -> TradingCost:
    """The cost without its quadratic part: what the linear cash row charges."""
    return TradingCost(cost.holdings, cost.chords, np.zeros_like(cost.impact), cost.name)


@dataclass(frozen=True)
class Turnover:
    """Half of all buys and sales stays below a share of the account."""

    holdings: Holdings
    upper: float
    name: str = "turnover"

    @property
    def sentence(self) -> str:
        """The limit in plain words."""
        return f"One-way turnover is at most {percent_from_fraction(self.upper):.2f} % of the account."

    def measure(self, plan: Plan) -> float:
        """One-way turnover."""
        return 0.5 * float(plan.sells.sum() + plan.buys.sum())

    def slack(self, plan: Plan) -> float:
        """Room left."""
        return self.upper - self.measure(plan)

    def rows(self, segments: Segments) -> tuple[Row, ...]:
        """One row on all amounts."""
        return (Row(self.name, -np.inf, self.upper, on_segments=np.full(len(segments), 0.5)),)

    def constraints(self, symbols: SymbolicPlan) -> list[Any]:
        """One linear inequality."""
        cp = cvxpy()

        return [0.5 * (cp.sum(symbols.sells) + cp.sum(symbols.buys)) <= self.upper]


@dataclass(frozen=True)
class TrackingErrorCap:
    """Ex-ante tracking error stays below a cap."""

    holdings: Holdings
    risk: FactorRisk
    upper: float
    name: str = "tracking error cap"

    @property
    def sentence(self) -> str:
        """The limit in plain words."""
        return f"Tracking error is at most {bps_from_fraction(self.upper):.1f} bps a year."

    def measure(self, plan: Plan) -> float:
        """Tracking error per year, a fraction."""
        return self.risk.tracking_error(self.holdings.active + plan.net(self.holdings.lot_name))

    def slack(self, plan: Plan) -> float:
        """Room left."""
        return self.upper - self.measure(plan)

    def rows(self, segments: Segments) -> tuple[Row, ...]:
        """None: the cap is a price of risk."""
        del segments
        return ()

    def constraints(self, symbols: SymbolicPlan) -> list[Any]:
        """Second-order cone."""
        cp = cvxpy()

        values, vectors = np.linalg.eigh(self.risk.factor_covariance_per_year)
        root = (vectors * np.sqrt(np.maximum(values, 0.0))).T
        own = cp.multiply(np.sqrt(self.risk.specific_variance_per_year), symbols.active)
        return [cp.norm(cp.hstack([root @ symbols.exposures, own]), 2) <= self.upper]
