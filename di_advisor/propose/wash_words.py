"""What a trade washes, in words and as facts: how many shares, where their loss goes, what that costs.

Limits: dollars of cost are what the plan charges, a figure on the safe side; shares and losses are
exact, and confirmed by the ledger. A loss that passes through a replacement sold the same day is told
with each sale it passes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from di_advisor.domain.amounts import as_fraction, at_places, show_exact, to_decimal
from di_advisor.domain.signals import Signals
from di_advisor.domain.trades import Trade
from di_advisor.domain.washes import Washed
from di_advisor.formulate.wash_term import WashDeferral
from di_advisor.propose.settle import Orders

__all__ = ["with_washes"]

_CENTS = 2
_SHARE_PLACES = 6


def with_washes(trades: Iterable[Trade], signals: Signals, orders: Orders) -> tuple[Trade, ...]:
    """Trades that say what they wash.

    Parameters
    ----------
    trades : iterable of Trade
        Of the account.
    signals : Signals
        Lots and names.
    orders : Orders
        With what they wash.
    """
    if signals.account.washes is None:
        return tuple(trades)
    lot_at = {lot.lot_id: i for i, lot in enumerate(signals.account.lots)}
    name_at = signals.market.universe.positions
    told = []
    for trade in trades:
        at = (lot_at[trade.lot_id], -1) if trade.lot_id else (-1, name_at[trade.security_id])
        mine = [w for w in orders.washed if (w.lot_at, w.name_at) == at]
        told.append(_told(trade, mine, signals) if mine or _cost(trade) else trade)
    return tuple(told)


def _cost(trade: Trade) -> Decimal:
    return trade.dollars.get(WashDeferral.name, Decimal(0))


def _told(trade: Trade, mine: list[Washed], signals: Signals) -> Trade:
    shares, loss, lost = _sum(w.shares for w in mine), _sum(w.loss_usd for w in mine), _lost(mine)
    facts = {
        **trade.facts,
        "washed shares": show_exact(shares),
        "washed loss usd": str(to_decimal(float(loss), _CENTS)),
        "lost for good usd": str(to_decimal(float(lost), _CENTS)),
        "wash cost usd": str(_cost(trade)),
    }
    if mine:
        facts["washed loss goes to"] = "; ".join(dict.fromkeys(_where(w, signals) for w in mine))
    return replace(trade, facts=facts, sentence=f"{trade.sentence} {_sentence(trade, mine, signals)}")


def _sentence(trade: Trade, mine: list[Washed], signals: Signals) -> str:
    charged = f"The plan charges ${_cost(trade):,} for it."
    if not mine:
        return f"No share of it is washed after all; the plan charges ${_cost(trade):,}, on the safe side."
    shares, loss = _shares(_sum(w.shares for w in mine)), float(_sum(w.loss_usd for w in mine))
    places = _by_place(mine, signals)
    goes = list(places) if len(places) == 1 else [f"{_shares(n)} ({_usd(usd)}): {w}" for w, (n, usd) in places.items()]
    one = shares == "1"
    if trade.lot_id:
        part = f"{shares} {'share is' if one else 'shares are'} washed"
        what = f"Of these, {part}, and {_usd(loss)} of loss does not count now"
    else:
        sold = ", ".join(sorted({w.sold.isoformat() for w in mine}))
        first = "share replaces one" if one else f"{shares} shares replace shares"
        what = f"Its first {first} sold at a loss on {sold}, and {_usd(loss)} of that is washed"
    return f"{what}: {'; '.join(goes)}. {charged}"


def _by_place(mine: list[Washed], signals: Signals) -> dict[str, tuple[Fraction, float]]:
    found: dict[str, tuple[Fraction, float]] = {}
    for w in mine:
        n, usd = found.get(_where(w, signals), (Fraction(0), 0.0))
        found[_where(w, signals)] = (n + as_fraction(w.shares), usd + float(w.loss_usd))
    return found


def _where(washed: Washed, signals: Signals) -> str:
    """Where a washed loss goes."""
    on = _bought(washed.bought, signals.market.as_of)
    if washed.lost:
        return f"lost for good, replaced by shares {on} in the retirement account {washed.account_id}"
    lot = f"lot {washed.lot_id}" if washed.lot_id else f"the shares of {_ticker(washed, signals)}"
    return f"into the basis of {lot} {on} in account {washed.account_id}"


def _ticker(washed: Washed, signals: Signals) -> str:
    universe = signals.market.universe
    at = universe.positions.get(washed.security_id)
    return washed.security_id if at is None else universe.securities[at].ticker


def _bought(on: date, today: date) -> str:
    if on == today:
        return "bought today"
    return f"{'planned to be bought' if on > today else 'bought'} on {on.isoformat()}"


def _sum(amounts: Iterable[Decimal | Fraction]) -> Fraction:
    return sum((as_fraction(a) for a in amounts), Fraction(0))


def _lost(mine: Iterable[Washed]) -> Fraction:
    return _sum(w.loss_usd for w in mine if w.lost)


def _shares(exact: Fraction) -> str:
    """Shares as people write them: decimals, six at most; "about" where those are not all."""
    shown = at_places(exact, _SHARE_PLACES)
    text = f"{shown:f}".rstrip("0").rstrip(".")
    return text if as_fraction(shown) == exact else f"about {text}"


def _usd(amount: float) -> str:
    return f"${amount:,.2f}"
