"""Gains that an account has realised, as they stand after wash sales, day by day.

Problem: a purchase may disallow a loss that was reported weeks ago, so a day's figure is a change of the whole, and
counting the whole every day is slow. Decision: pieces of sales that no later event can change are counted once; the
rest is counted anew on days on which the book changed; a day's gain is the difference of totals, so days add up to
years. Limits: pieces without a known basis count nowhere.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from di_advisor.ledger.book import Book
from di_advisor.ledger.frozen_parts import frozen_piece
from di_advisor.ledger.parts import Part
from di_advisor.ledger.realized import Term
from di_advisor.ledger.recent_trades import WASH_WINDOW_DAYS

__all__ = ["Realised", "RealisedToday"]

_CHANGING = timedelta(days=4 * WASH_WINDOW_DAYS)
_ZERO = Fraction(0)


@dataclass(frozen=True, slots=True)
class RealisedToday:
    """What a day changed, USD; ``harvested_usd`` are the losses of the day's sales, positive."""

    short_usd: float = 0.0
    long_usd: float = 0.0
    washed_usd: float = 0.0
    harvested_usd: float = 0.0


@dataclass(slots=True)
class _Counted:
    """A piece of a sale as it was counted last: the objects it was made of, and what it added."""

    part: Part
    made_of: tuple[object, ...]
    key: tuple[int, bool]
    gain_usd: Fraction


class Realised:
    """Totals of realised gains by year and term.

    Parameters
    ----------
    book : Book
        Whose pieces are counted; its day must be closed when it is asked.
    """

    def __init__(self, book: Book) -> None:
        self._book = book
        self._live: list[_Counted] = []
        self._seen = self._matches = 0
        self._totals: dict[tuple[int, bool], Fraction] = defaultdict(Fraction)

    def of_year(self, year: int) -> tuple[Fraction, Fraction]:
        """Short-term and long-term gain of a year so far, net, after wash sales."""
        return self._totals.get((year, False), _ZERO), self._totals.get((year, True), _ZERO)

    def close(self, day: date) -> RealisedToday:
        """Count what a day changed."""
        new, matches = self._book.realized[self._seen :], self._book.wash.matches[self._matches :]
        if not new and not matches:
            return RealisedToday()
        self._seen += len(new)
        self._matches += len(matches)
        first = day - _CHANGING
        change = [_ZERO, _ZERO]
        harvested = _ZERO
        self._live = [counted for counted in self._live if counted.part.sold is not None and counted.part.sold >= first]
        self._live += [_Counted(part, (), (0, False), _ZERO) for part in new]
        for counted in self._live:
            self._count(counted, change)
            if counted.part.sold == day and counted.gain_usd < 0:
                harvested -= counted.gain_usd
        washed = sum((match.disallowed_usd for match in matches), _ZERO)
        return RealisedToday(float(change[False]), float(change[True]), float(washed), float(harvested))

    def _count(self, counted: _Counted, change: list[Fraction]) -> None:
        """Take what a piece added before out of the totals and put in what it adds now, where it changed."""
        part = counted.part
        # Amounts are replaced, never changed: the same objects are the same values.
        made_of = (part.proceeds_usd, part.basis_usd, part.disallowed_usd, part.held_since)
        if counted.made_of and all(a is b for a, b in zip(counted.made_of, made_of, strict=True)):
            return
        piece = frozen_piece(part, self._book.wash.scale)
        gain = piece.recognized_usd if piece.taxed and piece.known else _ZERO
        key = (piece.sold.year, piece.term is Term.LONG)
        for at, amount in ((counted.key, -counted.gain_usd), (key, gain)):
            if amount:
                self._totals[at] += amount
                change[at[1]] += amount
        counted.made_of, counted.key, counted.gain_usd = made_of, key, gain
