"""Random households: people, returns, accounts with lots and wishes, for tests and benchmarks.

Invented figures of plausible size; the same seed gives the same household on every machine. Accounts hold much
the same names, bought on different days, so that what one sells at a loss another would buy; taxes are constant
rates for some and whole returns for others, with budgets now and then.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from di_advisor.domain.household import Filer, Household, HouseholdAccount
from di_advisor.domain.lots import TaxLot
from di_advisor.domain.mandate import Mandate, NameBand, Rounding
from di_advisor.domain.market import FloatArray
from di_advisor.domain.portfolio import Account, AccountKind, CashItem
from di_advisor.domain.signals import MarketSignals
from di_advisor.domain.target import Target
from di_advisor.domain.taxes import ConstantRates, FilingStatus, TaxProfile
from di_advisor.ledger.tax_return import ReturnInputs
from di_advisor.testing.random_cases import random_case
from di_advisor.testing.random_filers import random_return

__all__ = ["RandomHousehold", "random_household"]

_STREAM = 900
_YEAR = 365
_NEWEST = 40


@dataclass(frozen=True)
class RandomHousehold:
    """Everything that a proposal for a household needs."""

    household: Household
    market: MarketSignals
    taxes: dict[str, TaxProfile | ReturnInputs]


def random_household(seed: int, *, names: int = 24, accounts_max: int = 4, lots_a_name: int = 2) -> RandomHousehold:
    """A random household of two or more accounts.

    Parameters
    ----------
    seed : int
        Everything follows from it.
    names : int
        Size of the market.
    accounts_max : int
        Most accounts, at least 2.
    lots_a_name : int
        Most lots of a name in an account.
    """
    g = np.random.default_rng([seed, _STREAM])
    market = random_case(seed, names=names, styles=2, shared_groups=int(g.integers(2))).signals.market
    ids = market.universe.security_ids
    cap = np.sort(g.pareto(1.1, names) + 0.05)[::-1]
    weights = np.minimum(cap, cap.sum() * 0.12)
    target = Target.single("index", dict(zip(ids, (weights / weights.sum()).tolist(), strict=True)), market.as_of)
    filers, people, taxes = _filers(g)
    size = 2 + int(g.integers(accounts_max - 1))
    accounts = []
    for j in range(size):
        kind = (
            AccountKind.TAXABLE
            if j == 0 or g.random() < 0.65
            else (AccountKind.IRA if g.random() < 0.6 else AccountKind.ROTH)
        )
        value = float(np.exp(g.uniform(np.log(8e4), np.log(8e5))))
        account = _account(g, f"A{j}", kind, market, weights / weights.sum(), value, lots_a_name)
        accounts.append(HouseholdAccount(account, people[j % len(people)], _mandate(g)))
    taxed = {a.owner for a in accounts if a.is_taxed}  # a budget of a return without accounts could not be kept
    filers = tuple(f if taxed & set(f.people) else Filer(f.name, f.people) for f in filers)
    return RandomHousehold(Household(f"H{seed}", filers, tuple(accounts), target), market, taxes)


def _filers(g: np.random.Generator) -> tuple[tuple[Filer, ...], tuple[str, ...], dict[str, TaxProfile | ReturnInputs]]:
    shape = int(g.integers(3))  # alone, together, apart
    people = ("ann",) if shape == 0 else ("ann", "bob")
    sets = [people] if shape < 2 else [(p,) for p in people]
    status = (FilingStatus.SINGLE, FilingStatus.MARRIED_JOINT, FilingStatus.MARRIED_SEPARATE)[shape]
    filers, taxes = [], dict[str, TaxProfile | ReturnInputs]()
    for number, mine in enumerate(sets):
        name = f"return {number}"
        budgets: dict[str, Any] = {}
        if g.random() < 0.25:
            budgets["gain_budget_usd"] = Decimal(int(g.integers(-2_000, 15_000)))
        filers.append(Filer(name, mine, **budgets))
        if g.random() < 0.4:
            taxes[name] = TaxProfile(
                ConstantRates(float(g.uniform(0.25, 0.45)), float(g.uniform(0.1, 0.25))), filing_status=status
            )
        else:
            taxes[name] = replace(random_return(g), filing_status=status)
    return tuple(filers), people, taxes


def _account(
    g: np.random.Generator,
    account_id: str,
    kind: AccountKind,
    market: MarketSignals,
    weights: FloatArray,
    value_usd: float,
    lots_a_name: int,
) -> Account:
    held = weights * np.exp(g.normal(0, 0.6, len(weights))) * (g.random(len(weights)) > 0.15)
    held = held / held.sum() * 0.985
    drift = float(g.normal(0.04, 0.12))  # accounts that were opened at good and at bad times
    lots = []
    for i in np.flatnonzero(held > 0).tolist():
        for j, part in enumerate(g.dirichlet(np.full(1 + int(g.integers(lots_a_name)), 2.0)).tolist()):
            price = market.price_usd[i]
            shares = Decimal(round(part * float(held[i]) * value_usd / float(price)))
            if shares <= 0:
                continue
            days = _NEWEST + int(g.integers(4 * _YEAR))
            growth = float(np.exp(drift + 0.05 * days / _YEAR + 0.25 * np.sqrt(days / _YEAR) * g.standard_normal()))
            basis = (shares * price / Decimal(repr(growth))).quantize(Decimal("0.01"))
            bought = market.as_of - timedelta(days=days)
            name = market.universe.security_ids[i]
            lots.append(TaxLot(f"{account_id}.{i}.{j}", account_id, name, shares, basis, bought))
    cash_usd = Decimal(repr(round(value_usd * float(g.uniform(0.005, 0.03)), 2)))
    return Account(account_id, tuple(lots), (CashItem(cash_usd, market.as_of),), kind=kind)


def _mandate(g: np.random.Generator) -> Mandate:
    """Wishes mild enough that most accounts can keep them."""
    return Mandate(
        risk_aversion=float(np.exp(g.uniform(np.log(5), np.log(60)))),
        tracking_error_max=float(g.uniform(0.015, 0.04)) if g.random() < 0.25 else None,
        name_band=NameBand(active_max=float(g.uniform(0.03, 0.08))) if g.random() < 0.4 else NameBand(),
        cash_min=0.001,
        cash_max=0.04,
        turnover_max=float(g.uniform(0.2, 0.5)) if g.random() < 0.2 else None,
        min_trade_usd=Decimal(int(g.integers(200, 1500))) if g.random() < 0.3 else Decimal(0),
        rounding=Rounding.WHOLE_SHARES if g.random() < 0.7 else Rounding.FRACTIONAL,
    )
