"""Holding period: short-term or long-term, counted in calendar months.

Problem: "more than one year" is not a number of days. Every fixed count (365, 366) is wrong next
to leap days and month ends.

Decision (26 USC 1222; Rev. Rul. 66-7, 66-97, 70-598): exclude the day of acquisition, include the
day of sale, count calendar months. With ``start = held_since + 1 day`` a sale is long-term from
``start + 12 months`` on; where that day does not exist (29 February) it is the first of the next
month. This alone gets the last day of a month right: Caspe v. United States, 694 F.2d 1116.

Limits: dates are trade dates, never settlement dates. An inherited lot is long-term from its first
day (26 USC 1223(9)); whoever books it gives it a ``held_since`` that says so.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from di_advisor.errors import InputError
from di_advisor.ledger.days import calendar_day

__all__ = [
    "LONG_TERM_MONTHS",
    "is_long_term",
    "long_term_from",
    "long_term_from_many",
    "long_term_mask",
    "tacked_since",
]

LONG_TERM_MONTHS: Final = 12
"""Calendar months a gain takes to become long-term, since 1988."""

_MONTHS_PER_YEAR: Final = 12
_ONE_DAY: Final = timedelta(days=1)
_LONGEST_YEAR: Final = 368
"""Days after which every sale is long-term."""


def long_term_from(held_since: date, *, months: int = LONG_TERM_MONTHS) -> date:
    """First day on which a sale is long-term.

    Parameters
    ----------
    held_since : date
        Effective start of the holding period (the trade date unless tacked).
    months : int
        Calendar months; other than 12 only for cases under older law.

    Returns
    -------
    date
        The first long-term day.
    """
    start = calendar_day(held_since, "The start of the holding period") + _ONE_DAY
    years, month = divmod(start.month - 1 + months, _MONTHS_PER_YEAR)
    try:
        return date(start.year + years, month + 1, start.day)
    except ValueError:
        years, month = divmod(start.month + months, _MONTHS_PER_YEAR)
        return date(start.year + years, month + 1, 1)


def is_long_term(held_since: date, sold: date, *, months: int = LONG_TERM_MONTHS) -> bool:
    """Whether a sale is long-term.

    Parameters
    ----------
    held_since : date
        Effective start of the holding period.
    sold : date
        Trade date of the sale.
    months : int
        As in `long_term_from`.

    Raises
    ------
    InputError
        If the sale is dated before the holding period starts.
    """
    if calendar_day(sold, "The sale date") < calendar_day(held_since, "The start of the holding period"):
        raise InputError(
            f"The sale on {sold} is dated before its lot, held since {held_since}.",
            hint="Correct one of the two dates.",
            held_since=held_since,
            sold=sold,
        )
    return sold >= long_term_from(held_since, months=months)


def long_term_from_many(held_since: NDArray[np.datetime64]) -> NDArray[np.datetime64]:
    """First long-term day of many lots; equal to `long_term_from` for each.

    Parameters
    ----------
    held_since : ndarray of datetime64[D], shape (n,)
        Effective starts; none may be NaT.

    Returns
    -------
    ndarray of datetime64[D], shape (n,)
        First long-term days.

    Raises
    ------
    InputError
        If the array does not hold days, or holds a NaT.
    """
    _refuse_gaps(held_since)
    start = held_since + np.timedelta64(1, "D")
    month = start.astype("datetime64[M]")
    day_in_month = start - month.astype("datetime64[D]")
    # A start on 29 February lies one day past the end of next February: on 1 March, as it must.
    return np.asarray((month + np.timedelta64(LONG_TERM_MONTHS, "M")).astype("datetime64[D]") + day_in_month)


def _refuse_gaps(held_since: NDArray[np.datetime64]) -> None:
    if held_since.dtype != np.dtype("datetime64[D]") or np.isnat(held_since).any():
        raise InputError(
            f"Holding periods need known days (datetime64[D]), not {held_since.dtype}"
            f"{' with gaps' if held_since.dtype.kind == 'M' and np.isnat(held_since).any() else ''}.",
            hint="Leave out lots whose date is not known; convert timestamps to exchange-local dates first.",
        )


def long_term_mask(held_since: NDArray[np.datetime64], sold: date) -> NDArray[np.bool_]:
    """Whether a sale of each lot on one day is long-term, shape (n,).

    Parameters
    ----------
    held_since : ndarray of datetime64[D], shape (n,)
        Effective starts; none may be NaT.
    sold : date
        Trade date of the sale.

    Raises
    ------
    InputError
        If a lot starts after the sale, or the array does not hold known days.
    """
    _refuse_gaps(held_since)
    day = np.datetime64(calendar_day(sold, "The sale date"), "D")
    late = np.flatnonzero(held_since > day)
    if len(late):
        raise InputError(
            f"{len(late)} lots are held since a day after the sale on {sold}; the first is number {late[0]}, "
            f"held since {held_since[late[0]]}.",
            hint="Correct the dates of these lots, or the date of the sale.",
            positions=late.tolist(),
        )
    return np.asarray(held_since <= _latest_long_term(day), dtype=np.bool_)


@lru_cache(maxsize=64)
def _latest_long_term(sold: np.datetime64) -> np.datetime64:
    """The latest start of a holding period that is long-term on a day: an earlier start never is one later."""
    starts = sold - np.arange(_LONGEST_YEAR + 1).astype("timedelta64[D]")
    return np.datetime64(starts[long_term_from_many(starts) <= sold].max())


def tacked_since(bought: date, loss_sold: date, loss_held_since: date) -> date:
    """Effective start of a wash-sale replacement's holding period (26 USC 1223(3)).

    The days for which the loss shares counted are added in front of the replacement's own. Days on
    which both were held count twice: the statute says so plainly.

    Parameters
    ----------
    bought : date
        Trade date of the replacement.
    loss_sold : date
        Trade date of the loss sale.
    loss_held_since : date
        Effective start of the loss shares' own holding period.
    """
    return bought - (calendar_day(loss_sold, "The sale date") - loss_held_since)
