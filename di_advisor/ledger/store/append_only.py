"""Triggers by which a database itself refuses to change what was recorded.

On both databases updates and deletions are refused, and a new row must have the next number, so
nothing can be slipped in between, and SQLite's INSERT OR REPLACE cannot delete a row on its way.
Limits: the owner of a database can drop the triggers; the digests of the journal tell afterwards.
What is written here belongs to released migrations: change it in new ones only.
"""

from __future__ import annotations

__all__ = ["append_only_ddl"]


def append_only_ddl(dialect: str, table: str, number: str, *, unique: str | None = None) -> list[str]:
    """Statements that make a table append-only.

    Parameters
    ----------
    dialect : str
        "sqlite" or "postgresql".
    table, number : str
        The table, and the column that counts its rows from 1 within ``journal_id``.
    unique : str, optional
        Another column that is unique within ``journal_id``.
    """
    taken = f"(SELECT COALESCE(MAX({number}), 0) + 1 FROM {table} WHERE journal_id = NEW.journal_id)"  # noqa: S608
    wrong = f"NEW.{number} <> {taken}"
    if dialect == "sqlite":
        if unique:
            same = f"journal_id = NEW.journal_id AND {unique} = NEW.{unique}"
            wrong += f" OR EXISTS (SELECT 1 FROM {table} WHERE {same})"  # noqa: S608
        return [
            *(
                f"CREATE TRIGGER {table}_no_{what.lower()} BEFORE {what} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                for what in ("UPDATE", "DELETE")
            ),
            (
                f"CREATE TRIGGER {table}_next BEFORE INSERT ON {table} WHEN {wrong} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only: {number} must be the next'); END"
            ),
        ]
    return [
        (
            f"CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ "
            f"BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
        ),
        (
            f"CREATE FUNCTION {table}_check_next() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {wrong} THEN "
            f"RAISE EXCEPTION '{table} is append-only: {number} must be the next'; END IF; RETURN NEW; END $$"
        ),
        (
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {table}_refuse()"
        ),
        (
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()"
        ),
        f"CREATE TRIGGER {table}_next BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_check_next()",
    ]
