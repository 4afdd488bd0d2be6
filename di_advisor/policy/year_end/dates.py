"""The days that decide a tax year: last trade, its settlement, and which loss windows reach into January.

Decision: the trade date counts for tax, gain or loss, also where settlement falls into the next year (Rev. Rul.
93-84), so the last day is the last session of the exchange. A loss sold from 2 December on is provisional until its
30 days are over, in January. Limits: the exchange calendar's years.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from di_advisor.errors import InputError
from di_advisor.ledger.days import calendar_day
from di_advisor.ledger.recent_trades import WASH_WINDOW_DAYS
from di_advisor.ledger.settlement import standard_settlement
from di_advisor.policy.sessions import sessions_after, sessions_between

__all__ = ["YearDates", "year_dates"]


@dataclass(frozen=True, slots=True)
class YearDates:
    """The days of one tax year, seen from one of its days.

    Attributes
    ----------
    as_of : date
        Today.
    last_trade : date
        Last session of the year: trades until then count for the year.
    settles_on : date
        When trades of that session settle.
    first_provisional : date
        A loss sold on this day or later can still be washed in January.
    january_end : date
        Last day on which a purchase can wash a loss sold on the last session.
    sessions_left : int
        Sessions after today, the last one included.
    """

    as_of: date
    last_trade: date
    settles_on: date
    first_provisional: date
    january_end: date
    sessions_left: int

    @property
    def year(self) -> int:
        """The tax year."""
        return self.as_of.year

    @property
    def sentence(self) -> str:
        """The last day, and when it settles."""
        later = ", in the next year: the trade date counts for tax" if self.settles_on.year > self.year else ""
        return (
            f"The last trade date of {self.year} is {self.last_trade}, {self.sessions_left} sessions after "
            f"{self.as_of}; what is traded that day settles on {self.settles_on}{later}."
        )


def year_dates(as_of: date) -> YearDates:
    """The days of the tax year in which a day lies.

    Raises
    ------
    InputError
        If the day is no date, outside the exchange calendar, or after the last session of its year.
    """
    year = calendar_day(as_of, "The day of the plan").year
    window = timedelta(days=WASH_WINDOW_DAYS)
    last = sessions_after(date(year, 12, 31), 0)
    if as_of > last:
        raise InputError(
            f"On {as_of} the tax year {year} is over for trades: its last session was {last}.",
            hint="Plan from a day of the next year, or look at an earlier one.",
            last_trade=last,
        )
    return YearDates(
        as_of=as_of,
        last_trade=last,
        settles_on=standard_settlement(last),
        first_provisional=date(year + 1, 1, 1) - window,
        january_end=last + window,
        sessions_left=sessions_between(as_of, last),
    )
