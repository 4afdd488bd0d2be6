"""Made-up journals for the ledger's benchmarks: one taxpayer with many names, a day trader, a whole desk.

Nothing here is a market: prices are seeded walks, so that about half of all sales are losses and wash
sales are frequent. The same seed gives the same events on every machine.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from di_advisor.domain.events import (
    Buy,
    Deposit,
    Dividend,
    Event,
    LotChoice,
    LotMethod,
    OpenAccount,
    Reinvestment,
    Sell,
    Split,
    TaxTreatment,
)
from di_advisor.domain.portfolio import AccountKind

__all__ = ["day_trader", "desk", "many_names"]

_START = date(2015, 1, 2)
_CENT = Decimal("0.01")


def _usd(value: float) -> Decimal:
    return Decimal(repr(round(value, 2))).quantize(_CENT)


def many_names(trades: int, seed: int = 1, *, names: int = 150, per_day: int = 8) -> list[Event]:
    """Trades of one taxpayer in many names and three accounts, one of them an IRA, at a steady rate.

    A harvester: it holds every name in several lots, sells the lots with the highest basis, and buys
    on other days, so that some of the losses are washed.

    Parameters
    ----------
    trades : int
        Purchases and sales in all.
    seed : int
        Of the draws.
    names : int
        Names traded.
    per_day : int
        Trades on one day.
    """
    draw = random.Random(seed)  # noqa: S311  (made-up trades)
    listed = [f"N{i:03d}" for i in range(names)]
    prices = dict.fromkeys(listed, 100.0)
    held: dict[tuple[str, str], int] = {}
    events: list[Event] = [
        OpenAccount(event_id=f"open-{a}", on=_START, account_id=a, kind=kind)
        for a, kind in (("A", AccountKind.TAXABLE), ("B", AccountKind.SPOUSE), ("I", AccountKind.IRA))
    ]
    for n in range(trades):
        on = _START + timedelta(days=1 + n // per_day)
        name = draw.choice(listed)
        account = draw.choices("ABI", (8, 2, 1))[0]
        prices[name] *= draw.lognormvariate(0.0, 0.08)
        have = held.get((account, name), 0)
        if have and draw.random() < 0.5:
            shares = draw.randint(1, have)
            held[account, name] = have - shares
            events.append(
                Sell(
                    event_id=f"s{n}",
                    on=on,
                    account_id=account,
                    security_id=name,
                    shares=Decimal(shares),
                    amount_usd=_usd(shares * prices[name]),
                    choice=LotChoice(LotMethod.HIFO),
                    sequence=n,
                )
            )
        else:
            shares = draw.randint(5, 200)
            held[account, name] = have + shares
            events.append(_buy(f"b{n}", on, account, name, shares, prices[name], n))
    return events


def _buy(event_id: str, on: date, account: str, name: str, shares: int, price: float, sequence: int) -> Buy:
    return Buy(
        event_id=event_id,
        on=on,
        account_id=account,
        security_id=name,
        shares=Decimal(shares),
        amount_usd=_usd(shares * price),
        sequence=sequence,
    )


def day_trader(trades: int, seed: int = 1, *, per_day: int = 12, lot: int = 100) -> list[Event]:
    """Trades in one name, many a day, in and out of a position within days: nearly every loss is washed.

    Parameters
    ----------
    trades : int
        Purchases and sales in all.
    seed : int
        Of the draws.
    per_day : int
        Trades on one day.
    lot : int
        Every trade has a multiple of this many shares.
    """
    draw = random.Random(seed)  # noqa: S311  (made-up trades)
    events: list[Event] = [OpenAccount(event_id="open", on=_START, account_id="A")]
    price, have = 100.0, 0
    for n in range(trades):
        on = _START + timedelta(days=1 + n // per_day)
        price *= draw.lognormvariate(0.0, 0.01)
        if have and (have > 2000 or draw.random() < 0.5):
            shares = lot * draw.randint(1, have // lot)
            have -= shares
            events.append(
                Sell(
                    event_id=f"s{n}",
                    on=on,
                    account_id="A",
                    security_id="X",
                    shares=Decimal(shares),
                    amount_usd=_usd(shares * price),
                    sequence=n,
                )
            )
        else:
            shares = lot * draw.randint(1, 500 // lot)
            have += shares
            events.append(_buy(f"b{n}", on, "A", "X", shares, price, n))
    return events


def desk(events: int, accounts: int = 200, seed: int = 1) -> Iterator[tuple[str, list[Event]]]:
    """Journals of many taxpayers with two accounts each: purchases, sales, dividends, reinvestments, splits.

    Parameters
    ----------
    events : int
        Events in all, corporate actions counted once for each taxpayer they are replayed for.
    accounts : int
        Accounts in all.
    seed : int
        Of the draws.

    Yields
    ------
    tuple of str and list of Event
        A taxpayer and the journal.
    """
    taxpayers = accounts // 2
    for t in range(taxpayers):
        yield f"T{t:03d}", _household(events // taxpayers, random.Random(seed * 1_000_003 + t))  # noqa: S311


def _household(events: int, draw: random.Random) -> list[Event]:
    names = [f"N{i:03d}" for i in range(120)]
    prices = {name: draw.uniform(20.0, 300.0) for name in names}
    held: dict[tuple[str, str], Decimal] = {}
    kinds = (AccountKind.TAXABLE, draw.choice((AccountKind.TAXABLE, AccountKind.SPOUSE, AccountKind.IRA)))
    found: list[Event] = []
    for account, kind in zip("AB", kinds, strict=True):
        found.append(OpenAccount(event_id=f"open-{account}", on=_START, account_id=account, kind=kind))
        found.append(Deposit(event_id=f"cash-{account}", on=_START, account_id=account, amount_usd=Decimal(10**6)))
    days = 1800
    for n in range(events - len(found)):
        on = _START + timedelta(days=1 + n * days // events)
        account, name = draw.choices("AB", (3, 1))[0], draw.choice(names)
        prices[name] *= draw.lognormvariate(0.0, 0.06)
        have = held.get((account, name), Decimal(0))
        chance = draw.random()
        where: dict[str, Any] = {"account_id": account, "security_id": name, "on": on, "sequence": n}
        if chance < 0.004:
            found.append(
                Split(
                    event_id=f"x{n}",
                    on=on,
                    security_id=name,
                    new_per_old=Fraction(2),
                    tax_treatment=TaxTreatment.SPLIT,
                    source="made up",
                    sequence=n,
                )
            )
            for key in [k for k in held if k[1] == name]:
                held[key] *= 2
            prices[name] /= 2
        elif have and chance < 0.30:
            amount = _usd(float(have) * prices[name] * 0.004)
            found.append(Dividend(event_id=f"d{n}", amount_usd=amount, ex_on=on - timedelta(days=14), **where))
        elif have and chance < 0.50:
            shares = Decimal(repr(round(float(have) * 0.004, 3))) or Decimal("0.001")
            held[account, name] = have + shares
            amount = _usd(float(shares) * prices[name])
            found.append(Reinvestment(event_id=f"r{n}", shares=shares, amount_usd=amount, **where))
        elif have > 1 and chance < 0.72:
            shares = Decimal(draw.randint(1, int(have)))
            held[account, name] = have - shares
            method = draw.choice((LotMethod.FIFO, LotMethod.HIFO, LotMethod.HIFO))
            amount = _usd(float(shares) * prices[name])
            found.append(Sell(event_id=f"s{n}", shares=shares, amount_usd=amount, choice=LotChoice(method), **where))
        else:
            shares = Decimal(draw.randint(5, 200))
            held[account, name] = have + shares
            amount = _usd(float(shares) * prices[name])
            found.append(Buy(event_id=f"b{n}", shares=shares, amount_usd=amount, **where))
    return found
