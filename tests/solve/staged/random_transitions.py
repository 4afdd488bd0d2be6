"""Random transitions: small accounts, two or three dates, and together every wish that a plan over stages keeps."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

import cvxpy as cp
import numpy as np

from di_advisor.domain.mandate import Mandate, NameBand, TradingMode
from di_advisor.domain.signals import Signals
from di_advisor.domain.taxes import TaxProfile
from di_advisor.domain.transition import TransitionWish
from di_advisor.formulate.own import OwnWishes
from di_advisor.testing.random_cases import random_case

__all__ = ["RandomTransition", "random_transition"]

_STREAM = 302
_DATES = (date(2026, 7, 20), date(2026, 9, 30), date(2026, 12, 31), date(2027, 3, 31))


@dataclass(frozen=True)
class RandomTransition:
    """What `formulate_transition` takes."""

    signals: Signals
    mandate: Mandate
    tax: TaxProfile
    wish: TransitionWish
    own: OwnWishes = field(default_factory=OwnWishes)


class Tickets:
    """Of trades: charged where they are made."""

    name = "tickets"
    sentence = "A tenth of a cent for each dollar bought."

    def expression(self, symbols: Any) -> Any:
        return 0.001 * cp.sum(symbols.buys_usd)


class Whole:
    """Of weights: charged by the year."""

    name = "whole"
    sentence = "Half a cent a year for each dollar that the first two names differ by from their target."

    def expression(self, symbols: Any) -> Any:
        return 0.005 * symbols.value_usd * (symbols.active[0] - symbols.active[1])


class HalfAtMost:
    """Of weights."""

    name = "half at most"
    sentence = "The first two names are 45 % of the account at most."

    def constraints(self, symbols: Any) -> list[Any]:
        return [symbols.weights[0] + symbols.weights[1] <= 0.45]


def random_transition(seed: int) -> RandomTransition:
    """The transition of a seed: 5 to 9 names, two lots each, over two or three stages."""
    g = np.random.default_rng([seed, _STREAM])
    n = 5 + int(g.integers(5))
    case = random_case(seed, names=n, lots_a_name=2, styles=2)
    signals, value = case.signals, case.signals.account.value_usd
    if g.random() < 0.4:
        yields = g.uniform(0, 0.05, n)
        signals = replace(signals, market=replace(signals.market, dividend_yield_per_year=yields))
    if g.random() < 0.5:  # a name that leaves
        target = signals.account.target_weight.copy()
        target[int(g.integers(n))] = 0.0
        signals = replace(signals, account=replace(signals.account, target_weight=target / target.sum()))

    def maybe(share: float, low: float, high: float) -> Decimal | None:
        return Decimal(int(value * g.uniform(low, high))) if g.random() < share else None

    mandate = case.mandate.with_changes(
        mode=TradingMode.TRANSITION if g.random() < 0.5 else TradingMode.REBALANCE,
        name_band=NameBand(active_max=float(g.uniform(0.05, 0.3))),
        tracking_error_max=float(g.uniform(0.002, 0.02)) if g.random() < 0.3 else None,
        turnover_max=float(g.uniform(0.1, 0.4)) if g.random() < 0.3 else None,
        max_trade_usd=maybe(0.2, 0.05, 0.2),
        participation_max=None,
    )
    count = 1 + int(g.integers(2))
    later = tuple(sorted(_DATES[i] for i in g.choice(len(_DATES), count, replace=False).tolist()))
    caps = [None if g.random() < 0.5 else float(g.uniform(0.011, 0.038)) for _ in range(count + 1)]
    wishes: dict[str, Any] = {
        "gain_budget_usd": maybe(0.4, 0.0, 0.03),
        "stage_gain_budget_usd": maybe(0.2, 0.0, 0.02),
        "tax_budget_usd": maybe(0.3, -0.015, 0.001),
        "tracking_error_max": tuple(caps) if g.random() < 0.4 else None,
        "expected_return_per_year": float(g.uniform(0, 0.08)) if g.random() < 0.4 else 0.0,
        "horizon": date(2028, 1, 1) if g.random() < 0.3 else None,
    }
    if g.random() < 0.4:
        mandate = mandate.with_changes(min_trade_weight=float(g.uniform(0.002, 0.02)))
    if g.random() < 0.2:
        mandate = mandate.with_changes(max_trades=3 + int(g.integers(n - 2)))
    if g.random() < 0.2:
        mandate = mandate.with_changes(max_names=n - int(g.integers(2)))
    leaving = np.flatnonzero(signals.account.target_weight == 0).tolist()
    if leaving and g.random() < 0.5:
        ids = signals.market.universe.security_ids
        mandate = mandate.with_changes(replacements={ids[(leaving[0] + 1) % n]: (ids[leaving[0]],)})
    own = OwnWishes((Tickets(), Whole()), (HalfAtMost(),)) if g.random() < 0.2 else OwnWishes()
    return RandomTransition(signals, mandate, case.tax, TransitionWish(later, **wishes), own)
