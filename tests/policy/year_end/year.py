"""A small account in December, every figure to be worked by hand, and any account's lots as a journal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from di_advisor import Advisor, Mandate, Workspace
from di_advisor.domain.events import Buy, Deposit, Event, LotChoice, LotMethod, LotShares, OpenAccount, Sell, TransferIn
from di_advisor.domain.lots import TaxLot
from di_advisor.domain.market import Market
from di_advisor.domain.portfolio import Account, AccountKind, CashItem, Fill, Portfolio, Side
from di_advisor.domain.target import Target
from di_advisor.formulate.schedule_d import Taxpayer
from di_advisor.ledger.tax_return import ReturnInputs
from di_advisor.policy.year_end import ScenarioTrade
from di_advisor.testing import portfolio
from tests.policy.world import COSTS, RISK, UNIVERSE, WEIGHTS

AS_OF = date(2026, 12, 10)
HELD = """
    A1 200 A @ 60.00 on 2020-01-02
    A2 100 A @ 130.00 on 2026-03-02
    B1 150 B @ 110.00 on 2024-05-01
    B2 50 B @ 80.00 on 2025-12-22
    C1 100 C @ 120.00 on 2026-05-04
    C2 100 C @ 90.00 on 2026-01-12
"""
"""At 100 a share: gains 8,000 long and 2,000 short (B2 long from 23 December, C2 from 13 January), losses 1,500 long
and 5,000 short."""

SINGLE = ReturnInputs(tax_year=2026, ordinary_income_usd=Decimal(100_000))
"""Taxable income 83,900: in the 22 percent bracket, long-term gain at 15."""


def workspace(
    book: str = HELD,
    *,
    tax: Taxpayer = SINGLE,
    fills: tuple[Fill, ...] = (),
    beside: tuple[Account, ...] = (),
    kind: AccountKind = AccountKind.TAXABLE,
    **wishes: Any,
) -> Workspace:
    """The account on its day, with further accounts that are seen."""
    owner = portfolio(book)
    account = replace(owner.accounts[0], cash=(CashItem(Decimal(2000), AS_OF),), fills=fills, kind=kind)
    market = Market(
        as_of=AS_OF,
        known_at=datetime(2026, 12, 10, 21, tzinfo=UTC),
        universe=UNIVERSE,
        price_usd=(Decimal(100),) * 3,
        half_spread_bps=np.full(3, 10.0),
        adv_usd=np.full(3, 1e8),
        volatility_per_year=np.full(3, 0.3),
    )
    return Advisor().workspace(
        Portfolio("someone", (account, *beside)),
        account_id=account.account_id,
        market=market,
        target=Target.single("three", WEIGHTS, date(2020, 1, 1)),
        mandate=Mandate(**wishes),
        tax=tax,
        risk=RISK,
        costs=COSTS,
    )


def sold_a(loss_usd: str | None = "-700", on: date = date(2026, 12, 4)) -> Fill:
    """Ten shares of A sold, at a loss unless said otherwise."""
    return Fill("A", Side.SELL, Decimal(10), on, None if loss_usd is None else Decimal(loss_usd))


def journal(lots: Iterable[TaxLot], trades: Iterable[ScenarioTrade], on: date) -> list[Event]:
    """Lots as they came, and the orders of a scenario as they would be booked, at the price used."""
    lots = list(lots)
    start = min(x.acquired for x in lots if x.acquired) - timedelta(days=1)
    events: list[Event] = [
        OpenAccount(event_id="open", on=start, account_id="main"),
        Deposit(event_id="cash", on=start, account_id="main", amount_usd=Decimal(10) ** 9),
    ]
    events += [
        TransferIn(
            event_id=f"in {x.lot_id}",
            on=x.acquired or start,
            account_id="main",
            security_id=x.security_id,
            shares=x.shares,
            basis_total_usd=x.basis_total_usd,
            acquired=x.acquired,
            held_since=x.held_since,
            lot_id=x.lot_id,
        )
        for x in lots
    ]
    for number, t in enumerate(trades):
        amount, traded = t.shares * t.price_usd, t.on or on
        if t.side is Side.SELL:
            choice = LotChoice(LotMethod.SPECIFIC, (LotShares(t.lot_id, t.shares),), chosen_on=traded, chosen_by="test")
            events.append(
                Sell(
                    event_id=f"t{number}",
                    sequence=number,
                    on=traded,
                    account_id="main",
                    security_id=t.security_id,
                    shares=t.shares,
                    amount_usd=amount,
                    choice=choice,
                )
            )
        else:
            events.append(
                Buy(
                    event_id=f"t{number}",
                    sequence=number,
                    on=traded,
                    account_id="main",
                    security_id=t.security_id,
                    shares=t.shares,
                    amount_usd=amount,
                )
            )
    return events


def usd(amount: Fraction) -> float:
    """For comparing by eye."""
    return float(amount)
