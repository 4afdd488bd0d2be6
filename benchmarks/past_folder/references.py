"""Raw closes from elsewhere, by which the level of the main file's strands is set.

Problem: the only sample of unadjusted prices covers some weeks and some names. Decision: it comes first, then the
older raw files where they overlap, closes printed around spin-offs, and the closes that a holdings sheet's weights
over its share counts imply, scaled by the names that are known already. Limits: a sheet outside the sessions is not
used.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.past_folder.listed import ListedSpinOff
from benchmarks.past_folder.main_file import MainStrand, level_of
from benchmarks.past_folder.names import Names
from benchmarks.past_folder.strands import Strand
from di_advisor.domain.market import FloatArray
from di_data.history_folder.layout import Layout
from di_data.history_folder.levels import implied_by_sheet
from di_data.history_folder.weights import read_sheets

__all__ = ["References", "references_of"]

_Rows = tuple[str, NDArray[np.int64], FloatArray]
_ORDER = ("sample", "wiki", "av", "spin-off", "sheet")


class References:
    """Raw closes by id and source, and the sheets that are still to be scaled."""

    def __init__(self, sheets: dict[int, pd.DataFrame]) -> None:
        self._rows: dict[str, dict[str, tuple[list[int], list[float]]]] = {}
        self._sheets = sheets
        self._printed: dict[int, dict[str, float]] = {row: {} for row in sheets}
        self._implied: dict[int, pd.Series] = {}

    def add(self, security_id: str, source: str, rows: Sequence[int], closes: Sequence[float]) -> None:
        """Add raw closes."""
        kept = self._rows.setdefault(security_id, {}).setdefault(source, ([], []))
        kept[0].extend(rows)
        kept[1].extend(closes)

    def of(self, security_id: str) -> list[_Rows]:
        """Sources of a name, the most trusted first."""
        found = self._listed(security_id)
        for row, sheet in self._sheets.items():
            if row not in self._implied and self._printed[row]:
                self._implied[row] = implied_by_sheet(sheet, pd.Series(self._printed[row]))
            implied = self._implied.get(row)
            if implied is not None and security_id in implied.index:
                found.append(("sheet", np.array([row]), np.array([float(implied[security_id])])))
        return found

    def _listed(self, security_id: str) -> list[_Rows]:
        found = []
        for source in _ORDER:
            if source in self._rows.get(security_id, {}):
                rows, closes = self._rows[security_id][source]
                order = np.argsort(rows, kind="stable")
                found.append((source, np.array(rows, dtype=np.int64)[order], np.array(closes)[order]))
        return found

    def settle(self, security_id: str, main: MainStrand) -> None:
        """Remember what a name whose level is known printed on the sheets' days."""
        if security_id not in self._rows:
            return
        level = level_of(main.strand, self._listed(security_id))
        for row in self._sheets:
            k = int(np.searchsorted(main.strand.rows, row))
            if level is not None and k < len(main.strand.rows) and main.strand.rows[k] == row:
                self._printed[row][security_id] = float(main.strand.close_usd[k]) * level


def references_of(
    layout: Layout,
    names: Names,
    strands: dict[str, dict[str, list[Strand]]],
    spin_offs: Sequence[ListedSpinOff],
    sessions: tuple[date, ...],
) -> References:
    """Collect what a folder knows of raw closes."""
    at = {day: k for k, day in enumerate(sessions)}
    sheets = {at[day]: sheet for day, sheet in read_sheets(layout, names).items() if day in at}
    found = References(sheets)
    sample = layout.raw_sample(sessions[0], sessions[-1])
    for ticker, rows in sample.groupby("ticker"):
        days = [d.date() for d in rows["date"]]
        security_id = names.security_id(str(ticker), days[-1])
        found.add(security_id, "sample", [at[d] for d in days], rows["price_unadj"].tolist())
    for kind in ("wiki", "av"):
        for security_id, several in strands.get(kind, {}).items():
            for strand in several:
                found.add(security_id, kind, strand.rows.tolist(), strand.close_usd.tolist())
    for s in spin_offs:
        if s.ex_date in at:
            found.add(s.parent_id, "spin-off", [at[s.ex_date]], [s.parent_close_usd])
            found.add(s.child_id, "spin-off", [at[s.ex_date]], [s.child_close_usd])
    return found
