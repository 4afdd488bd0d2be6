"""Pairs of lots: which lots of the books are which lots of the custodian.

Problem: the two sides share no ids, one side has split a lot where a wash sale took part of it, and
dates may be shown before or after tacking. Decision: pairs by id, then by date and shares, then by
the start of the holding period and shares, then whole days whose shares are equal in sum, then by
shares alone with a date that differs; what is left on both sides is left. Limits: of lots alike in
date and shares, those nearest in basis are paired.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby

from di_advisor.domain.amounts import Exact, as_fraction
from di_advisor.ledger.realized import BookedLot
from di_advisor.ledger.reconciliation.custodian import CustodianLot

__all__ = ["LotPair", "pairs_of_lots"]

_Key = tuple[object, ...] | None


@dataclass(frozen=True)
class LotPair:
    """Lots of both sides that are the same shares.

    Attributes
    ----------
    ours : tuple of BookedLot
        One, or several of one day.
    theirs : tuple of CustodianLot
        One, or several of one day.
    """

    ours: tuple[BookedLot, ...]
    theirs: tuple[CustodianLot, ...]

    @property
    def lots(self) -> str:
        """Ids of the books' lots."""
        return "; ".join(b.lot.lot_id for b in self.ours)


def pairs_of_lots(
    ours: Sequence[BookedLot], theirs: Sequence[CustodianLot]
) -> tuple[list[LotPair], list[BookedLot], list[CustodianLot]]:
    """Pair the lots of one account and security.

    Parameters
    ----------
    ours : sequence of BookedLot
        Lots of the books.
    theirs : sequence of CustodianLot
        Lots of the custodian.

    Returns
    -------
    pairs : list of LotPair
        Lots that go together.
    ours, theirs : lists
        What is left of each side.
    """
    left, right = list(ours), list(theirs)
    pairs: list[LotPair] = []
    keys: tuple[tuple[Callable[[BookedLot], _Key], Callable[[CustodianLot], _Key]], ...] = (
        (lambda b: (b.lot.lot_id,), lambda x: (x.lot_id,) if x.lot_id else None),
        (lambda b: None if _tacked(b) else (b.lot.acquired, _n(b)), lambda x: (x.acquired, _n(x))),
        (lambda b: (b.lot.held_since, _n(b)) if _tacked(b) else None, lambda x: (x.acquired, _n(x))),
        (lambda b: (b.lot.acquired, _n(b)), lambda x: (x.acquired, _n(x))),
    )
    for of_ours, of_theirs in keys:
        pairs += _paired(left, right, of_ours, of_theirs)
    pairs += _days(left, right)
    pairs += _paired(left, right, lambda b: (_n(b),), lambda x: (_n(x),))
    return pairs, left, right


def _n(lot: BookedLot | CustodianLot) -> Fraction:
    return as_fraction(lot.lot.shares if isinstance(lot, BookedLot) else lot.shares)


def _tacked(booked: BookedLot) -> bool:
    return booked.lot.held_since != booked.lot.acquired


def _basis(amount: Exact | None) -> tuple[bool, Fraction]:
    return (amount is None, Fraction(0) if amount is None else as_fraction(amount))


def _paired(
    left: list[BookedLot],
    right: list[CustodianLot],
    of_ours: Callable[[BookedLot], _Key],
    of_theirs: Callable[[CustodianLot], _Key],
) -> list[LotPair]:
    """Pair lots of equal keys, the lower basis with the lower basis, and take them out of both lists."""
    by_key: dict[tuple[object, ...], list[CustodianLot]] = {}
    for x in sorted(right, key=lambda x: _basis(x.basis_total_usd)):
        key = of_theirs(x)
        if key is not None:
            by_key.setdefault(key, []).append(x)
    found = []
    for b in sorted(left, key=lambda b: _basis(b.lot.basis_total_usd)):
        key = of_ours(b)
        mine = by_key.get(key) if key is not None else None
        if mine:
            found.append(LotPair((b,), (mine.pop(0),)))
    for pair in found:
        left.remove(pair.ours[0])
        right.remove(pair.theirs[0])
    return found


def _days(left: list[BookedLot], right: list[CustodianLot]) -> list[LotPair]:
    """Pair all lots of one day with all of the other side, where their shares are equal in sum."""

    def day(lot: BookedLot | CustodianLot) -> str:
        return str(lot.lot.acquired if isinstance(lot, BookedLot) else lot.acquired)

    ours = {d: list(lots) for d, lots in groupby(sorted(left, key=day), key=day)}
    theirs = {d: list(lots) for d, lots in groupby(sorted(right, key=day), key=day)}
    found = []
    for d, mine in ours.items():
        others = theirs.get(d, [])
        if others and sum(map(_n, mine)) == sum(map(_n, others)):
            found.append(LotPair(tuple(mine), tuple(others)))
    for pair in found:
        for b in pair.ours:
            left.remove(b)
        for x in pair.theirs:
            right.remove(x)
    return found
