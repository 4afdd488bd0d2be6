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
from di_advisor.ledger.parts import Part
from di_advisor.ledger.realized import Term
from di_advisor.ledger.recent_trades import WASH_WINDOW_DAYS
from di_advisor.ledger.replay import frozen_piece

__all__ = ["Realised", "RealisedToday"]

_CHANGING = timedelta(days=4 * WASH_WINDOW_DAYS)
_ZERO = Fraction(0)
_Totals = dict[tuple[int, bool], Fraction]


@dataclass(frozen=True, slots=True)
class RealisedToday:
    """What a day changed, USD; ``harvested_usd`` are the losses of the day's sales, positive."""

    short_usd: float = 0.0
    long_usd: float = 0.0
    washed_usd: float = 0.0
    harvested_usd: float = 0.0


class Realised:
    """Totals of realised gains by year and term.

    Parameters
    ----------
    book : Book
        Whose pieces are counted; its day must be closed when it is asked.
    """

    def __init__(self, book: Book) -> None:
        self._book = book
        self._live: list[Part] = []
        self._seen = self._matches = 0
        self._base: _Totals = defaultdict(Fraction)
        self._totals: _Totals = {}

    def of_year(self, year: int) -> tuple[Fraction, Fraction]:
        """Short-term and long-term gain of a year so far, net, after wash sales."""
        return self._totals.get((year, False), _ZERO), self._totals.get((year, True), _ZERO)

    def close(self, day: date) -> RealisedToday:
        """Count what a day changed."""
        pieces, matches = len(self._book.realized), self._book.wash.matches
        if pieces == self._seen and len(matches) == self._matches:
            return RealisedToday()
        washed = sum((m.disallowed_usd for m in matches[self._matches :]), _ZERO)
        self._live += self._book.realized[self._seen :]
        self._seen, self._matches = pieces, len(matches)
        totals: _Totals = defaultdict(Fraction, self._base)
        harvested = _ZERO
        kept = []
        final = day - _CHANGING
        for part in self._live:
            piece = frozen_piece(part, self._book.wash.scale)
            old = piece.sold < final
            if not old:
                kept.append(part)
            if not (piece.taxed and piece.known):
                continue
            gain = piece.recognized_usd
            key = (piece.sold.year, piece.term is Term.LONG)
            totals[key] += gain
            if old:
                self._base[key] += gain
            elif piece.sold == day and gain < 0:
                harvested -= gain
        self._live = kept
        before, self._totals = self._totals, totals
        short, long = (sum(_by(totals, term)) - sum(_by(before, term)) for term in (False, True))
        return RealisedToday(float(short), float(long), float(washed), float(harvested))


def _by(totals: _Totals, term: bool) -> list[Fraction]:  # noqa: FBT001  a key, not an option
    return [gain for (_, long), gain in totals.items() if long is term]
