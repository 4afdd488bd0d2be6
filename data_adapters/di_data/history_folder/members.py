"""Index membership as it was on each day, and what is known of the companies.

Problem: today's member list is a list of survivors. Decision: members of a day are the seed list
replayed through the dated changes up to that day, under permanent ids, each with the ticker of that
day. Sector, name and issuer come from the holdings sheet in force on the day, then from the lists of
current constituents, which are younger: classification, unlike prices, is taken with later knowledge
where nothing older names the company; a company that no file names has the sector Unknown. Share classes of
one issuer (same CIK) count as substantially identical, and so do groups the caller adds.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from datetime import date

import pandas as pd

from di_advisor.domain.universe import Security
from di_data.history_folder.identities import Renames, notation
from di_data.history_folder.layout import CONSTITUENTS, CURRENT, MEMBERS, SEED, Layout

__all__ = ["NO_SECTOR", "Companies", "Membership", "latest_on"]

NO_SECTOR = "Unknown"
"""Sector of a company whose sector no file says: a label of its own, so that a sector band covers it."""
_NO_SECTOR = {"", "-", "Unassigned"}


def latest_on(days: Iterable[date], day: date) -> date | None:
    """The last of some days that is not after a day."""
    ordered = sorted(days)
    k = bisect_right(ordered, day)
    return ordered[k - 1] if k else None


class Membership:
    """Who was in the index, by day."""

    def __init__(self, layout: Layout, renames: Renames) -> None:
        self._renames = renames
        self._seed = [notation(t) for t in layout.table(SEED)["ticker"]]
        changes = layout.table(MEMBERS)
        self._changes = sorted(
            (date.fromisoformat(day), action == "added", notation(ticker))
            for day, action, ticker in zip(changes["date"], changes["action"], changes["ticker"], strict=True)
        )

    @property
    def change_days(self) -> tuple[date, ...]:
        """Days from which on somebody joined or left, ascending."""
        return tuple(sorted({when for when, _, _ in self._changes}))

    def on(self, day: date) -> dict[str, str]:
        """Ticker of that day by security id, of all members at the close of a day."""
        tickers = dict.fromkeys(self._seed)
        for when, added, ticker in self._changes:
            if when > day:
                break
            if added:
                tickers[ticker] = None
            else:
                tickers.pop(ticker, None)
        return {self._renames.security_id(t, day): t for t in tickers}


class Companies:
    """Name, sector and issuer by security id."""

    def __init__(
        self,
        layout: Layout,
        renames: Renames,
        sheets: Mapping[date, pd.DataFrame],
        identical: Mapping[str, Iterable[str]],
        *,
        named_on: date,
    ) -> None:
        self._sheets = {
            day: dict(zip(sheet.index, zip(sheet["name"], sheet["sector"], strict=True), strict=True))
            for day, sheet in sheets.items()
        }
        self._name: dict[str, str] = {}
        self._sector: dict[str, str] = {}
        current = layout.table(CURRENT)
        listed = layout.table(CONSTITUENTS).set_axis(["ticker", "name", "gics_sector"], axis=1)
        for table in (current, listed):
            for row in table.itertuples(index=False):
                security_id = renames.security_id(str(row.ticker), named_on)
                self._name.setdefault(security_id, str(row.name))
                if row.gics_sector not in _NO_SECTOR:
                    self._sector.setdefault(security_id, str(row.gics_sector))
        self._group: dict[str, str] = {}
        for cik, rows in current[current["cik"] != ""].groupby("cik"):
            if len(rows) > 1:
                for ticker in rows["ticker"]:
                    self._group[renames.security_id(str(ticker), named_on)] = f"CIK {cik}"
        for group, ids in identical.items():
            self._group.update(dict.fromkeys(ids, group))

    def security(self, security_id: str, ticker: str, day: date) -> Security:
        """The security as known on a day, or before the first sheet, as that one knows it."""
        sheet_day = latest_on(self._sheets, day) or min(self._sheets, default=None)
        name, sector = self._name.get(security_id, ""), self._sector.get(security_id, "")
        if sheet_day is not None and security_id in self._sheets[sheet_day]:
            then_name, then_sector = self._sheets[sheet_day][security_id]
            name = then_name or name
            sector = sector if then_sector in _NO_SECTOR else then_sector
        return Security(
            security_id,
            ticker,
            name,
            sector or NO_SECTOR,
            country="US",
            identical_group=self._group.get(security_id, ""),
        )
