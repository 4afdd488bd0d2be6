"""The worklist of a run's folder, finished or still growing: totals, exceptions first, one page of rows at a time.

Problem: a page of an app asks for fifty of ten thousand accounts, sorted and filtered, every few seconds and while the
run is going on. Decision: rows without their orders are read once (`DeskRow.of_stored`), and `Worklist.refreshed` reads
only what was written since; `page_of` filters, sorts and cuts in memory, some milliseconds for ten thousand. Limits:
while a run with joint rounds is at a later pass, the list is that of the first one, which is whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Final

from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.errors import InputError
from di_advisor.execution.results_folder import ResultsFolder
from di_advisor.fleet.desk_rows import DeskRow, DeskTotals, totals_of
from di_advisor.fleet.running import is_finished, pass_folders, passes_of

__all__ = ["BY_URGENCY", "Shown", "Worklist", "WorklistPage", "page_of"]

BY_URGENCY: Final = "urgency"
"""The order of a desk: without a proposal, with warnings, then by what the plan is worth."""

_SORTED_BY: Final = (BY_URGENCY, *(f.name for f in fields(DeskRow)))


class Shown(StrEnum):
    """Which accounts a page shows."""

    ALL = "all"
    EXCEPTIONS = "exceptions"
    NO_PROPOSAL = "no proposal"
    WARNINGS = "warnings"
    TRADING = "trading"

    def takes(self, row: DeskRow) -> bool:
        """Whether a row is one of them."""
        match self:
            case Shown.EXCEPTIONS:
                return bool(row.exception or row.warnings)
            case Shown.NO_PROPOSAL:
                return bool(row.exception)
            case Shown.WARNINGS:
                return bool(row.warnings) and not row.exception
            case Shown.TRADING:
                return row.orders > 0
            case _:
                return True


@dataclass(frozen=True)
class WorklistPage:
    """Some rows of a list.

    Attributes
    ----------
    rows : tuple of DeskRow
        Of this page.
    number, pages : int
        Which page, from 1 on, of how many; at least one, which may be empty.
    matched, accounts : int
        How many accounts are shown on all pages, and how many there are.
    """

    rows: tuple[DeskRow, ...]
    number: int
    pages: int
    matched: int
    accounts: int


def page_of(
    rows: Iterable[DeskRow],
    number: int = 1,
    *,
    size: int = 50,
    shown: Shown | str = Shown.ALL,
    find: str = "",
    by: str = BY_URGENCY,
    descending: bool = False,
) -> WorklistPage:
    """One page of rows.

    Parameters
    ----------
    rows : iterable of DeskRow
        All of them, in any order.
    number : int
        Which page, from 1 on; one beyond the last gives the last, because a filter may leave fewer.
    size : int
        Rows on it, at least 1.
    shown : Shown or str
        Which accounts.
    find : str
        Only accounts with this text in label, exception or a warning, whatever its case.
    by : str
        "urgency" or a field of `DeskRow`; equal ones stand by label.
    descending : bool
        Largest first.

    Raises
    ------
    InputError
        If there is no such order or kind of accounts, or number or size are less than 1.
    """
    if by not in _SORTED_BY:
        raise InputError(f"A worklist cannot be sorted by {by!r}.", hint=f"There are: {', '.join(_SORTED_BY)}.")
    if number < 1 or size < 1:
        raise InputError(f"Page {number} of {size} rows each was asked for.", hint="Both are 1 or more.")
    try:
        kind = Shown(shown)
    except ValueError as e:
        raise InputError(
            f"A worklist does not show {shown!r}.", hint=f"There are: {', '.join(s.value for s in Shown)}."
        ) from e
    known, text = list(rows), find.strip().casefold()
    found = [r for r in known if kind.takes(r) and (not text or text in _searched(r))]
    found.sort(key=lambda r: r.label)
    found.sort(key=lambda r: getattr(r, by), reverse=descending)
    pages = max(1, -(-len(found) // size))
    at = min(number, pages)
    return WorklistPage(tuple(found[(at - 1) * size : at * size]), at, pages, len(found), len(known))


def _searched(row: DeskRow) -> str:
    return "\n".join((row.label, row.exception, *row.warnings)).casefold()


@dataclass(frozen=True, repr=False)
class Worklist:
    """The rows of a run's folder as far as they were read.

    Attributes
    ----------
    folder, records_folder : Path
        What the run was told as ``into``, and where its list's records are.
    finished : bool
        Whether the run is.
    passes : int
        Passes that were begun.
    by_label : Mapping of str to DeskRow
        The last row of every account.
    places : Mapping of str to int
        How far each part is read.
    """

    folder: Path
    records_folder: Path
    finished: bool
    passes: int
    by_label: Mapping[str, DeskRow] = field(default_factory=dict)
    places: Mapping[str, int] = field(default_factory=dict)

    def __repr__(self) -> str:
        state = "finished" if self.finished else "under way"
        return f"Worklist({len(self.by_label):,} accounts in {self.records_folder}, {state})"

    @classmethod
    def open(cls, folder: str | Path) -> Worklist:
        """The list of a folder that a run was told as ``into``.

        Raises
        ------
        InputError
            If there is no run in the folder.
        DamagedStoreError
            If its records are not what was written.
        """
        path = Path(folder)
        return cls(path, passes_of(path)[-1], finished=False, passes=0).refreshed()

    def refreshed(self) -> Worklist:
        """The list as it is now; only what was written since is read, or all where a later pass took its place.

        Raises
        ------
        DamagedStoreError
            As `open`.
        """
        finished = is_finished(self.folder)  # before the rows: a run that ends in between is seen the next time
        path = passes_of(self.folder)[-1]
        same = path == self.records_folder
        rows = dict(self.by_label) if same else {}
        places = dict(self.places) if same else {}
        for part, place, row in ResultsFolder.open(path).since(places):
            rows[row["key"]] = DeskRow.of_stored(row)
            places[part] = place
        return Worklist(self.folder, path, finished, len(pass_folders(self.folder)), FrozenMap(rows), FrozenMap(places))

    @cached_property
    def rows(self) -> tuple[DeskRow, ...]:
        """All of them, exceptions first."""
        return tuple(sorted(self.by_label.values(), key=lambda r: r.urgency))

    @cached_property
    def totals(self) -> DeskTotals:
        """Over all accounts."""
        return totals_of(self.by_label.values())
