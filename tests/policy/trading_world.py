"""Eight names at 100 dollars, one account, an advisor: small enough to see why the optimizer trades."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np

from di_advisor import Advisor, Mandate, Workspace
from di_advisor.domain.costs import CostCurves
from di_advisor.domain.market import Market
from di_advisor.domain.portfolio import CashItem, Fill, Portfolio
from di_advisor.domain.risk import FactorRisk
from di_advisor.domain.signals import Lock
from di_advisor.domain.target import Target
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.domain.universe import Security, Universe
from di_advisor.propose.proposal import Proposal
from di_advisor.testing import portfolio

TODAY = date(2026, 11, 20)  # a Friday, a session
SECTORS = ("Tech", "Tech", "Tech", "Energy", "Energy", "Health", "Health", "Health")
UNIVERSE = Universe(tuple(Security(k, f"T-{k}", sector=s) for k, s in zip("ABCDEFGH", SECTORS, strict=True)))
RISK = FactorRisk(UNIVERSE, ("market",), np.ones((8, 1)), np.array([[0.04]]), np.full(8, 0.06))
COSTS = CostCurves(UNIVERSE, np.full(8, 0.0005), np.zeros(8), np.zeros(8))
RATES = ConstantRates(short_term=0.4, long_term=0.2)


def owner(book: str, cash: Sequence[tuple[str, date]] = (("1000", TODAY),), fills: Sequence[Fill] = ()) -> Portfolio:
    held = portfolio(book)
    account = replace(
        held.accounts[0], cash=tuple(CashItem(Decimal(a), d) for a, d in cash), fills=tuple(fills), account_id="account"
    )
    return replace(held, accounts=(account,))


def market(prices: Mapping[str, str] | None = None, as_of: date = TODAY) -> Market:
    return Market(
        as_of=as_of,
        known_at=datetime(as_of.year, as_of.month, as_of.day, 21, tzinfo=UTC),
        universe=UNIVERSE,
        price_usd=tuple(Decimal((prices or {}).get(k, "100")) for k in UNIVERSE.security_ids),
        half_spread_bps=np.full(8, 5.0),
        adv_usd=np.full(8, 1e8),
        volatility_per_year=np.full(8, 0.3),
    )


def facts(prices: Mapping[str, str] | None = None, as_of: date = TODAY) -> dict[str, Any]:
    return {
        "market": market(prices, as_of),
        "risk": RISK,
        "costs": COSTS,
        "tax": TaxProfile(rates=RATES, realized_short_usd=Decimal(50_000)),
    }


def workspace(
    who: Portfolio,
    target: Target,
    *,
    mandate: Mandate | None = None,
    locks: Sequence[Lock] = (),
    prices: Mapping[str, str] | None = None,
    as_of: date = TODAY,
) -> Workspace:
    return Advisor().workspace(
        who,
        target=target,
        mandate=mandate or Mandate(cash_max=0.005),
        locks=locks,
        account_id="account",
        **facts(prices, as_of),
    )


def net_shares(proposal: Proposal) -> dict[str, int]:
    """Bought less sold, by name."""
    net: dict[str, int] = {}
    for t in proposal.trade_list:
        net[t.security_id] = net.get(t.security_id, 0) + int(t.shares) * (1 if t.side.value == "buy" else -1)
    return net
