"""Small markets and households whose best plans can be worked out by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np

from di_advisor.domain.costs import CostCurves
from di_advisor.domain.household import HouseholdAccount
from di_advisor.domain.mandate import Mandate, Rounding
from di_advisor.domain.market import Market
from di_advisor.domain.portfolio import Account, AccountKind, CashItem
from di_advisor.domain.risk import FactorRisk
from di_advisor.domain.signals import MarketSignals
from di_advisor.domain.target import Target
from di_advisor.domain.universe import Security, Universe
from di_advisor.signals.market import estimate_market
from di_advisor.testing.lots import lots

AS_OF = date(2026, 6, 30)

LOOSE = Mandate(risk_aversion=1e-3, cash_min=0.0, cash_max=1.0, rounding=Rounding.FRACTIONAL)
"""Risk is next to free and cash may lie: what is left is tax, trading cost and what must be done."""


def market(
    prices: Mapping[str, str], costs: Mapping[str, float], groups: Mapping[str, str] | None = None
) -> MarketSignals:
    """A market of names with a price and a cost per dollar traded."""
    universe = Universe(tuple(Security(s, identical_group=(groups or {}).get(s, "")) for s in prices))
    n = len(universe)
    facts = Market(
        as_of=AS_OF,
        known_at=datetime(2026, 6, 30, 21, tzinfo=UTC),
        universe=universe,
        price_usd=tuple(Decimal(p) for p in prices.values()),
        half_spread_bps=np.full(n, 2.0),
        adv_usd=np.full(n, 1e9),
        volatility_per_year=np.full(n, 0.3),
    )
    risk = FactorRisk(universe, ("market",), np.ones((n, 1)), np.array([[0.03]]), np.full(n, 0.05))
    curves = CostCurves(universe, np.array([costs[s] for s in prices]), np.zeros(n), np.zeros(n))
    return estimate_market(facts, risk, curves)


def target(*names: str) -> Target:
    """An equal share of each name."""
    return Target.single("equal", dict.fromkeys(names, 1.0 / len(names)), date(1900, 1, 1))


def account(
    account_id: str,
    owner: str,
    held: str,
    *,
    cash_usd: str = "0",
    kind: AccountKind = AccountKind.TAXABLE,
    mandate: Mandate = LOOSE,
) -> HouseholdAccount:
    """An account from lines of lots."""
    cash = (CashItem(Decimal(cash_usd), AS_OF),) if cash_usd != "0" else ()
    return HouseholdAccount(Account(account_id, lots(held, account_id=account_id), cash, kind=kind), owner, mandate)
