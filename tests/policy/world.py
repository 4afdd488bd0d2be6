"""Three names, one account of 100,000 dollars, every figure small enough to be worked by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np

from di_advisor.domain.costs import CostCurves
from di_advisor.domain.mandate import Mandate
from di_advisor.domain.market import Market
from di_advisor.domain.portfolio import AccountKind, CashItem, Fill
from di_advisor.domain.risk import FactorRisk
from di_advisor.domain.target import IndexWeights, Target, TargetComponent
from di_advisor.domain.universe import Security, Universe
from di_advisor.policy.day_facts import DayFacts
from di_advisor.signals import estimate
from di_advisor.testing import portfolio

AS_OF = date(2026, 11, 20)  # a Friday, a session
WEIGHTS = {"A": 0.4, "B": 0.3, "C": 0.3}
UNIVERSE = Universe(
    (Security("A", "T-A", sector="Tech"), Security("B", "T-B", sector="Tech"), Security("C", "T-C", sector="Energy"))
)
RISK = FactorRisk(
    UNIVERSE,
    ("size",),
    np.array([[1.0], [0.0], [-1.0]]),
    np.array([[0.01]]),
    np.full(3, 0.04),
)
COSTS = CostCurves(UNIVERSE, np.full(3, 0.001), np.zeros(3), np.zeros(3))
HELD = """
    A1 500 A @ 100.00 on 2020-01-02
    B1 300 B @ 100.00 on 2020-01-02
    C1 180 C @ 100.00 on 2020-01-02
"""
"""With 2,000 in cash: weights 0.50, 0.30, 0.18; against the target +0.10, 0, -0.12; no gains, no losses."""


@dataclass(frozen=True)
class Day:
    """What varies between tests."""

    book: str = HELD
    cash_usd: str = "2000"
    as_of: date = AS_OF
    mandate: Mandate = field(default_factory=Mandate)
    fills: tuple[Fill, ...] = ()
    kind: AccountKind = AccountKind.TAXABLE
    path: Mapping[date, Mapping[str, float]] = field(default_factory=lambda: {date(2020, 1, 1): WEIGHTS})
    esg: Mapping[str, list[float]] = field(default_factory=dict)

    def facts(self, **more: Any) -> DayFacts:
        from dataclasses import replace

        market = Market(
            as_of=self.as_of,
            known_at=datetime(self.as_of.year, self.as_of.month, self.as_of.day, 21, tzinfo=UTC),
            universe=UNIVERSE,
            price_usd=(Decimal(100),) * 3,
            half_spread_bps=np.full(3, 10.0),
            adv_usd=np.full(3, 1e8),
            volatility_per_year=np.full(3, 0.3),
        )
        target = Target((TargetComponent("three", 1.0, tuple(IndexWeights(d, w) for d, w in self.path.items())),))
        owner = portfolio(self.book)
        account = replace(
            owner.accounts[0],
            cash=(CashItem(Decimal(self.cash_usd), self.as_of),),
            fills=self.fills,
            kind=self.kind,
        )
        owner = replace(owner, accounts=(account,))
        signals = estimate(
            owner,
            market=market,
            target=target,
            mandate=self.mandate.with_changes(exclusions=()),
            risk=RISK,
            costs=COSTS,
        )
        if self.esg:
            esg = {k: np.array(v, dtype=np.float64) for k, v in self.esg.items()}
            signals = replace(signals, market=replace(signals.market, esg=esg))
        return DayFacts("account", account, signals, target, self.mandate, **more)
