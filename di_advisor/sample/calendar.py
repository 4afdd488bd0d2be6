"""Trading days of the sample world, by the holiday rules of the New York Stock Exchange.

Problem: the sample's dates must be real trading days, and the same on every machine. Decision: the
rules are written out here, instead of asking a calendar package, so that a new release of that
package cannot change the sample (a test compares the two). Limits: right for 2019 to 2026 only;
half days count as whole ones.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "FIRST_DAY",
    "HISTORY_START",
    "LAST_DAY",
    "holidays",
    "is_summer_time",
    "month_ends",
    "reconstitution_days",
    "trading_days",
]

HISTORY_START = date(2020, 6, 1)
"""First simulated day: the first year only gives the characteristics a past, and is not shown."""

FIRST_DAY = date(2021, 7, 1)
"""First day that the sample shows."""

LAST_DAY = date(2026, 6, 30)
"""Last day of the sample."""

_MONDAY, _THURSDAY, _FRIDAY, _SATURDAY, _SUNDAY = 0, 3, 4, 5, 6
_JUNETEENTH_SINCE = 2022
# Closed outside the rules: the national day of mourning of 2025.
_SPECIAL = (date(2025, 1, 9),)


def _nth(year: int, month: int, weekday: int, n: int) -> date:
    """Nth given weekday of a month (n from 1)."""
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))


def _last_monday_of_may(year: int) -> date:
    last = date(year, 5, 31)
    return last - timedelta(days=last.weekday())


def _good_friday(year: int) -> date:
    """Two days before Easter (the anonymous Gregorian algorithm, without its century terms: 1900 to 2099)."""
    a, b, c = year % 19, year % 4, year % 7
    d = (19 * a + 24) % 30
    e = (2 * b + 4 * c + 6 * d + 5) % 7
    easter = date(year, 3, 22) + timedelta(days=d + e)
    return easter - timedelta(days=2)


def _observed(day: date) -> date:
    """Friday for a Saturday, Monday for a Sunday."""
    return day + timedelta(days={_SATURDAY: -1, _SUNDAY: 1}.get(day.weekday(), 0))


def holidays(year: int) -> tuple[date, ...]:
    """Weekdays of a year on which the exchange is closed.

    Source: NYSE Rule 7.2 (a holiday on Saturday closes Friday, except at the end of a year).
    """
    new_year = date(year, 1, 1)
    days = [
        *([] if new_year.weekday() == _SATURDAY else [_observed(new_year)]),
        _nth(year, 1, _MONDAY, 3),
        _nth(year, 2, _MONDAY, 3),
        _good_friday(year),
        _last_monday_of_may(year),
        *([_observed(date(year, 6, 19))] if year >= _JUNETEENTH_SINCE else []),
        _observed(date(year, 7, 4)),
        _nth(year, 9, _MONDAY, 1),
        _nth(year, 11, _THURSDAY, 4),
        _observed(date(year, 12, 25)),
        *(d for d in _SPECIAL if d.year == year),
    ]
    return tuple(sorted(days))


def trading_days(first: date = HISTORY_START, last: date = LAST_DAY) -> NDArray[np.datetime64]:
    """Trading days from a first to a last day, both included, datetime64[D] of shape (t,)."""
    closed = {np.datetime64(d, "D") for y in range(first.year, last.year + 1) for d in holidays(y)}
    days = np.arange(np.datetime64(first, "D"), np.datetime64(last, "D") + 1)
    keep = np.is_busday(days) & ~np.isin(days, np.array(sorted(closed), dtype="datetime64[D]"))
    return np.asarray(days[keep], dtype="datetime64[D]")


def month_ends(days: NDArray[np.datetime64]) -> NDArray[np.int64]:
    """Positions of the last trading day of each month; the last day of all counts as one."""
    months = days.astype("datetime64[M]")
    return np.flatnonzero(np.append(months[1:] != months[:-1], np.True_)).astype(np.int64)


def reconstitution_days(days: NDArray[np.datetime64]) -> NDArray[np.int64]:
    """Positions of the effective days of the quarterly reconstitutions.

    The first trading day after the third Friday of March, June, September and December, as indices
    of US equities have it.
    """
    found = []
    for year in range(int(str(days[0])[:4]), int(str(days[-1])[:4]) + 1):
        for month in (3, 6, 9, 12):
            third_friday = np.datetime64(_nth(year, month, _FRIDAY, 3), "D")
            at = int(np.searchsorted(days, third_friday, side="right"))
            if days[0] <= third_friday and at < len(days):
                found.append(at)
    return np.array(found, dtype=np.int64)


def is_summer_time(days: NDArray[np.datetime64]) -> NDArray[np.int64]:
    """1 for days of daylight saving time in New York (second Sunday of March to first of November), else 0."""
    summer = np.zeros(len(days), dtype=np.int64)
    for year in range(int(str(days.min())[:4]), int(str(days.max())[:4]) + 1):
        start, end = _nth(year, 3, _SUNDAY, 2), _nth(year, 11, _SUNDAY, 1)
        summer |= (days >= np.datetime64(start, "D")) & (days < np.datetime64(end, "D"))
    return summer
