"""The ledger: a taxpayer's journal, and the books that follow from it.

Problem: a journal takes any event that contradicts no other, but only a replay shows whether shares
are sold that nobody holds; and two notebooks may record at once. Decision: what is recorded is
replayed first, while the journal is locked, and nothing is written unless the books come out; so
every journal of a ledger can be replayed. Books are derived anew from the journal, as of a day and,
where asked, as of what was known at an earlier position.

Limits: each record replays the whole journal, about a third of a second for 10,000 events,
twice that once a year is closed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from di_advisor.domain.events import AccountEvent, Correction, Event, Sell, YearAmended, YearClosed
from di_advisor.errors import InputError
from di_advisor.ledger.books import Books
from di_advisor.ledger.closed_results import refuse_changed_results
from di_advisor.ledger.identical import IdenticalGroups
from di_advisor.ledger.journal import AppendReport, Journal
from di_advisor.ledger.policies import LedgerPolicies
from di_advisor.ledger.replay import replay
from di_advisor.ledger.settlement import check_identification_change

if TYPE_CHECKING:
    from di_advisor.ledger.store import Store

__all__ = ["Ledger"]


class Ledger:
    """One taxpayer's journal, in a store or in memory, and the books derived from it.

    Parameters
    ----------
    taxpayer : str
        Who files the return.
    policies : LedgerPolicies, optional
        How the law is read where it is silent.
    groups : IdenticalGroups, optional
        What counts as substantially identical.
    store : Store, optional
        Where the journal is kept; in memory alone where left out.

    Examples
    --------
    >>> from datetime import UTC, date, datetime
    >>> from di_advisor.domain.events import Buy, OpenAccount
    >>> ledger = Ledger("ann")
    >>> report = ledger.record(
    ...     [
    ...         OpenAccount(event_id="open", on=date(2025, 1, 2), account_id="A"),
    ...         Buy(event_id="b", on=date(2025, 1, 2), account_id="A", security_id="X", shares=10, amount_usd="900"),
    ...     ],
    ...     recorded_at=datetime(2025, 1, 3, tzinfo=UTC),
    ... )
    >>> report.sentence
    '2 events added'
    >>> ledger.books(date(2025, 6, 30)).lots[0].lot.basis_total_usd
    Fraction(900, 1)
    """

    def __init__(
        self,
        taxpayer: str,
        *,
        policies: LedgerPolicies | None = None,
        groups: IdenticalGroups | None = None,
        store: Store | None = None,
    ) -> None:
        self.taxpayer = taxpayer
        self.policies = policies or LedgerPolicies()
        self.groups = groups or IdenticalGroups()
        self._store = store
        self._journal = Journal()

    @classmethod
    def open(
        cls,
        where: str | Path,
        taxpayer: str,
        *,
        policies: LedgerPolicies | None = None,
        groups: IdenticalGroups | None = None,
    ) -> Ledger:
        """Open a taxpayer's ledger in a store: the path of a file, or the URL of a PostgreSQL database.

        Raises
        ------
        StoreError
            If the store cannot be reached or is damaged (and as `Store.open`).
        """
        from di_advisor.ledger.store import Store

        return cls(taxpayer, policies=policies, groups=groups, store=Store.open(where))

    def __repr__(self) -> str:
        where = "in memory" if self._store is None else repr(self._store)
        return f"Ledger(taxpayer {self.taxpayer}, {where})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the store; in memory there is nothing to close."""
        if self._store is not None:
            self._store.close()

    @property
    def journal(self) -> Journal:
        """The journal as it is now, with what other programs have recorded."""
        return self._journal if self._store is None else self._store.journal(self.taxpayer)

    def record(self, events: Iterable[Event], *, recorded_at: datetime, batch: str = "") -> AppendReport:
        """Record events, all or none, if the books come out.

        Parameters
        ----------
        events : iterable of Event
            In any order; what is known already is skipped and counted.
        recorded_at : datetime
            Now, with its zone.
        batch : str
            What they come from.

        Raises
        ------
        InputError
            If they cannot be booked (shares that are not held, lots that are not open, an account
            never opened), contradict what is known, change a closed year, lie in the future, or
            change a choice of lots that is final. Nothing is recorded then.
        StoreError
            If the store cannot be used.
        """
        told = tuple(events)
        if self._store is not None:
            return self._store.append(
                self.taxpayer, told, recorded_at=recorded_at, batch=batch, check=self._check_bookable
            )
        after, report = self._journal.append(told, recorded_at=recorded_at, batch=batch)
        if report.added:
            self._check_bookable(after, report)
        self._journal = after
        return report

    def books(self, as_of: date, *, at_position: int | None = None) -> Books:
        """The books on a day.

        Parameters
        ----------
        as_of : date
            Last day that counts.
        at_position : int, optional
            With what the journal knew at this position alone, so that a past report can be made again.
        """
        return self._replayed(self.journal.effective(at_position=at_position), as_of)

    def _check_bookable(self, after: Journal, report: AppendReport) -> None:
        for entry in report.added:
            _refuse_the_future(entry.event, entry.recorded_at)
            if isinstance(entry.event, Correction):
                old = after.event(entry.event.corrects)
                if isinstance(old, Sell) and isinstance(entry.event.replacement, Sell):
                    check_identification_change(old, entry.event.replacement, entry.event.on)
        books = self._replayed(after.effective(), date.max)
        first = report.added[0].position
        closed = after.until(first - 1).closed_through
        if closed is not None:
            amended = [e.event.tax_year for e in report.added if isinstance(e.event, YearAmended)]
            through = min([closed, *(year - 1 for year in amended)])
            before = self._replayed(after.effective(at_position=first - 1), date.max)
            refuse_changed_results(before, books, through)

    def _replayed(self, events: Iterable[Event], as_of: date) -> Books:
        return replay(events, as_of=as_of, taxpayer=self.taxpayer, policies=self.policies, groups=self.groups)


def _refuse_the_future(event: Event, recorded_at: datetime) -> None:
    """A corporate action is announced before its day; a trade or a transfer is not known before it is done."""
    told = event.replacement if isinstance(event, Correction) else event
    today = recorded_at.astimezone(UTC).date()
    if isinstance(told, AccountEvent | YearClosed | YearAmended) and told.on > today:
        raise InputError(
            f"{type(told).__name__} {told.event_id!r} is dated {told.on}, after {today}, the day it is recorded.",
            hint="Correct the date; what is only planned is no event of the journal.",
            event_id=told.event_id,
        )
