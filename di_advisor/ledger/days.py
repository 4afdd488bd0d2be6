"""Calendar days: the only unit of time that tax rules know.

Problem: a timestamp near midnight, or one hour lost to daylight saving, must not move a 30-day
window. Decision: the ledger takes exchange-local dates and refuses timestamps, also those that
Python would accept as dates (`datetime` is a subclass of `date`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from di_advisor.errors import InputError

__all__ = ["EPOCH_ORDINAL", "calendar_day", "day_array"]

EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()
"""What `date.toordinal` says of the day from which numpy counts."""


def calendar_day(value: date, what: str) -> date:
    """The date itself, if it is one and not a timestamp.

    Parameters
    ----------
    value : date
        Exchange-local trade date.
    what : str
        What it is the date of, for the error.

    Raises
    ------
    InputError
        If it is a timestamp or no date at all.
    """
    if isinstance(value, datetime) or not isinstance(value, date):
        raise InputError(
            f"{what} is {value!r}, a {type(value).__name__}; tax rules count calendar dates.",
            hint="Pass the exchange's local trade date (datetime.date), never a timestamp or a settlement date.",
            value=value,
        )
    return value


def day_array(days: Sequence[date]) -> NDArray[np.datetime64]:
    """Dates as an array of datetime64[D], shape (n,).

    Parameters
    ----------
    days : sequence of date
        n dates.

    Raises
    ------
    InputError
        If one of them is a timestamp or no date at all.
    """
    if set(map(type, days)) - {date}:
        for day in days:
            calendar_day(day, "A date")
    # By ordinals: numpy takes ten times as long over a list of dates, and cuts timestamps silently.
    ordinals = np.array(list(map(date.toordinal, days)), dtype=np.int64)
    return (ordinals - EPOCH_ORDINAL).astype("datetime64[D]")
