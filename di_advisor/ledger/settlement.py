"""Settlement: the last day on which the lots of a sale can be named (26 CFR 1.1012-1(c)(8)).

Problem: the choice must reach the broker by the earlier of the settlement date and the date that
Rule 15c6-1 requires. Decision: the rule's days by trade date (five, three from 1995-06-07, two from
2017-09-05, one from 2024-05-28), counted in sessions of the exchange. Limits: outside the years the
calendar knows, every weekday counts as a session.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

__all__ = ["identification_deadline", "standard_settlement"]

_DAYS_FROM: Final = (
    (date(2024, 5, 28), 1),
    (date(2017, 9, 5), 2),
    (date(1995, 6, 7), 3),
    (date.min, 5),
)
_SATURDAY: Final = 5


def standard_settlement(traded: date) -> date:
    """Settlement date that Rule 15c6-1 requires of a trade.

    Parameters
    ----------
    traded : date
        Trade date.
    """
    days = next(n for since, n in _DAYS_FROM if traded >= since)
    sessions = _sessions()
    place = bisect_right(sessions, traded.toordinal())
    if sessions[0] <= traded.toordinal() and place + days <= len(sessions):
        return date.fromordinal(sessions[place + days - 1])
    day = traded
    while days:
        day += timedelta(days=1)
        days -= day.weekday() < _SATURDAY
    return day


def identification_deadline(traded: date, settles_on: date | None = None) -> date:
    """Last day on which the lots of a sale can be named.

    Parameters
    ----------
    traded : date
        Trade date.
    settles_on : date, optional
        Settlement date, where known.
    """
    standard = standard_settlement(traded)
    return standard if settles_on is None else min(settles_on, standard)


@lru_cache(maxsize=1)
def _sessions() -> tuple[int, ...]:
    import exchange_calendars

    calendar = exchange_calendars.get_calendar("XNYS", start="1990-01-02")
    return tuple(day.toordinal() for day in calendar.sessions.date)
