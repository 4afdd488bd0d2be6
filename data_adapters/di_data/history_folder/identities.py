"""Permanent ids: which company a ticker meant on a day.

Problem: FB became META, LB became BBWI, and IR meant one company before March 2020 and another
since. Decision: the id is the **last** ticker of the chain of renames that starts at a ticker on a
day, so all names of one company over time have one id, and a ticker that was used again has two.
Limits: the chain is as good as the list of renames; a company that left and whose ticker went to
another company without a rename on the list would share its id.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

import pandas as pd

__all__ = ["Renames", "notation"]

_PREFIX = "US:"
_TO = re.compile(r"rename → ([A-Z.\-]+)")


def notation(ticker: str) -> str:
    """Ticker with a dash for share classes (BRK-B), however the source writes it."""
    return ticker.strip().replace(".", "-").replace("/", "-")


class Renames:
    """Dated changes of ticker.

    Parameters
    ----------
    changes : iterable of (date, str, str)
        Day from which the new ticker holds, old ticker, new ticker.
    """

    def __init__(self, changes: Iterable[tuple[date, str, str]]) -> None:
        self._by_old: dict[str, list[tuple[date, str]]] = {}
        for day, old, new in sorted(changes):
            self._by_old.setdefault(notation(old), []).append((day, notation(new)))

    @classmethod
    def of_tables(
        cls, members: pd.DataFrame, events: pd.DataFrame, further: Iterable[tuple[date, str, str]] = ()
    ) -> Renames:
        """From index changes whose reason starts with "rename →", events of the kind ``ticker_change``, and more."""
        changes = list(further)
        for row in members[members["action"] == "removed"].itertuples(index=False):
            new = _TO.match(str(row.reason))
            if new:
                changes.append((date.fromisoformat(str(row.date)), str(row.ticker), new[1]))
        renamed = events[events["event_type"] == "ticker_change"]
        columns = (renamed["event_date"], renamed["old_symbol"], renamed["new_symbol"])
        changes += [(date.fromisoformat(d), old, new) for d, old, new in zip(*columns, strict=True)]
        return cls(changes)

    def security_id(self, ticker: str, on: date) -> str:
        """Id of the company that a ticker meant at the close of a day."""
        now, since = notation(ticker), on
        while True:
            later = next(((day, new) for day, new in self._by_old.get(now, ()) if day > since), None)
            if later is None:
                return _PREFIX + now
            since, now = later
