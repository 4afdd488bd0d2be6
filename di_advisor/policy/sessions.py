"""Sessions of the exchange: when a period begins, and how many sessions lie between two days.

Source: the library exchange_calendars, XNYS, over fixed years (its own ends move with the clock).
"""

from __future__ import annotations

import warnings
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

from di_advisor.errors import InputError

__all__ = [
    "Cadence",
    "Hours",
    "due_session",
    "early_closes",
    "hours_of",
    "last_session",
    "sessions_after",
    "sessions_between",
]

_FIRST: Final = "1990-01-02"
_LAST: Final = "2045-12-29"


class Cadence(StrEnum):
    """How often a calendar asks for a rebalance."""

    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    ANNUAL = "annual"


_YEAR: Final = 12
_MONTHS: Final = {Cadence.MONTHLY: 1, Cadence.QUARTERLY: 3, Cadence.ANNUAL: 12}


@dataclass(frozen=True, slots=True)
class Hours:
    """When a session opens and closes, UTC; early closes are early."""

    opens: datetime
    closes: datetime

    def hold(self, moment: datetime) -> bool:
        """Whether a moment lies between the two, both included."""
        return self.opens <= moment <= self.closes


@lru_cache(maxsize=1)
def _exchange() -> Any:  # noqa: ANN401 the library has no types
    with warnings.catch_warnings():
        # The calendars of this library warn of pandas' own plans; its days are what counts.
        warnings.simplefilter("ignore")
        import exchange_calendars

        return exchange_calendars.get_calendar("XNYS", start=_FIRST, end=_LAST)


@lru_cache(maxsize=1)
def _calendar() -> tuple[tuple[date, ...], tuple[date, ...]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return tuple(_exchange().sessions.date), tuple(_exchange().early_closes.date)


def _sessions() -> tuple[date, ...]:
    return _calendar()[0]


def _checked(day: date) -> date:
    first, last = _sessions()[0], _sessions()[-1]
    if not first <= day <= last:
        raise InputError(f"{day} is outside the exchange calendar.", hint=f"It holds {first} to {last}.")
    return day


def due_session(day: date, cadence: Cadence) -> date:
    """First session of the period (month, quarter, year) in which a day lies.

    Raises
    ------
    InputError
        If the day is outside the calendar.
    """
    _checked(day)
    months = _MONTHS[cadence]
    opened = date(day.year, (day.month - 1) // months * months + 1, 1)
    return _sessions()[bisect_left(_sessions(), opened)]


def sessions_after(day: date, count: int) -> date:
    """The session that is so many after a day; the day's own, or the last before it, for none.

    Raises
    ------
    InputError
        If it is outside the calendar.
    """
    at = bisect_right(_sessions(), _checked(day)) - 1 + count
    if at >= len(_sessions()):
        raise InputError(f"{count} sessions after {day} is outside the exchange calendar.", hint="Ask for fewer.")
    return _sessions()[at]


def sessions_between(first: date, last: date) -> int:
    """How many sessions come after one day up to and with another; 0 where the other is not later."""
    return max(bisect_right(_sessions(), _checked(last)) - bisect_right(_sessions(), _checked(first)), 0)


def last_session(day: date, cadence: Cadence) -> date:
    """Last session of the period (month, quarter, year) in which a day lies.

    Raises
    ------
    InputError
        If the day, or the period after it, is outside the calendar.
    """
    months = _MONTHS[cadence]
    next_month = (day.month - 1) // months * months + months
    opened = date(day.year + next_month // _YEAR, next_month % _YEAR + 1, 1)
    return _sessions()[bisect_left(_sessions(), _checked(opened)) - 1]


def early_closes(first: date, last: date) -> tuple[date, ...]:
    """Sessions from one day up to and with another that end early, at 13:00 in New York."""
    return tuple(d for d in _calendar()[1] if _checked(first) <= d <= _checked(last))


def hours_of(day: date) -> Hours:
    """Hours of the first session on or after a day.

    Raises
    ------
    InputError
        If there is none in the calendar.
    """
    sessions = _sessions()
    at = bisect_left(sessions, _checked(day))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        calendar = _exchange()
        opens, closes = calendar.opens.iloc[at], calendar.closes.iloc[at]
    return Hours(*(moment.to_pydatetime(warn=False).astimezone(UTC) for moment in (opens, closes)))
