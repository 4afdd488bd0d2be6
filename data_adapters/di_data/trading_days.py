"""Days on which the New York exchange was closed, to point out dates that cannot be trade dates.

Limits: from October 1952 on (before that, the exchange traded on Saturdays).
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from datetime import date
from functools import lru_cache

__all__ = ["closed_days"]

_FIRST = date(1952, 10, 1)


def closed_days(days: Sequence[date]) -> list[date]:
    """Which of some days were no trading days, in their order; days before October 1952 are let pass."""
    checked = [day for day in days if day >= _FIRST]
    sessions = _sessions_until(max(checked).year) if checked else frozenset()
    return [day for day in checked if day not in sessions]


@lru_cache(maxsize=4)
def _sessions_until(year: int) -> frozenset[date]:
    with warnings.catch_warnings():
        # The calendar's package still uses what pandas 3.1 has begun to deprecate.
        warnings.simplefilter("ignore", DeprecationWarning)
        import exchange_calendars  # heavy

        calendar = exchange_calendars.get_calendar("XNYS", start=_FIRST.isoformat(), end=date(year, 12, 31).isoformat())
    return frozenset(calendar.sessions.date)
