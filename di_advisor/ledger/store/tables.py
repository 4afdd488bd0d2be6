"""The tables of a store, as the latest migration leaves them.

* ``di_journals``: one row for each taxpayer, with the length and the digest of the last entry. It
  is what writers lock, and by it a lost tail is found.
* ``di_batches``, ``di_entries``: what was recorded; triggers refuse every change.
* ``di_notes``: facts about the books that are no events (overrides with their reasons, reports as
  they were given out); triggers refuse every change.

The text of an event is the truth; the columns beside it are for people who look with SQL.
Instants are text in ISO form, in UTC, to the microsecond: the same on both databases.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

__all__ = ["BATCHES", "ENTRIES", "JOURNALS", "METADATA", "NOTES"]

METADATA: Final = MetaData()

JOURNALS: Final = Table(
    "di_journals",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("taxpayer", Text, nullable=False),
    Column("entry_count", Integer, nullable=False),
    Column("head_sha256", Text, nullable=False),
    UniqueConstraint("taxpayer", name="di_journals_taxpayer"),
)

BATCHES: Final = Table(
    "di_batches",
    METADATA,
    Column("journal_id", Integer, ForeignKey("di_journals.id", name="di_batches_journal"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("label", Text, nullable=False),
    Column("recorded_at", Text, nullable=False),
    Column("first_position", Integer, nullable=False),
    Column("entry_count", Integer, nullable=False),
)

ENTRIES: Final = Table(
    "di_entries",
    METADATA,
    Column("journal_id", Integer, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("batch_number", Integer, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("event_type", Text, nullable=False),
    Column("on_day", Date, nullable=False),
    Column("account_id", Text),
    Column("security_id", Text),
    Column("event_text", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    UniqueConstraint("journal_id", "event_id", name="di_entries_event"),
    ForeignKeyConstraint(
        ["journal_id", "batch_number"], ["di_batches.journal_id", "di_batches.number"], name="di_entries_batch"
    ),
    Index("di_entries_on_day", "journal_id", "on_day"),
)

NOTES: Final = Table(
    "di_notes",
    METADATA,
    Column("journal_id", Integer, ForeignKey("di_journals.id", name="di_notes_journal"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("recorded_at", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("sha256", Text, nullable=False),
)
