"""Rows of a store to values and back, each checked against its digest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from di_advisor.errors import DamagedStoreError, InputError, NewerSchemaError
from di_advisor.ledger.journal import Journal, JournalEntry
from di_advisor.ledger.store.notes import Note
from di_advisor.ledger.store.tables import BATCHES, ENTRIES, JOURNALS, NOTES

__all__ = ["JournalRow", "add_entries", "add_note", "journal_row", "locked_row", "read_journal", "read_notes"]


@dataclass(frozen=True, slots=True)
class JournalRow:
    """What a store keeps about a journal as a whole."""

    journal_id: int
    entry_count: int
    head_sha256: str


def journal_row(connection: Connection, taxpayer: str, *, locked: bool = False) -> JournalRow | None:
    """The row of a taxpayer's journal, locked against other writers where wanted."""
    query = select(JOURNALS.c.id, JOURNALS.c.entry_count, JOURNALS.c.head_sha256).where(JOURNALS.c.taxpayer == taxpayer)
    row = connection.execute(query.with_for_update() if locked else query).one_or_none()
    return JournalRow(row.id, row.entry_count, row.head_sha256) if row else None


def locked_row(connection: Connection, taxpayer: str) -> JournalRow:
    """The row of a taxpayer's journal, made where there is none, locked until the transaction ends."""
    found = journal_row(connection, taxpayer, locked=True)
    if found is None:
        made = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        new = made(JOURNALS).values(taxpayer=taxpayer, entry_count=0, head_sha256="")
        connection.execute(new.on_conflict_do_nothing())
        found = journal_row(connection, taxpayer, locked=True)
    assert found is not None  # noqa: S101  (it was there, or has just been made)
    return found


def read_journal(connection: Connection, row: JournalRow, known: Journal, shown: str) -> Journal:
    """The journal of a row, reading only what ``known`` does not hold yet.

    Raises
    ------
    DamagedStoreError
        If a digest does not fit, an entry is missing, or an event cannot be read.
    NewerSchemaError
        If a newer program wrote an entry.
    """
    if len(known) == row.entry_count and known.head_sha256 == row.head_sha256:
        return known
    query = (
        select(ENTRIES.c.position, BATCHES.c.recorded_at, BATCHES.c.label, ENTRIES.c.event_text, ENTRIES.c.sha256)
        .join(
            BATCHES,
            (BATCHES.c.journal_id == ENTRIES.c.journal_id) & (BATCHES.c.number == ENTRIES.c.batch_number),
            isouter=True,
        )
        .where(ENTRIES.c.journal_id == row.journal_id, ENTRIES.c.position > len(known))
        .order_by(ENTRIES.c.position)
    )
    try:
        entries = [
            JournalEntry(r.position, datetime.fromisoformat(r.recorded_at), r.label, r.event_text, r.sha256)
            for r in connection.execute(query)
        ]
        journal = known.extended(entries)
    except NewerSchemaError:
        raise
    except (InputError, TypeError, ValueError) as error:
        if known.entries:  # what was remembered may be what does not fit: another file in the same place
            return read_journal(connection, row, Journal(), shown)
        raise _damaged(shown, str(error)) from None
    if len(journal) != row.entry_count or journal.head_sha256 != row.head_sha256:
        if known.entries:
            return read_journal(connection, row, Journal(), shown)
        raise _damaged(shown, f"{row.entry_count} entries were recorded, and {len(journal)} of them are there.")
    return journal


def add_entries(
    connection: Connection, row: JournalRow, before: Journal, added: Sequence[JournalEntry], label: str
) -> None:
    """Write a batch after the entries that were there."""
    last = select(BATCHES.c.number).where(BATCHES.c.journal_id == row.journal_id).order_by(BATCHES.c.number.desc())
    number = (connection.execute(last.limit(1)).scalar() or 0) + 1
    connection.execute(
        insert(BATCHES).values(
            journal_id=row.journal_id,
            number=number,
            label=label,
            recorded_at=_instant(added[0].recorded_at),
            first_position=len(before) + 1,
            entry_count=len(added),
        )
    )
    connection.execute(
        insert(ENTRIES),
        [
            {
                "journal_id": row.journal_id,
                "position": entry.position,
                "batch_number": number,
                "event_id": entry.event.event_id,
                "event_type": type(entry.event).__name__,
                "on_day": entry.event.on,
                "account_id": getattr(entry.event, "account_id", None),
                "security_id": getattr(entry.event, "security_id", None),
                "event_text": entry.text,
                "sha256": entry.sha256,
            }
            for entry in added
        ],
    )
    connection.execute(
        update(JOURNALS)
        .where(JOURNALS.c.id == row.journal_id)
        .values(entry_count=added[-1].position, head_sha256=added[-1].sha256)
    )


def add_note(connection: Connection, row: JournalRow, recorded_at: datetime, words: tuple[str, str, str]) -> Note:
    """Write a note (kind, subject, body) after those that were there."""
    last = select(NOTES.c.number).where(NOTES.c.journal_id == row.journal_id).order_by(NOTES.c.number.desc()).limit(1)
    note = Note((connection.execute(last).scalar() or 0) + 1, recorded_at, *words)
    connection.execute(
        insert(NOTES).values(
            journal_id=row.journal_id,
            number=note.number,
            recorded_at=_instant(recorded_at),
            kind=note.kind,
            subject=note.subject,
            body=note.body,
            sha256=note.sha256,
        )
    )
    return note


def read_notes(connection: Connection, row: JournalRow, kind: str | None, shown: str) -> tuple[Note, ...]:
    """Notes of a journal, oldest first.

    Raises
    ------
    DamagedStoreError
        If one is not what was written.
    """
    query = select(NOTES).where(NOTES.c.journal_id == row.journal_id).order_by(NOTES.c.number)
    rows = connection.execute(query if kind is None else query.where(NOTES.c.kind == kind)).all()
    notes = []
    for r in rows:
        note = Note(r.number, datetime.fromisoformat(r.recorded_at), r.kind, r.subject, r.body)
        if note.sha256 != r.sha256:
            raise _damaged(shown, f"note {r.number} is not what was written.")
        notes.append(note)
    return tuple(notes)


def _damaged(shown: str, what: str) -> DamagedStoreError:
    return DamagedStoreError(
        f"The store {shown} is damaged: {what}", hint="It was left as it is; restore it from a backup."
    )


def _instant(instant: datetime) -> str:
    return instant.isoformat(timespec="microseconds")
