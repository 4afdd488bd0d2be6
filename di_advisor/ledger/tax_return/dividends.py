"""Qualified dividends by holding days, share by share. Not tax advice.

26 USC 1(h)(11)(B)(iii) with 246(c): common stock must be held for more than 60 days of the 121 that
start 60 days before the ex-dividend date; preferred stock whose dividend covers more than 366 days,
more than 90 of 181. The day of purchase does not count, the day of sale does. Days with a reduced
risk of loss (a put, a short sale against it) do not count. Dividends of real estate investment
trusts, payments in lieu and dividends that their payer calls nonqualified never qualify.

The trap for a harvester: selling on day 40 turns the last dividend into ordinary income.

Limits: days carried over from a wash sale do not count here (246(c)(3)(B) [recalled]), so callers
give the date from which the shares themselves are held. Shares still held are judged as of a day,
and the answer says when it may yet change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Final

from di_advisor.domain.amounts import Exact, exact
from di_advisor.domain.events.cash import DividendKind
from di_advisor.errors import IncompleteDataError, InputError
from di_advisor.ledger.days import calendar_day

__all__ = [
    "DividendSplit",
    "HoldingDays",
    "SharesHeld",
    "count_holding_days",
    "holding_window",
    "split_dividend",
]

# Days before the ex-dividend date, and days that must be exceeded.
_COMMON: Final = (60, 60)
_LONG: Final = (90, 90)
_MAY_QUALIFY: Final = {
    DividendKind.COMMON: _COMMON,
    DividendKind.PREFERRED: _COMMON,
    DividendKind.PREFERRED_LONG: _LONG,
}


@dataclass(frozen=True, slots=True)
class SharesHeld:
    """Shares of one lot, and when they were held.

    Attributes
    ----------
    shares : Decimal or Fraction
        How many were entitled to the dividend.
    held_from : date
        Trade date from which they are held, without days carried over by a wash sale.
    sold_on : date or None
        Trade date of their sale; None while they are held.
    reduced_risk : tuple of (date, date)
        Spans of days with a reduced risk of loss, both ends included.
    """

    shares: Exact
    held_from: date
    sold_on: date | None = None
    reduced_risk: tuple[tuple[date, date], ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "shares", exact(self.shares, "shares"))
        if self.shares <= 0:
            raise InputError(f"A lot holds {self.shares} shares.", hint="Leave out empty lots; shares are positive.")
        calendar_day(self.held_from, "The day from which shares are held")
        if self.sold_on is not None and calendar_day(self.sold_on, "The sale date") < self.held_from:
            raise InputError(
                f"The sale on {self.sold_on} is dated before its lot, held from {self.held_from}.",
                hint="Correct one of the two dates.",
                held_from=self.held_from,
                sold_on=self.sold_on,
            )


@dataclass(frozen=True, slots=True)
class HoldingDays:
    """The count behind one lot's dividend.

    Attributes
    ----------
    window_start, window_end : date
        First and last day of the window.
    days_in_window : int
        Days held inside it at risk.
    days_held : int
        Days held altogether, up to the sale or the day of the question.
    qualified : bool
        Whether the days suffice (and the kind of dividend may qualify).
    may_change_until : date or None
        Last day of the window, while holding on can still make it qualify.
    """

    window_start: date
    window_end: date
    days_in_window: int
    days_held: int
    qualified: bool
    may_change_until: date | None = None


@dataclass(frozen=True, slots=True)
class DividendSplit:
    """A dividend shared among the lots that earned it.

    Attributes
    ----------
    qualified_usd, ordinary_usd : Fraction
        Add up to the dividend.
    by_lot : tuple of (SharesHeld, Fraction, HoldingDays)
        Each lot with its amount and its count, in the order given.
    """

    qualified_usd: Fraction
    ordinary_usd: Fraction
    by_lot: tuple[tuple[SharesHeld, Fraction, HoldingDays], ...]


def holding_window(ex_on: date, kind: DividendKind = DividendKind.COMMON) -> tuple[date, date]:
    """First and last day of the window around an ex-dividend date: 121 days, or 181.

    Parameters
    ----------
    ex_on : date
        Ex-dividend date.
    kind : DividendKind
        181 days for ``preferred_long``, else 121.
    """
    before, _ = _MAY_QUALIFY.get(DividendKind(kind), _COMMON)
    around = timedelta(days=before)
    return calendar_day(ex_on, "The ex-dividend date") - around, ex_on + around


def count_holding_days(
    lot: SharesHeld, ex_on: date, kind: DividendKind = DividendKind.COMMON, *, as_of: date | None = None
) -> HoldingDays:
    """Count one lot's days around an ex-dividend date.

    Parameters
    ----------
    lot : SharesHeld
        The lot, sold or not.
    ex_on : date
        Ex-dividend date.
    kind : DividendKind
        What the dividend is.
    as_of : date, optional
        The day of the question; needed for a lot that is still held.

    Raises
    ------
    IncompleteDataError
        If the lot is held and no day is given.
    InputError
        If the lot was not entitled: bought on the ex-date or later, or sold before it.
    """
    kind = DividendKind(kind)
    if lot.held_from >= ex_on or (lot.sold_on is not None and lot.sold_on < ex_on):
        raise InputError(
            f"Shares held from {lot.held_from} to {lot.sold_on or 'now'} get no dividend with ex-date {ex_on}.",
            hint="Entitled are shares bought before the ex-dividend date and not sold before it.",
            held_from=lot.held_from,
            sold_on=lot.sold_on,
            ex_on=ex_on,
        )
    last = lot.sold_on or as_of
    if last is None:
        raise IncompleteDataError(
            f"Shares held from {lot.held_from} are not sold, and no day is given up to which to count.",
            hint="Give as_of, the day of the question.",
        )
    first = lot.held_from + timedelta(days=1)
    start, end = holding_window(ex_on, kind)
    days = _days_between(max(first, start), min(last, end)) - _days_at_reduced_risk(
        lot, max(first, start), min(last, end)
    )
    _, more_than = _MAY_QUALIFY.get(kind, _COMMON)
    may_qualify = kind in _MAY_QUALIFY
    qualified = may_qualify and days > more_than
    open_until = end if may_qualify and not qualified and lot.sold_on is None and last < end else None
    return HoldingDays(start, end, days, _days_between(first, last), qualified, open_until)


def split_dividend(
    amount_usd: Exact,
    kind: DividendKind,
    ex_on: date | None,
    lots: Sequence[SharesHeld],
    *,
    as_of: date | None = None,
) -> DividendSplit:
    """Split a dividend into its qualified and its ordinary part, lot by lot.

    Parameters
    ----------
    amount_usd : Decimal or Fraction
        The whole dividend.
    kind : DividendKind
        What it is.
    ex_on : date or None
        Ex-dividend date; without it no days can be counted and all of it is ordinary.
    lots : sequence of SharesHeld
        All shares that were entitled; the amount is shared by shares.
    as_of : date, optional
        The day of the question; needed if shares are still held.

    Raises
    ------
    IncompleteDataError
        If no lots are given, or a held one without ``as_of``.
    InputError
        If a lot was not entitled.
    """
    amount = Fraction(exact(amount_usd, "amount_usd"))
    if ex_on is None or DividendKind(kind) not in _MAY_QUALIFY:
        return DividendSplit(Fraction(0), amount, ())
    if not lots:
        raise IncompleteDataError(
            f"A dividend of {amount_usd} USD with ex-date {ex_on} has no lots that earned it.",
            hint="Give the shares held at the ex-dividend date; the amount is shared among them.",
        )
    shares = sum((Fraction(lot.shares) for lot in lots), Fraction(0))
    by_lot = tuple(
        (lot, amount * Fraction(lot.shares) / shares, count_holding_days(lot, ex_on, kind, as_of=as_of)) for lot in lots
    )
    qualified = sum((part for _, part, days in by_lot if days.qualified), Fraction(0))
    return DividendSplit(qualified, amount - qualified, by_lot)


def _days_between(first: date, last: date) -> int:
    """Days from first to last, both included; zero if there are none."""
    return max(0, (last - first).days + 1)


def _days_at_reduced_risk(lot: SharesHeld, first: date, last: date) -> int:
    """Days from first to last that lie in a span of reduced risk, each counted once."""
    total, counted_to = 0, first - timedelta(days=1)
    for start, end in sorted(lot.reduced_risk):
        begin = max(start, counted_to + timedelta(days=1))
        stop = min(end, last)
        total += _days_between(begin, stop)
        counted_to = max(counted_to, stop)
    return total
