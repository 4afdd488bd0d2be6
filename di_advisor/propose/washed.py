"""Which shares a plan washes, by what, and where their loss goes: share by share, in the law's order.

Problem: the price of a washed dollar is a cautious figure by name; a person wants to know which ten of
the hundred shares, which purchase took their loss, and whether it comes back. Decision: the rules once
more, in few lines and apart from the ledger, for the trades of one day: losses by acquisition (26 CFR
1.1091-1(b)), replacements earliest first (1.1091-1(c), (d)), each share once (1.1091-1(e)), parts of one
purchase not by each other (Rev. Rul. 56-602). A replacement that is sold the same day takes the loss
with it, and may be washed in turn. `check_washes` holds the ledger's own answer against it.

Limits: earlier losses that still wait are washed by today's purchases only, and today's losses by what
was bought before or is planned: a plan never sells a name at a loss and buys it.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from di_advisor.domain.amounts import as_fraction
from di_advisor.domain.signals import Signals
from di_advisor.domain.washes import FreePurchase, Washed, WashQuantities
from di_advisor.ledger.holding_period import tacked_since
from di_advisor.ledger.recent_trades import RETIREMENT_KINDS, in_wash_window

__all__ = ["first_places", "lots_of_purchases", "washed_by"]

_ZERO = Fraction(0)
_NEVER = date.max


@dataclass
class _Piece:
    """Shares of one purchase with one fate; ``per_share`` is the loss of each when sold, negative for a gain."""

    shares: Fraction
    place: int
    purchase_id: str
    bought: date
    account_id: str
    security_id: str
    lot_id: str
    lost: bool = False
    lot_at: int = -1
    acquired: date = _NEVER
    held_since: date = _NEVER
    sold: bool = False
    per_share: Fraction = _ZERO
    replaced: bool = False
    settled: bool = False

    @property
    def free(self) -> bool:
        """Whether it may still replace others."""
        return not (self.replaced or self.settled)

    @property
    def waits(self) -> bool:
        """Whether it was sold at a loss that nothing has taken yet."""
        return self.sold and self.per_share > 0 and not self.settled

    def cut(self, shares: Fraction) -> _Piece:
        """Take some shares off into a piece of their own."""
        self.shares -= shares
        return replace(self, shares=shares)


def washed_by(signals: Signals, sells: Mapping[int, Decimal], buys: Mapping[int, Decimal]) -> tuple[Washed, ...]:
    """What a plan washes, group by group; empty where wash sales are banned by locks.

    Parameters
    ----------
    signals : Signals
        Lots, prices and what may wash.
    sells : Mapping of int to Decimal
        Shares by position of the lot.
    buys : Mapping of int to Decimal
        Shares by position of the name.
    """
    washes = signals.account.washes
    if washes is None:
        return ()
    name_of = signals.account.lot_name
    offers = {p.group for p in washes.purchases}
    by_group: dict[str, dict[int, Decimal]] = {}
    for lot_at in sorted(sells):
        group = washes.group[int(name_of[lot_at])]
        if group in offers:
            by_group.setdefault(group, {})[lot_at] = sells[lot_at]
    known = _known(signals, washes, by_group)
    found: list[Washed] = []
    for group, mine in by_group.items():
        found += _of_sales(signals, _pieces(signals, washes, known, mine, group))
    waiting = {x.group for x in washes.losses}
    for group in dict.fromkeys(washes.group[i] for i in sorted(buys)):
        if group in waiting:
            found += _of_purchases(signals, washes, group, buys)
    return tuple(found)


@dataclass(frozen=True)
class _Known:
    """The purchases of each group that trades, by their place, and where they stand."""

    purchases: Mapping[str, Mapping[int, FreePurchase]]
    held_as: Mapping[int, int]
    first: Mapping[str, int]


def _known(signals: Signals, washes: WashQuantities, groups: Container[str]) -> _Known:
    purchases: dict[str, dict[int, FreePurchase]] = {}
    for place, p in enumerate(washes.purchases):
        if p.group in groups:
            purchases.setdefault(p.group, {})[place] = p
    return _Known(purchases, lots_of_purchases(signals, washes), first_places(washes))


def first_places(washes: WashQuantities) -> dict[str, int]:
    """Place of each purchase among all: that of the first of its parts."""
    places: dict[str, int] = {}
    for place, p in enumerate(washes.purchases):
        places.setdefault(p.purchase_id, place)
    return places


def lots_of_purchases(signals: Signals, washes: WashQuantities) -> dict[int, int]:
    """Position of the account's own lot by the place of the purchase that brought it."""
    account = signals.account
    at = {(lot.lot_id, lot.acquired): i for i, lot in enumerate(account.lots)}
    found = {}
    for place, p in enumerate(washes.purchases):
        i = at.get((p.lot_id, p.on), -1)
        if i >= 0 and p.account_id == account.account_id and account.lots[i].shares == p.shares:
            found[place] = i
    return found


def _pieces(
    signals: Signals, washes: WashQuantities, known: _Known, sells: Mapping[int, Decimal], group: str
) -> list[_Piece]:
    """What was bought in the window or is sold today, of one group."""
    account = signals.account
    pieces: list[_Piece] = []
    sold_from_offers: set[int] = set()
    for place, p in known.purchases.get(group, {}).items():
        lot_at = known.held_as.get(place, -1)
        where = (known.first[p.purchase_id], p.purchase_id, p.on, p.account_id, p.security_id, p.lot_id, p.lost)
        piece = _Piece(as_fraction(p.shares), *where)
        if lot_at in sells:
            sold_from_offers.add(lot_at)
            gone = piece.cut(as_fraction(sells[lot_at]))
            pieces.append(_sold(signals, gone, lot_at))
        if piece.shares:
            pieces.append(piece)
    for lot_at, shares in sells.items():
        lot = account.lots[lot_at]
        if lot_at in sold_from_offers:
            continue
        own = washes.purchase_of.get(lot.lot_id, f"own {lot.lot_id}")
        what = (known.first.get(own, -1), own, _NEVER, lot.account_id, lot.security_id, lot.lot_id)
        piece = _Piece(as_fraction(shares), *what, replaced=True)
        pieces.append(_sold(signals, piece, lot_at))
    return pieces


def _sold(signals: Signals, piece: _Piece, lot_at: int) -> _Piece:
    """A piece as it is after its sale today."""
    account = signals.account
    lot, price = account.lots[lot_at], signals.market.price_usd[int(account.lot_name[lot_at])]
    piece.sold, piece.lot_at = True, lot_at
    piece.acquired, piece.held_since = lot.acquired or _NEVER, lot.held_since or _NEVER
    taxed = account.kind not in RETIREMENT_KINDS and lot.basis_total_usd is not None
    piece.per_share = lot.basis_of(Fraction(1)) - as_fraction(price) if taxed else _ZERO
    return piece


def _of_sales(signals: Signals, pieces: list[_Piece]) -> list[Washed]:
    """Losses of today's sales of one group that earlier or planned purchases wash."""
    today = signals.market.as_of
    found: list[Washed] = []
    while True:
        losses = sorted((p for p in pieces if p.waits), key=_loss_order)
        pair = next(((loss, offer) for loss in losses for offer in [_offer(loss, pieces, today)] if offer), None)
        if pair is None:
            return found
        loss, offer = pair
        shares = min(loss.shares, offer.shares)
        if shares < loss.shares:
            pieces.append(rest := loss.cut(loss.shares - shares))
            rest.replaced = loss.replaced
        if shares < offer.shares:
            pieces.append(offer.cut(offer.shares - shares))
        loss.settled, offer.replaced = True, True
        if not offer.lost:
            offer.per_share += loss.per_share
            offer.held_since = tacked_since(offer.bought, today, loss.held_since)
        found.append(
            Washed(
                lot_at=loss.lot_at,
                name_at=-1,
                shares=shares,
                loss_usd=shares * loss.per_share,
                sold=today,
                account_id=offer.account_id,
                security_id=offer.security_id,
                lot_id=offer.lot_id,
                bought=offer.bought,
                lost=offer.lost,
            )
        )


def _loss_order(loss: _Piece) -> tuple[date, int, date, str, Fraction]:
    return (loss.acquired, loss.place, loss.held_since, loss.lot_id, -loss.per_share)


def _offer(loss: _Piece, pieces: list[_Piece], today: date) -> _Piece | None:
    """The first piece that may replace a loss: the earliest purchase, and of one purchase what is still held."""
    fit = [
        p
        for p in pieces
        if p.free and p.purchase_id != loss.purchase_id and p.bought != _NEVER and in_wash_window(p.bought, today)
    ]
    return min(fit, key=lambda p: (p.bought, p.place, p.sold, p.lot_id), default=None)


def _of_purchases(signals: Signals, washes: WashQuantities, group: str, buys: Mapping[int, Decimal]) -> list[Washed]:
    """Earlier losses that today's purchases wash, the earliest sale first."""
    account, today = signals.account, signals.market.as_of
    gone = account.kind in RETIREMENT_KINDS
    left = {i: as_fraction(buys[i]) for i in sorted(buys) if washes.group[i] == group}
    found: list[Washed] = []
    for loss in (x for x in washes.losses if x.group == group and in_wash_window(x.on, today)):
        waiting = as_fraction(loss.shares)
        per_share = as_fraction(loss.loss_usd) / waiting
        for name, bought in left.items():
            shares = min(waiting, bought)
            if not shares:
                continue
            waiting, left[name] = waiting - shares, bought - shares
            found.append(
                Washed(
                    lot_at=-1,
                    name_at=name,
                    shares=shares,
                    loss_usd=shares * per_share,
                    sold=loss.on,
                    account_id=account.account_id,
                    security_id=signals.market.universe.security_ids[name],
                    lot_id="",
                    bought=today,
                    lost=gone,
                )
            )
    return found
