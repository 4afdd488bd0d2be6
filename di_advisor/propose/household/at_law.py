"""A household's orders at law: booked by the ledger over all accounts, whatever the optimizer says of them.

Problem: what a return shows follows from all trades of the couple together, washes between accounts included.
Decision: lots, then the orders of the day, are replayed as events of one journal, and the gains that count are
read from its books; the tax on them is the return's own. Nothing here knows of problems or prices.

Limits: lots bought in the last 30 days are replayed as purchases, all others as brought in; sales of the last
30 days are not replayed (locks keep their losses from being washed).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from di_advisor.domain.amounts import as_fraction
from di_advisor.domain.events import Buy, Event, LotChoice, LotMethod, LotShares, OpenAccount, Sell, TransferIn
from di_advisor.domain.household import Household
from di_advisor.domain.signals import Signals
from di_advisor.formulate.household import AccountGains
from di_advisor.ledger.books import Books
from di_advisor.ledger.identical import IdenticalGroups
from di_advisor.ledger.parts import WashMatch
from di_advisor.ledger.realized import Realized, Term
from di_advisor.ledger.recent_trades import RETIREMENT_KINDS, WASH_WINDOW_DAYS
from di_advisor.ledger.replay import replay

__all__ = ["AccountOrders", "AtLaw", "booked", "gains_of_orders"]


@dataclass(frozen=True)
class AccountOrders:
    """Whole orders of one account: shares by position of the lot in its signals, and by position of the name."""

    sells: Mapping[int, Decimal]
    buys: Mapping[int, Decimal]


@dataclass(frozen=True)
class AtLaw:
    """What the books say of a household's orders.

    Attributes
    ----------
    books : Books
        After the orders.
    gains : Mapping of str to AccountGains
        By taxable account: what counts for tax, disallowed losses taken off.
    disallowed : Mapping of str to AccountGains
        By taxable account: losses disallowed, as positive amounts.
    lost_usd : Mapping of str to AccountGains
        The part of them that nobody's basis takes over.
    washes : tuple of WashMatch
        Which shares replaced which.
    """

    books: Books
    gains: Mapping[str, AccountGains]
    disallowed: Mapping[str, AccountGains]
    lost_usd: Mapping[str, AccountGains]
    washes: tuple[WashMatch, ...]


def gains_of_orders(signals: Signals, orders: AccountOrders) -> AccountGains:
    """What orders realise in a taxable account, exact, no loss disallowed."""
    account, price = signals.account, signals.market.price_usd
    short = long = Fraction(0)
    for i, shares in orders.sells.items():
        if not account.lot_known[i]:
            continue
        lot = account.lots[i]
        gain = as_fraction(shares) * as_fraction(price[int(account.lot_name[i])]) - lot.basis_of(shares)
        if account.lot_long_term[i]:
            long += gain
        else:
            short += gain
    return AccountGains(short, long)


def booked(household: Household, signals: Mapping[str, Signals], orders: Mapping[str, AccountOrders]) -> AtLaw:
    """Orders of all accounts, booked; those of taxable accounts first.

    Parameters
    ----------
    household : Household
        All accounts.
    signals : Mapping of str to Signals
        By account: what positions of orders refer to.
    orders : Mapping of str to AccountOrders
        By account.

    Raises
    ------
    InputError
        If orders cannot be booked: more than a lot holds.
    """
    market = next(iter(signals.values())).market
    events: list[Event] = []
    for each in household.accounts:
        events += _lots(signals[each.account_id])
    number = 0
    # The law matches purchases of a day in the order in which they are made: those whose basis takes a loss over first.
    for account_id in sorted(orders, key=lambda i: signals[i].account.kind in RETIREMENT_KINDS):
        found = _orders(signals[account_id], orders[account_id], number)
        number += len(found)
        events += found
    kinds = {a.account_id: a.account.kind for a in household.accounts}
    first = min((e.on for e in events), default=market.as_of)
    opened = [
        OpenAccount(event_id=f"open {account_id}", on=first, account_id=account_id, kind=kind)
        for account_id, kind in kinds.items()
    ]
    groups = IdenticalGroups.from_securities(market.universe.securities)
    books = replay([*opened, *events], as_of=market.as_of, taxpayer=household.name, groups=groups)
    taxed = [a.account_id for a in household.accounts if a.is_taxed]
    today = [r for r in books.realized if r.taxed and r.known and r.sold == market.as_of]
    return AtLaw(
        books=books,
        gains={i: _sum([(r, r.recognized_usd) for r in today if r.account_id == i]) for i in taxed},
        disallowed={i: _sum([(r, r.disallowed_usd) for r in today if r.account_id == i]) for i in taxed},
        lost_usd={i: _sum([(r, r.lost_for_good_usd) for r in today if r.account_id == i]) for i in taxed},
        washes=books.washes,
    )


def _sum(parts: list[tuple[Realized, Fraction]]) -> AccountGains:
    short = sum((x for r, x in parts if r.term is not Term.LONG), Fraction(0))
    return AccountGains(short, sum((x for r, x in parts if r.term is Term.LONG), Fraction(0)))


def _lots(signals: Signals) -> list[Event]:
    """The lots that orders may sell: recent purchases as such, all others as brought in."""
    as_of = signals.market.as_of
    brought = as_of - timedelta(days=WASH_WINDOW_DAYS + 1)
    found: list[Event] = []
    for lot in signals.account.lots:
        name = f"{lot.account_id} {lot.lot_id}"
        if lot.acquired is not None and lot.acquired > brought and lot.basis_total_usd is not None:
            found.append(
                Buy(
                    event_id=name,
                    on=lot.acquired,
                    account_id=lot.account_id,
                    security_id=lot.security_id,
                    shares=lot.shares,
                    amount_usd=lot.basis_total_usd,
                )
            )
            continue
        found.append(
            TransferIn(
                event_id=name,
                on=brought,
                account_id=lot.account_id,
                security_id=lot.security_id,
                shares=lot.shares,
                basis_total_usd=lot.basis_total_usd,
                acquired=lot.acquired,
                held_since=lot.held_since,
                lot_id=name,
            )
        )
    return found


def _orders(signals: Signals, orders: AccountOrders, number: int) -> list[Event]:
    account, market = signals.account, signals.market
    found: list[Event] = []
    for i, shares in orders.sells.items():
        lot, price = account.lots[i], market.price_usd[int(account.lot_name[i])]
        found.append(
            Sell(
                event_id=f"sell {account.account_id} {lot.lot_id}",
                sequence=number + len(found),
                on=market.as_of,
                account_id=account.account_id,
                security_id=lot.security_id,
                shares=shares,
                amount_usd=as_fraction(shares) * as_fraction(price),
                choice=LotChoice(LotMethod.SPECIFIC, (LotShares(f"{account.account_id} {lot.lot_id}", shares),)),
            )
        )
    for name, shares in orders.buys.items():
        found.append(
            Buy(
                event_id=f"buy {account.account_id} {market.universe.security_ids[name]}",
                sequence=number + len(found),
                on=market.as_of,
                account_id=account.account_id,
                security_id=market.universe.security_ids[name],
                shares=shares,
                amount_usd=shares * market.price_usd[name],
            )
        )
    return found
