"""A made-up household of two people and three accounts, in which accounts get in each other's way.

Problem: a household is hard to see on an account of five hundred names. Decision: six invented names, a couple on one
return, and one story: her taxable account holds a short-term loss in a name that her IRA, full of cash, would buy (and
so destroy the loss for good); his taxable account must raise money, at a short-term gain that her losses can meet.
Everything in it is simulated, prices and costs included.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from di_advisor.domain.costs import CostCurves
from di_advisor.domain.household import Filer, Household, HouseholdAccount
from di_advisor.domain.lots import TaxLot
from di_advisor.domain.mandate import Mandate
from di_advisor.domain.market import Market
from di_advisor.domain.portfolio import Account, AccountKind, CashItem
from di_advisor.domain.risk import FactorRisk
from di_advisor.domain.target import Target
from di_advisor.domain.taxes import FilingStatus
from di_advisor.domain.universe import Security, Universe
from di_advisor.ledger.tax_return import ReturnInputs

__all__ = ["SampleHousehold", "sample_household"]

_AS_OF = date(2026, 6, 30)
_NAMES = {
    "OAK": ("Oak Timber", "100"),
    "PINE": ("Pine Paper", "50"),
    "ELM": ("Elm Bank", "80"),
    "FERN": ("Fern Health", "120"),
    "MOSS": ("Moss Energy", "40"),
    "REED": ("Reed Software", "200"),
}
_LOTS = {
    "her account": (
        ("OAK", 300, "138.00", date(2026, 2, 3)),
        ("PINE", 500, "31.00", date(2021, 5, 4)),
        ("ELM", 300, "95.00", date(2025, 11, 12)),
        ("FERN", 150, "70.00", date(2020, 3, 2)),
        ("MOSS", 500, "52.00", date(2024, 8, 6)),
        ("REED", 90, "140.00", date(2022, 1, 5)),
    ),
    "his account": (
        ("OAK", 150, "88.00", date(2022, 6, 1)),
        ("PINE", 600, "39.00", date(2026, 1, 8)),
        ("ELM", 200, "61.00", date(2023, 4, 4)),
        ("FERN", 200, "98.00", date(2025, 9, 9)),
        ("REED", 120, "128.00", date(2025, 12, 1)),
    ),
    "her IRA": (("PINE", 110, "40.00", date(2023, 2, 1)), ("REED", 20, "150.00", date(2023, 2, 1))),
}


class SampleHousehold(NamedTuple):
    """A household with the market of its day; all of it simulated."""

    household: Household
    market: Market
    risk: FactorRisk
    costs: CostCurves
    taxes: dict[str, ReturnInputs]
    label: str


def sample_household() -> SampleHousehold:
    """The made-up household.

    Returns
    -------
    SampleHousehold
        What `di_advisor.Advisor.propose_household` takes, and a label to show.
    """
    universe = Universe(tuple(Security(i, ticker=i, name=name) for i, (name, _) in _NAMES.items()))
    n = len(universe)
    market = Market(
        as_of=_AS_OF,
        known_at=datetime(2026, 6, 30, 21, tzinfo=UTC),
        universe=universe,
        price_usd=tuple(Decimal(price) for _, price in _NAMES.values()),
        half_spread_bps=np.full(n, 2.0),
        adv_usd=np.full(n, 5e7),
        volatility_per_year=np.full(n, 0.3),
    )
    beta = np.linspace(0.8, 1.2, n)
    risk = FactorRisk(universe, ("market",), beta[:, None], np.array([[0.03]]), np.full(n, 0.05))
    costs = CostCurves(universe, np.full(n, 3e-4), np.zeros(n), np.zeros(n))
    wishes = Mandate(risk_aversion=12.0, cash_max=0.02)
    accounts = (
        HouseholdAccount(_account("her account", "600"), "ann", wishes),
        HouseholdAccount(_account("his account", "400"), "bob", wishes.with_changes(withdrawal_usd=Decimal(25_000))),
        HouseholdAccount(_account("her IRA", "40000", AccountKind.IRA), "ann", wishes),
    )
    filers = (Filer("ann and bob", ("ann", "bob")),)
    target = Target.single("equal", dict.fromkeys(_NAMES, 1.0 / n), date(2020, 1, 1))
    year = ReturnInputs(
        tax_year=_AS_OF.year, filing_status=FilingStatus.MARRIED_JOINT, ordinary_income_usd=Decimal(260_000)
    )
    household = Household("Ann and Bob", filers, accounts, target)
    return SampleHousehold(household, market, risk, costs, {"ann and bob": year}, "made-up household, simulated")


def _account(account_id: str, cash_usd: str, kind: AccountKind = AccountKind.TAXABLE) -> Account:
    lots = tuple(
        TaxLot(f"{account_id} {name}", account_id, name, Decimal(shares), shares * Decimal(basis), acquired)
        for name, shares, basis, acquired in _LOTS[account_id]
    )
    return Account(account_id, lots, (CashItem(Decimal(cash_usd), _AS_OF),), kind=kind)
