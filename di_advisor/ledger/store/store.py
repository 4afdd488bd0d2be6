"""The store of journals: opened by path or URL, appended to from any number of programs at once.

Problem: two notebooks, a crash in the middle of a write, a file from a newer version. Decision:
every append is one transaction that locks the taxpayer's journal, reads what others have added
since, lets `Journal.append` judge, and writes the batch; so what holds for journals in memory holds
for stored ones, and an append that was not acknowledged can simply be made again.

What was read is kept in memory and only what is new is read again; the digests show where that
does not fit. Limits: a journal is read whole, about 30 microseconds an entry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from sqlalchemy import Connection, select, text

from di_advisor.domain.events import Event
from di_advisor.errors import DamagedStoreError, InputError
from di_advisor.ledger.journal import AppendReport, Journal
from di_advisor.ledger.store.address import Address
from di_advisor.ledger.store.database import Database
from di_advisor.ledger.store.notes import Note
from di_advisor.ledger.store.rows import (
    add_entries,
    add_note,
    journal_row,
    locked_row,
    read_journal,
    read_notes,
)
from di_advisor.ledger.store.tables import JOURNALS

__all__ = ["Store"]

_WAIT_SECONDS: Final = 5.0
_LONGEST_KEY: Final = 500  # PostgreSQL indexes no more than 2,700 bytes, and a character can take four


class Store:
    """Journals of many taxpayers in one database; made by `open`.

    Examples
    --------
    >>> from datetime import UTC, date, datetime
    >>> import tempfile
    >>> from di_advisor.domain.events import Deposit
    >>> folder = tempfile.TemporaryDirectory()
    >>> with Store.open(f"{folder.name}/books.db") as store:
    ...     event = Deposit(event_id="d1", on=date(2025, 1, 2), account_id="A", amount_usd="100.00")
    ...     report = store.append("ann", [event], recorded_at=datetime(2025, 1, 2, tzinfo=UTC), batch="by hand")
    ...     print(report.sentence, store.taxpayers())
    1 event added ('ann',)
    >>> folder.cleanup()
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._read: dict[str, Journal] = {}

    @classmethod
    def open(cls, where: str | Path, *, inside: Path | None = None, wait_seconds: float = _WAIT_SECONDS) -> Store:
        """Open a store, make it where there is none, and migrate it where it is of an earlier version.

        Parameters
        ----------
        where : str or Path
            The path of a file, or ``postgresql://user@host/database``.
        inside : Path, optional
            A folder that the file must be in; for paths that come from a form.
        wait_seconds : float
            How long an attempt to write waits for other programs; a few attempts are made.

        Raises
        ------
        InputError
            If it is no address of a store.
        NewerSchemaError
            If a newer program made the store; both versions are named, and it is left as it is.
        DamagedStoreError
            If it is damaged; it is left as it is.
        StoreError
            If it cannot be reached.
        """
        return cls(Database(Address.parse(where, inside=inside), wait_seconds=wait_seconds))

    def __repr__(self) -> str:
        return f"Store({self._database.address.shown!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._database.close()

    def taxpayers(self) -> tuple[str, ...]:
        """Whose journals the store holds, sorted."""
        found = self._database.read(lambda connection: connection.execute(select(JOURNALS.c.taxpayer)).scalars().all())
        return tuple(sorted(found))

    def journal(self, taxpayer: str) -> Journal:
        """The journal of a taxpayer, every entry checked against its digest; empty where there is none.

        Raises
        ------
        DamagedStoreError
            If an entry is missing or not what was recorded.
        NewerSchemaError
            If a newer program recorded an entry.
        """
        _check_key(taxpayer, "taxpayer")

        def read(connection: Connection) -> Journal:
            row = journal_row(connection, taxpayer)
            known = self._read.get(taxpayer, Journal())
            return read_journal(connection, row, known, self._database.address.shown) if row else Journal()

        journal = self._database.read(read)
        self._read[taxpayer] = journal
        return journal

    def append(
        self,
        taxpayer: str,
        events: Iterable[Event],
        *,
        recorded_at: datetime,
        batch: str = "",
        check: Callable[[Journal, AppendReport], None] | None = None,
    ) -> AppendReport:
        """Record a batch of events of a taxpayer, all or none, after whatever others have recorded.

        Parameters
        ----------
        taxpayer : str
            Whose events they are; the first append makes the journal.
        events : iterable of Event
            In any order; what is known already is skipped and counted.
        recorded_at : datetime
            Now, with its zone.
        batch : str
            What they come from.
        check : callable, optional
            Sees the longer journal and the report while the journal is locked; what it raises
            goes to the caller, and nothing is written.

        Returns
        -------
        AppendReport
            What was done, once it is on disk.

        Raises
        ------
        InputError
            As `Journal.append`, and for ids that are too long to be keys.
        StoreError
            If others hold the store for too long, or it cannot be used. Where it is not known
            whether the batch arrived, append it again: what did arrive counts once.
        """
        _check_key(taxpayer, "taxpayer")
        told = tuple(events)
        for event in told:
            if isinstance(event, Event):
                _check_key(event.event_id, "event_id")
        if not told:
            return AppendReport(())

        def write(connection: Connection) -> tuple[Journal, AppendReport]:
            row = locked_row(connection, taxpayer)
            known = self._read.get(taxpayer, Journal())
            before = read_journal(connection, row, known, self._database.address.shown)
            after, report = before.append(told, recorded_at=recorded_at, batch=batch)
            if report.added and check is not None:
                check(after, report)
            if report.added:
                add_entries(connection, row, before, report.added, batch)
            return after, report

        journal, report = self._database.write(write)
        self._read[taxpayer] = journal
        return report

    def add_note(self, taxpayer: str, kind: str, subject: str, body: str, *, recorded_at: datetime) -> Note:
        """Record a fact about the books that is no event, such as an override and its reason.

        Raises
        ------
        InputError
            If kind or subject is empty, or the instant has no zone.
        StoreError
            As `append`.
        """
        for key, what in ((taxpayer, "taxpayer"), (kind, "kind"), (subject, "subject")):
            _check_key(key, what)
        _check_text(body, "body")
        if recorded_at.tzinfo is None:
            raise InputError(f"recorded_at is {recorded_at!r}, without a zone.", hint="Pass an aware datetime.")
        moment = recorded_at.astimezone(UTC)
        return self._database.write(
            lambda connection: add_note(connection, locked_row(connection, taxpayer), moment, (kind, subject, body))
        )

    def notes(self, taxpayer: str, *, kind: str | None = None) -> tuple[Note, ...]:
        """Notes of a taxpayer, oldest first, of one kind or of all.

        Raises
        ------
        DamagedStoreError
            If one is not what was recorded.
        """
        _check_key(taxpayer, "taxpayer")

        def read(connection: Connection) -> tuple[Note, ...]:
            row = journal_row(connection, taxpayer)
            return read_notes(connection, row, kind, self._database.address.shown) if row else ()

        return self._database.read(read)

    def check(self) -> dict[str, int]:
        """Read everything from disk again and check it; the number of entries of each taxpayer.

        Raises
        ------
        DamagedStoreError
            If anything is not what was recorded.
        """

        def pages(connection: Connection) -> list[str]:
            if connection.dialect.name != "sqlite":
                return ["ok"]
            return list(connection.execute(text("PRAGMA integrity_check")).scalars())

        problems = self._database.read(pages)
        if problems != ["ok"]:
            raise DamagedStoreError(
                f"The store {self._database.address.shown} is damaged: {' '.join(problems)}.",
                hint="It was left as it is; restore it from a backup.",
            )
        self._read.clear()
        counts = {}
        for taxpayer in self.taxpayers():
            counts[taxpayer] = len(self.journal(taxpayer))
            self.notes(taxpayer)
        return counts


def _check_key(value: object, what: str) -> None:
    _check_text(value, what)
    if not str(value).strip() or len(str(value)) > _LONGEST_KEY:
        raise InputError(
            f"{what} has {len(str(value))} characters.", hint=f"Give 1 to {_LONGEST_KEY}, not only spaces.", field=what
        )


def _check_text(value: object, what: str) -> None:
    if not isinstance(value, str) or "\0" in value or any("\ud800" <= c <= "\udfff" for c in value):
        raise InputError(f"{what} is {value!r}, and no text.", hint="Remove NUL and lone surrogates.", field=what)
