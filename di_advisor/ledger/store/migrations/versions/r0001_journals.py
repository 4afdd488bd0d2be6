"""Journals, their batches and their entries."""

import sqlalchemy as sa
from alembic import op

from di_advisor.ledger.store.append_only import append_only_ddl

__all__ = ["upgrade"]

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables, append-only from the first row on."""
    op.create_table(
        "di_journals",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("taxpayer", sa.Text, nullable=False),
        sa.Column("entry_count", sa.Integer, nullable=False),
        sa.Column("head_sha256", sa.Text, nullable=False),
        sa.UniqueConstraint("taxpayer", name="di_journals_taxpayer"),
    )
    op.create_table(
        "di_batches",
        sa.Column("journal_id", sa.Integer, sa.ForeignKey("di_journals.id", name="di_batches_journal"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("recorded_at", sa.Text, nullable=False),
        sa.Column("first_position", sa.Integer, nullable=False),
        sa.Column("entry_count", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("journal_id", "number"),
    )
    op.create_table(
        "di_entries",
        sa.Column("journal_id", sa.Integer, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("batch_number", sa.Integer, nullable=False),
        sa.Column("event_id", sa.Text, nullable=False),
        sa.Column("event_type", sa.Text, nullable=False),
        sa.Column("on_day", sa.Date, nullable=False),
        sa.Column("account_id", sa.Text),
        sa.Column("security_id", sa.Text),
        sa.Column("event_text", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("journal_id", "position"),
        sa.UniqueConstraint("journal_id", "event_id", name="di_entries_event"),
        sa.ForeignKeyConstraint(
            ["journal_id", "batch_number"], ["di_batches.journal_id", "di_batches.number"], name="di_entries_batch"
        ),
    )
    dialect = op.get_bind().dialect.name
    for statement in (
        *append_only_ddl(dialect, "di_batches", "number"),
        *append_only_ddl(dialect, "di_entries", "position", unique="event_id"),
    ):
        op.execute(statement)
