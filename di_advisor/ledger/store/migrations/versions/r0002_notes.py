"""Notes beside the journal, and entries found by day."""

import sqlalchemy as sa
from alembic import op

from di_advisor.ledger.store.append_only import append_only_ddl

__all__ = ["upgrade"]

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table of notes and the index of days."""
    op.create_table(
        "di_notes",
        sa.Column("journal_id", sa.Integer, sa.ForeignKey("di_journals.id", name="di_notes_journal"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("recorded_at", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("journal_id", "number"),
    )
    op.create_index("di_entries_on_day", "di_entries", ["journal_id", "on_day"])
    for statement in append_only_ddl(op.get_bind().dialect.name, "di_notes", "number"):
        op.execute(statement)
