"""Days on which the New York exchange was closed, to point out dates that cannot be trade dates.

Limits: from 1952 on (before that, the exchange traded on Saturdays).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

__all__ = ["closed_days"]

_FIRST = date(1952, 10, 1)
# Wide enough that some session lies in any range.
_MARGIN = timedelta(days=10)


def closed_days(days: Sequence[date]) -> list[date]:
    """Which of some days were no trading days, in their order; days before October 1952 are let pass."""
    checked = [day for day in days if day >= _FIRST]
    if not checked:
        return []
    import exchange_calendars  # heavy

    calendar = exchange_calendars.get_calendar(
        "XNYS", start=str(min(checked) - _MARGIN), end=str(max(checked) + _MARGIN)
    )
    sessions = {session.date() for session in calendar.sessions}
    return [day for day in checked if day not in sessions]
