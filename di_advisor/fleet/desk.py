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

import numpy as np

from di_advisor.domain.portfolio import Side
from di_advisor.errors import InputError
from di_advisor.fleet.account import FleetAccount
from di_advisor.fleet.facts import FleetFacts
from di_advisor.fleet.record import FleetRecord, SetAside
from di_advisor.fleet.running import FleetRun, facts_of_pass, passes_of, records_of
from di_advisor.fleet.solving import workspace_for
from di_advisor.fleet.sources import AccountSource, source_of
from di_advisor.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Desk", "DeskRow", "DeskTotals"]

_ZERO = Decimal(0)
_QUANTILES = (0.0, 0.25, 0.5, 0.75, 0.95, 1.0)


@dataclass(frozen=True, slots=True)
class DeskRow:
    """One account on the list.

    Attributes
    ----------
    label : str
        The account.
    exception : str
        Why it has no proposal, with the name of the error first; empty where it has one.
    warnings : tuple of str
        What somebody should look at.
    orders : int
        Orders, a sale of each lot counted.
    value_usd, benefit_usd, harvested_usd, gains_usd, bought_usd, sold_usd, tax_usd, cost_usd : Decimal
        Account value; worth over doing nothing; losses and gains realised; traded; change of tax; trading cost.
    tracking_error_before, tracking_error_after : float
        A year, fractions.
    gap_bps : float
        Certified distance of the orders from the best ones, of the account's value.
    """

    label: str
    exception: str = ""
    warnings: tuple[str, ...] = ()
    orders: int = 0
    value_usd: Decimal = _ZERO
    benefit_usd: Decimal = _ZERO
    harvested_usd: Decimal = _ZERO
    gains_usd: Decimal = _ZERO
    bought_usd: Decimal = _ZERO
    sold_usd: Decimal = _ZERO
    tax_usd: Decimal = _ZERO
    cost_usd: Decimal = _ZERO
    tracking_error_before: float = 0.0
    tracking_error_after: float = 0.0
    gap_bps: float = 0.0

    @classmethod
    def of(cls, record: FleetRecord | SetAside) -> DeskRow:
        """The row of a record."""
        if isinstance(record, SetAside):
            failure = record.failure
            return cls(record.label, f"{failure.kind}: {failure.what}", (failure.hint,) if failure.hint else ())
        return cls(
            record.label,
            "",
            record.warnings,
            len(record.orders),
            record.value_usd,
            record.benefit_usd,
            record.harvested_usd,
            record.gains_usd,
            record.traded_usd(Side.BUY),
            record.traded_usd(Side.SELL),
            record.terms_usd.get("tax", _ZERO),
            record.terms_usd.get("trading cost", _ZERO),
            record.tracking_error_before,
            record.tracking_error_after,
            record.certificate.rounded_gap_bps,
        )

    @property
    def urgency(self) -> tuple[int, float, str]:
        """Sort key: without a proposal, then with warnings, then by what the plan is worth."""
        return (0 if self.exception else 1 if self.warnings else 2, -float(self.benefit_usd), self.label)


@dataclass(frozen=True)
class DeskTotals:
    """Sums over all accounts with a proposal, in exact dollars, and how tracking errors are spread.

    Attributes
    ----------
    accounts, proposed, set_aside, with_warnings, trading : int
        All; with and without a proposal; with warnings; with at least one order.
    value_usd, benefit_usd, harvested_usd, gains_usd, bought_usd, sold_usd, tax_usd, cost_usd : Decimal
        Sums.
    tracking_error_before, tracking_error_after : tuple of float
        Least, quartiles, 95th percentile and largest.
    gap_bps_max : float
        Largest certified distance from the best orders.
    """

    accounts: int
    proposed: int
    set_aside: int
    with_warnings: int
    trading: int
    value_usd: Decimal
    benefit_usd: Decimal
    harvested_usd: Decimal
    gains_usd: Decimal
    bought_usd: Decimal
    sold_usd: Decimal
    tax_usd: Decimal
    cost_usd: Decimal
    tracking_error_before: tuple[float, ...]
    tracking_error_after: tuple[float, ...]
    gap_bps_max: float


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
        path = passes_of(folder.folder if isinstance(folder, FleetRun) else Path(folder))[-1]
        rows = sorted((DeskRow.of(r) for r in records_of(path)), key=lambda r: r.urgency)
        priced = None if facts is None else facts_of_pass(path.parent, facts)
        return cls(tuple(rows), path, priced, None if accounts is None else source_of(accounts))

    @property
    def exceptions(self) -> tuple[DeskRow, ...]:
        """Accounts without a proposal or with warnings."""
        return tuple(r for r in self.rows if r.exception or r.warnings)

    @property
    def totals(self) -> DeskTotals:
        """Over all accounts."""
        done = [r for r in self.rows if not r.exception]
        sums = {
            f.name: sum((getattr(r, f.name) for r in done), _ZERO)
            for f in fields(DeskTotals)
            if f.name.endswith("_usd")
        }
        return DeskTotals(
            accounts=len(self.rows),
            proposed=len(done),
            set_aside=len(self.rows) - len(done),
            with_warnings=sum(bool(r.warnings) for r in done),
            trading=sum(r.orders > 0 for r in done),
            tracking_error_before=_spread([r.tracking_error_before for r in done]),
            tracking_error_after=_spread([r.tracking_error_after for r in done]),
            gap_bps_max=max((r.gap_bps for r in done), default=0.0),
            **sums,
        )

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


def _spread(values: list[float]) -> tuple[float, ...]:
    return tuple(np.quantile(values, _QUANTILES).tolist()) if values else ()
