"""Settlement: the last day on which the lots of a sale can be named (26 CFR 1.1012-1(c)(8)).

Problem: the choice must reach the broker by the earlier of the settlement date and the date that
Rule 15c6-1 requires; after that it is final. Decision: the rule's days by trade date (five, three
from 1995-06-07, two from 2017-09-05, one from 2024-05-28), counted in sessions of the exchange on
which the banks are open too: on Columbus Day and Veterans Day shares trade and nothing settles
(NASD Notices to Members 88-82, 95-77, 99-83), and so it was on the birthday of Martin Luther King
before the exchange closed on it in 1998. A journal is append-only, so a wrong choice would be
corrected by a new event: `check_identification_change` refuses that once the choice is final.
Limits: outside the years the calendar knows, every weekday that the banks do not take off counts.
"""

from __future__ import annotations

import warnings
from bisect import bisect_right
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from di_advisor.domain.events import Sell
from di_advisor.errors import LateIdentificationError

__all__ = ["check_identification_change", "identification_deadline", "standard_settlement"]

_DAYS_FROM: Final = (
    (date(2024, 5, 28), 1),
    (date(2017, 9, 5), 2),
    (date(1995, 6, 7), 3),
    (date.min, 5),
)
# Both ends are fixed: the library's own last day moves with the clock.
_FIRST: Final = "1990-01-02"
_LAST: Final = "2045-12-29"
_MONDAY: Final = 0
_SATURDAY: Final = 5
_DAYS_PER_WEEK: Final = 7
_EXCHANGE_CLOSES_ON_KING_DAY: Final = 1998


def standard_settlement(traded: date) -> date:
    """Settlement date that Rule 15c6-1 requires of a trade.

    Parameters
    ----------
    traded : date
        Trade date.
    """
    days = next(n for since, n in _DAYS_FROM if traded >= since)
    known = _settlement_days()
    place = bisect_right(known, traded.toordinal())
    if known[0] <= traded.toordinal() and place + days <= len(known):
        return date.fromordinal(known[place + days - 1])
    day = traded
    while days:
        day += timedelta(days=1)
        days -= day.weekday() < _SATURDAY and not _only_banks_close(day)
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


def check_identification_change(old: Sell, new: Sell, corrected_on: date) -> None:
    """Refuse a correction that changes nothing of a sale but its lots, once their choice is final.

    A correction of other facts (shares, price, day) passes, with whatever lots it names: those are
    not a second choice but a sale that was recorded wrongly.

    Parameters
    ----------
    old, new : Sell
        The sale as recorded, and what is to stand in its place.
    corrected_on : date
        Day of the correction.

    Raises
    ------
    LateIdentificationError
        If the choice is all that changes, after the deadline.
    """
    if new.choice == old.choice:
        return
    as_recorded = replace(new, choice=old.choice, event_id=old.event_id, source=old.source, sequence=old.sequence)
    if as_recorded != old:
        return
    deadline = identification_deadline(old.on, old.settles_on)
    if corrected_on > deadline:
        raise LateIdentificationError(
            f"Sell {old.event_id!r} of {old.on}: its lots were final on {deadline}, and on {corrected_on} others are "
            "named.",
            hint="The choice reaches the broker by settlement or not at all (26 CFR 1.1012-1(c)(8)); leave it as it "
            "was. If the sale itself was recorded wrongly, correct that.",
            event_id=old.event_id,
            deadline=deadline,
            corrected_on=corrected_on,
        )


def _only_banks_close(day: date) -> bool:
    """Whether shares may trade on a day on which nothing settles."""
    if day.month == 10:  # Columbus Day: the second Monday
        return day.weekday() == _MONDAY and (day.day - 1) // _DAYS_PER_WEEK == 1
    if day.month == 11:  # Veterans Day: on Monday if it falls on a Sunday; if on a Saturday, banks open on Friday
        return day.day == 11 or (day.day == 12 and day.weekday() == _MONDAY)
    if day.month == 1 and day.year < _EXCHANGE_CLOSES_ON_KING_DAY:  # the third Monday
        return day.weekday() == _MONDAY and (day.day - 1) // _DAYS_PER_WEEK == 2
    return False


@lru_cache(maxsize=1)
def _settlement_days() -> tuple[int, ...]:
    with warnings.catch_warnings():
        # The calendars of this library warn of pandas' own plans; its days are what counts.
        warnings.simplefilter("ignore")
        import exchange_calendars

        calendar = exchange_calendars.get_calendar("XNYS", start=_FIRST, end=_LAST)
    return tuple(day.toordinal() for day in calendar.sessions.date if not _only_banks_close(day))
