"""A past of a few names and sessions, every figure of which is written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal

import numpy as np

from di_advisor.backtest.past import Payout
from di_advisor.domain.costs import CostCurves
from di_advisor.domain.esg_table import EsgTable
from di_advisor.domain.events import SecurityEvent
from di_advisor.domain.market import ExposureHistory, Market, ReturnHistory
from di_advisor.domain.risk import FactorRisk
from di_advisor.domain.target import IndexWeights, Target, TargetComponent
from di_advisor.domain.universe import Security, Universe

__all__ = ["FlatCosts", "HandPast", "OneFactor"]


@dataclass(frozen=True)
class HandPast:
    """Closes by name and session (None: no trade), weights by their first session, and what happened."""

    sessions: tuple[date, ...]
    closes: Mapping[str, Sequence[str | None]]
    weights: Mapping[date, Mapping[str, float]]
    actions: tuple[SecurityEvent, ...] = ()
    paid: tuple[Payout, ...] = ()
    index_returns: Mapping[date, float] = field(default_factory=dict)
    index_yields: Mapping[date, float] = field(default_factory=dict)
    label: str = "by hand"

    def market(self, day: date) -> Market:
        at = self.sessions.index(day)
        priced = {name: Decimal(of[at]) for name, of in self.closes.items() if of[at] is not None}
        n = len(priced)
        return Market(
            as_of=day,
            known_at=datetime.combine(day, time(21), tzinfo=UTC),
            universe=Universe(tuple(Security(name) for name in priced)),
            price_usd=tuple(priced.values()),
            half_spread_bps=np.zeros(n),
            adv_usd=np.full(n, 1e9),
            volatility_per_year=np.full(n, 0.3),
        )

    def target(self, day: date) -> Target:
        known = [(first, weights) for first, weights in self.weights.items() if first <= day]
        return Target((TargetComponent("hand", 1.0, tuple(IndexWeights(*each) for each in known)),))

    def returns(self, day: date) -> ReturnHistory:
        dates = np.array([day], dtype="datetime64[D]")
        names = tuple(self.closes)
        return ReturnHistory(dates, names, np.zeros((1, len(names))), np.zeros((1, len(names)), dtype=np.bool_))

    def exposures(self, day: date) -> ExposureHistory | None:
        del day
        return None

    def opening(self, day: date) -> tuple[SecurityEvent, ...]:
        return tuple(action for action in self.actions if action.on == day)

    def payouts(self, day: date) -> tuple[Payout, ...]:
        return tuple(payout for payout in self.paid if payout.ex_date == day)

    def index_return(self, day: date) -> float:
        return self.index_returns.get(day, 0.0)

    def index_yield(self, day: date) -> float:
        return self.index_yields.get(day, 0.0)

    def esg(self, day: date) -> EsgTable | None:
        del day
        return None


class OneFactor:
    """A risk model without history: one market factor, and the same own variance for each name."""

    provenance = "one factor, by hand"

    def estimate(self, market: Market, returns: ReturnHistory, exposures: ExposureHistory | None = None) -> FactorRisk:
        del returns, exposures
        n = len(market.universe)
        return FactorRisk(market.universe, ("market",), np.ones((n, 1)), np.array([[0.04]]), np.full(n, 0.09))


class FlatCosts:
    """A cost model: so many bps of what is traded."""

    provenance = "flat, by hand"

    def __init__(self, bps: float = 0.0) -> None:
        self.linear = bps / 10_000

    def curves(self, market: Market) -> CostCurves:
        n = len(market.universe)
        return CostCurves(market.universe, np.full(n, self.linear), np.zeros(n), np.zeros(n))


def shuffled_after(past: HandPast, day: date) -> HandPast:
    """The past with other closes after a day."""
    cut = past.sessions.index(day) + 1
    closes = {name: (*of[:cut], *reversed(of[cut:])) for name, of in past.closes.items()}
    return replace(past, closes=closes)
