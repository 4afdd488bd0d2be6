"""A desk: all accounts of a run on one list, exceptions first, with totals; and one account's full panel on demand.

Problem: nobody reads ten thousand proposals; what must be seen are the accounts without one, those with warnings, and
what all of them do together. Decision: a row of figures an account, sorted by what needs a person first; totals in
exact cents; drill-down solves the one account again from its source and the shared facts, which gives the same orders
with their reasons. Limits: rows are kept in memory, about a kilobyte an account; the facts behind a drill-down are
given by the caller, a folder of results holds none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from di_advisor.errors import InputError
from di_advisor.fleet.account import FleetAccount
from di_advisor.fleet.desk_rows import DeskRow, DeskTotals, totals_of
from di_advisor.fleet.facts import FleetFacts
from di_advisor.fleet.record import FleetRecord, SetAside
from di_advisor.fleet.running import FleetRun, facts_of_pass, records_of
from di_advisor.fleet.solving import workspace_for
from di_advisor.fleet.sources import AccountSource, source_of
from di_advisor.fleet.worklist import Worklist
from di_advisor.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Desk", "DeskRow", "DeskTotals"]


@dataclass(frozen=True, repr=False)
class Desk:
    """All accounts of a run.

    Attributes
    ----------
    rows : tuple of DeskRow
        Exceptions first.
    records_folder : Path
        Where the records are.
    facts : FleetFacts or None
        Of the last pass, at its joint prices, for drill-downs.
    source : AccountSource or None
        Its accounts, for drill-downs.
    """

    rows: tuple[DeskRow, ...]
    records_folder: Path
    facts: FleetFacts | None = None
    source: AccountSource | None = None

    def __repr__(self) -> str:
        return f"Desk({len(self.rows):,} accounts in {self.records_folder})"

    @classmethod
    def open(
        cls,
        folder: str | Path | FleetRun,
        facts: FleetFacts | None = None,
        accounts: Iterable[FleetAccount] | AccountSource | None = None,
    ) -> Desk:
        """The desk of a run's folder; of the first pass where the run is not finished.

        Parameters
        ----------
        folder : str, Path or FleetRun
            What the run was told as ``into``, or the run.
        facts, accounts
            As the run had them; without them there is a list and no drill-down.

        Raises
        ------
        InputError
            If there is no run in the folder, or it rests on other facts.
        """
        listed = Worklist.open(folder.folder if isinstance(folder, FleetRun) else folder)
        priced = None if facts is None else facts_of_pass(listed.folder, facts)
        return cls(listed.rows, listed.records_folder, priced, None if accounts is None else source_of(accounts))

    @property
    def exceptions(self) -> tuple[DeskRow, ...]:
        """Accounts without a proposal or with warnings."""
        return tuple(r for r in self.rows if r.exception or r.warnings)

    @property
    def totals(self) -> DeskTotals:
        """Over all accounts."""
        return totals_of(self.rows)

    def records(self) -> Iterator[FleetRecord | SetAside]:
        """All records, read from disk one at a time."""
        return records_of(self.records_folder)

    def record(self, label: str) -> FleetRecord | SetAside:
        """The record of one account.

        Raises
        ------
        InputError
            If there is none.
        """
        for record in self.records():
            if record.label == label:
                return record
        raise InputError(f"The run has no account {label!r}.", hint="Give a label of the list.", label=label)

    def account(self, label: str) -> Workspace:
        """One account as a workspace: `Workspace.propose` gives the orders of the list with their reasons.

        Raises
        ------
        InputError
            If the desk was opened without facts and accounts, or there is no such account.
        """
        if self.facts is None or self.source is None:
            raise InputError(
                "The desk was opened without the facts of its run.", hint="Desk.open(folder, facts, accounts)."
            )
        return workspace_for(self.facts, self.source.find(label))

    def to_frame(self) -> pd.DataFrame:
        """One row an account, exceptions first; dollars as floats."""
        import pandas as pd

        names = [f.name for f in fields(DeskRow)]
        rows = [[_shown(getattr(r, n)) for n in names] for r in self.rows]
        return pd.DataFrame(rows, columns=names)


def _shown(value: object) -> object:
    return float(value) if isinstance(value, Decimal) else " ".join(value) if isinstance(value, tuple) else value
