"""Rules of the whole account: cash, turnover and tracking error."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.risk import FactorRisk
from di_advisor.formulate.modelling import cvxpy
from di_advisor.formulate.plan import Holdings, Plan, SymbolicPlan
from di_advisor.formulate.rule_parts import KeptByChoices, UpperLimit
from di_advisor.formulate.rules import NO_ROOM
from di_advisor.formulate.segments import Segments
from di_advisor.formulate.separable import Row
from di_advisor.formulate.terms import TradingCost
from di_advisor.units import bps_from_fraction, percent_from_fraction

__all__ = ["NO_TRADE", "RESERVE", "CashRange", "MinimumTrade", "TrackingErrorCap", "Turnover"]

NO_TRADE = 1e-9
"""Weight below which a net trade is round-off."""

_WHOLE = 1e-6

RESERVE = 2e-6
"""Cash kept back while solving so that rounding to fractions of a share cannot overdraw it, as a weight."""


@dataclass(frozen=True)
class CashRange:
    """Cash stays in a range: at least the lower limit after trading costs, at most the upper before them.

    The upper limit counts cash before costs because a cost taken off it would not be convex: paying
    more would be a way to keep the rule.
    """

    holdings: Holdings
    cost: TradingCost
    lower: float
    upper: float
    name: str = "cash"
    set_aside_usd: Decimal = Decimal(0)
    """A withdrawal: cash that must be there beside the range, and is no part of the account as it is limited here."""
    reserve: float = RESERVE
    """Kept back while solving; 0 where what is possible at all is asked."""

    @property
    def sentence(self) -> str:
        """The limit in plain words."""
        low, high = percent_from_fraction(self.lower), percent_from_fraction(self.upper)
        aside = f" once ${self.set_aside_usd:,.2f} are withdrawn" if self.set_aside_usd else ""
        of = "of what remains" if self.set_aside_usd else "of the account"
        top = f", and at most {high:.2f} % before them" if math.isfinite(self.upper) else ""
        return f"Cash{aside} is at least {low:.2f} % {of} after trading costs{top}."

    def measure(self, plan: Plan) -> float:
        """Cash weight after trading, costs and the withdrawal."""
        return self._before_cost(plan) - self.cost.value_usd(plan) / self.holdings.value_usd

    def _before_cost(self, plan: Plan) -> float:
        return self.holdings.cash + float(plan.sells.sum() - plan.buys.sum())

    def slack(self, plan: Plan) -> float:
        """Distance to the nearer limit."""
        return min(self.measure(plan) - self.lower, self.upper - self._before_cost(plan))

    def binds(self, plan: Plan) -> bool:
        """No room left."""
        return self.slack(plan) < NO_ROOM

    def rows(self, segments: Segments) -> tuple[Row, ...]:
        """Lower limit after costs, upper limit before them."""
        cash = self.holdings.cash
        floor = Row(
            self.name,
            -np.inf,
            cash - self.lower,
            on_segments=segments.sign + segments.cash_cost,
            reserve=self.reserve,
        )
        if not math.isfinite(self.upper):
            return (floor,)
        return floor, Row(self.name, cash - self.upper, np.inf, on_segments=segments.sign)

    def constraints(self, symbols: SymbolicPlan) -> list[Any]:
        """Lower limit after costs (convex), upper limit before costs (so that it stays convex)."""
        cp = cvxpy()

        before_cost = self.holdings.cash + cp.sum(symbols.sells) - cp.sum(symbols.buys)
        linear = _without_impact(self.cost).expression(symbols)
        floor = before_cost - linear >= self.lower + self.reserve
        # Where the limit is looked for, it is no number.
        open_ended = not isinstance(self.upper, cp.Expression) and not math.isfinite(self.upper)
        return [floor] if open_ended else [floor, before_cost <= self.upper]


def _without_impact(cost: TradingCost) -> TradingCost:
    """The cost without its quadratic part: what the linear cash row charges."""
    return TradingCost(cost.holdings, cost.chords, np.zeros_like(cost.impact), cost.name)


@dataclass(frozen=True)
class Turnover(UpperLimit):
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

    def rows(self, segments: Segments) -> tuple[Row, ...]:
        """One row on all amounts."""
        return (Row(self.name, -np.inf, self.upper, on_segments=np.full(len(segments), 0.5)),)

    def constraints(self, symbols: SymbolicPlan) -> list[Any]:
        """One linear inequality."""
        cp = cvxpy()

        return [0.5 * (cp.sum(symbols.sells) + cp.sum(symbols.buys)) <= self.upper]


@dataclass(frozen=True)
class TrackingErrorCap(UpperLimit):
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


@dataclass(frozen=True)
class MinimumTrade(KeptByChoices):
    """A name that trades at all trades at least this much: a discrete rule, kept by choices, not by rows.

    A position that is smaller may be sold, all of it: what is left of a name need not stay for ever.
    """

    holdings: Holdings
    lower: float
    name: str = "minimum trade"
    exempt: NDArray[np.bool_] | None = None
    """Names that it does not hold for, shape (n,): kept trades."""

    @property
    def sentence(self) -> str:
        """The limit in plain words."""
        least = f"${self.lower * self.holdings.value_usd:,.2f}"
        return f"A name that trades, trades at least {least}, or all of a position that is smaller."

    def measure(self, plan: Plan) -> float:
        """Smallest net trade of a name that is not sold out, as a weight; the minimum itself when none trades."""
        net = plan.net(self.holdings.lot_name)
        counts = (np.abs(net) > NO_TRADE) & (-net < self.holdings.held * (1 - _WHOLE))  # sold out is never too small
        if self.exempt is not None:
            counts &= ~self.exempt
        return float(np.abs(net[counts]).min()) if counts.any() else self.lower

    def slack(self, plan: Plan) -> float:
        """How far the smallest trade is above the minimum."""
        return self.measure(plan) - self.lower

    def binds(self, plan: Plan) -> bool:
        """A trade stands at the minimum."""
        return bool((plan.net(self.holdings.lot_name) != 0).any()) and self.slack(plan) < NO_ROOM
