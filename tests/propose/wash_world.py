"""Random books and small markets in which wash sales happen, for tests of their prices and of their check."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import numpy as np

from di_advisor.domain.amounts import as_fraction
from di_advisor.domain.costs import CostCurves
from di_advisor.domain.events import Buy, Event, LotChoice, LotMethod, LotShares, OpenAccount, Sell
from di_advisor.domain.mandate import Mandate, WashPolicy
from di_advisor.domain.market import Market
from di_advisor.domain.portfolio import AccountKind, CashItem, Portfolio
from di_advisor.domain.risk import FactorRisk
from di_advisor.domain.signals import Signals
from di_advisor.domain.target import Target
from di_advisor.domain.universe import Security, Universe
from di_advisor.ledger.books import Books
from di_advisor.ledger.identical import IdenticalGroups
from di_advisor.ledger.replay import replay
from di_advisor.ledger.to_portfolio import portfolio_of_books
from di_advisor.signals import estimate

PRICE = Mandate(wash_policy=WashPolicy.PRICE)


def signals_of(
    portfolio: Portfolio,
    as_of: date,
    prices: Mapping[str, str | Decimal],
    *,
    groups: Mapping[str, str] | None = None,
    mandate: Mandate = PRICE,
    account_id: str = "A",
) -> Signals:
    """Signals of an account in a market of some prices; the target is an equal share of each name."""
    universe = Universe(tuple(Security(s, identical_group=(groups or {}).get(s, "")) for s in prices))
    n = len(universe)
    market = Market(
        as_of=as_of,
        known_at=datetime(as_of.year, as_of.month, as_of.day, 21, tzinfo=UTC),
        universe=universe,
        price_usd=tuple(Decimal(p) for p in prices.values()),
        half_spread_bps=np.full(n, 2.0),
        adv_usd=np.full(n, 1e8),
        volatility_per_year=np.full(n, 0.3),
    )
    rising = np.linspace(0.5, 1.5, n)
    risk = FactorRisk(universe, ("market", "tilt"), np.c_[np.ones(n), rising], np.diag([0.03, 0.004]), 0.06 * rising)
    costs = CostCurves(universe, np.full(n, 3e-4), np.zeros(n), np.zeros(n))
    target = Target.single("equal", dict.fromkeys(prices, 1.0 / n), date(1900, 1, 1))
    return estimate(portfolio, market, target, mandate, risk, costs, account_id)


@dataclass(frozen=True)
class RandomBooks:
    """Books of a taxpayer, the signals of account A, and what happened."""

    events: tuple[Event, ...]
    groups: IdenticalGroups
    as_of: date
    signals: Signals

    def earlier_sale_changes(self, sells: Mapping[int, Decimal]) -> bool:
        """Whether what earlier sales recognise changes with these: a sold share takes over a loss, and no portfolio
        tells what it then loses."""
        before = {r.event_id: Fraction(0) for r in self._books({}).realized}
        after = dict(before)
        for books, found in ((self._books({}), before), (self._books(sells), after)):
            for r in books.realized:
                if r.event_id in found:
                    found[r.event_id] += r.recognized_usd
        return before != after

    def replayed_with(self, sells: Mapping[int, Decimal]) -> Mapping[tuple[object, ...], tuple[Fraction, Fraction]]:
        """Shares and losses that the ledger washes when lots are sold today, by lot and by what replaced them."""
        books = self._books(sells)
        found: dict[tuple[object, ...], tuple[Fraction, Fraction]] = {}
        for m in books.washes:
            if m.loss_event_id.startswith("asked"):
                key = (m.loss_lot_id, m.replacement_account_id, m.replacement_security_id, m.bought, m.lost_for_good)
                before = found.get(key, (Fraction(0), Fraction(0)))
                found[key] = (before[0] + m.loss_shares, before[1] + m.disallowed_usd)
        return found

    def _books(self, sells: Mapping[int, Decimal]) -> Books:
        """The ledger's books of today with these sales."""
        account, prices = self.signals.account, self.signals.market.price_usd
        asked = [
            Sell(
                event_id=f"asked {i}",
                sequence=10**6 + i,
                on=self.as_of,
                account_id="A",
                security_id=account.lots[i].security_id,
                shares=n,
                amount_usd=as_fraction(n) * as_fraction(prices[int(account.lot_name[i])]),
                choice=LotChoice(LotMethod.SPECIFIC, (LotShares(account.lots[i].lot_id, n),)),
            )
            for i, n in sells.items()
        ]
        return replay([*self.events, *asked], as_of=self.as_of, groups=self.groups)


def random_books(seed: int) -> RandomBooks:
    """Crowded random books of one to three accounts: purchases on days and at prices of their own, sales first in."""
    draw = random.Random(seed)  # noqa: S311 - a seed, not a secret
    kinds = {"A": AccountKind.TAXABLE} | {n: draw.choice(list(AccountKind)) for n in "BC"[: draw.choice((0, 1, 2))]}
    members = {"X": "g", "Y": "g"} if draw.random() < 0.4 else {}
    day = date(2024, 1, 2)
    events: list[Event] = [
        OpenAccount(event_id=f"open {a}", on=day, account_id=a, kind=kind) for a, kind in kinds.items()
    ]
    held: dict[tuple[str, str], int] = {}
    old = draw.choice((0, 200, 400))
    for n in range(draw.randint(2, 12)):
        day += timedelta(days=draw.choice((1, 2, 3, 7)) if n else 1)
        key = (draw.choice(list(kinds)), draw.choice("XXY"))
        where = {"event_id": f"e{n}", "on": day, "account_id": key[0], "security_id": key[1]}
        if held.get(key) and draw.random() < 0.35:
            shares = draw.randint(1, held[key])
            events.append(Sell(**where, shares=shares, amount_usd=shares * draw.randint(1, 12)))
            held[key] -= shares
        else:
            shares = draw.choice((1, 3, 5, 10, 10))
            amount = shares * (Fraction(draw.randint(1, 12)) + Fraction(n, 16))
            events.append(Buy(**where, shares=shares, amount_usd=amount))
            held[key] = held.get(key, 0) + shares
        day += timedelta(days=old if n == 1 else 0)
    as_of = day + timedelta(days=draw.randint(1, 12))
    groups = IdenticalGroups(members)
    books = replay(events, as_of=as_of, groups=groups)
    accounts = tuple(
        replace(a, cash=(CashItem(Decimal(1000), as_of),) if a.account_id == "A" else ())
        for a in portfolio_of_books(books).accounts
    )
    prices = {s: str(draw.randint(1, 12)) for s in "XY"} | {"Z": "10"}
    return RandomBooks(
        tuple(events), groups, as_of, signals_of(Portfolio("t", accounts), as_of, prices, groups=members)
    )
