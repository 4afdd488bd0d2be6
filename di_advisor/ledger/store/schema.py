"""Which version the tables of a store have, and how they get to the latest one.

Decision: versions are numbered, and a store of a newer version is refused before anything is
written. A migration runs in one transaction, so a store has either the old tables or the new ones;
the version is looked at again inside it, because another process may have been faster.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, inspect, text

from di_advisor.errors import NewerSchemaError, StoreError
from di_advisor.ledger.store.tables import METADATA

__all__ = ["LATEST_SCHEMA", "VERSIONS", "VERSION_TABLE", "migrate", "refuse_foreign", "schema_version"]

VERSIONS: Final = ("0001", "0002")
"""Versions of the tables that this program knows, oldest first."""

LATEST_SCHEMA: Final = VERSIONS[-1]
VERSION_TABLE: Final = "di_schema"

_MIGRATION_LOCK: Final = 0x64695F6C  # "di_l": one migration at a time in a PostgreSQL database


def schema_version(connection: Connection) -> str | None:
    """Version of a store's tables; None where there are none yet."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalars().all()  # noqa: S608
    return str(found[0]) if len(found) == 1 else ", ".join(map(str, found))


def refuse_foreign(version: str | None, tables: list[str], shown: str) -> None:
    """Refuse what is no store, and stores of versions that this program does not know.

    Parameters
    ----------
    version : str or None
        What `schema_version` found.
    tables : list of str
        Names of the tables found.
    shown : str
        The address, for the error.

    Raises
    ------
    NewerSchemaError
        If a newer program made the store; both versions are named.
    StoreError
        If tables of a store's names are there without a version.
    """
    if version is not None and version not in VERSIONS:
        raise NewerSchemaError(
            f"The store {shown} has schema {version}; this di_advisor knows schemas up to {LATEST_SCHEMA}.",
            hint="Update di_advisor; the store was left as it is.",
            found=version,
            known=LATEST_SCHEMA,
        )
    strangers = sorted(set(METADATA.tables) & set(tables))
    if version is None and strangers:
        raise StoreError(
            f"{shown} holds tables named {', '.join(strangers)}, and no version of a store.",
            hint="Choose another file or database.",
            tables=strangers,
        )


def migrate(connection: Connection, shown: str, *, to: str = LATEST_SCHEMA) -> None:
    """Bring a store's tables to a version, inside the caller's transaction.

    Raises
    ------
    NewerSchemaError, StoreError
        As `refuse_foreign`.
    """
    # Alembic takes a while to load, and a store that is up to date does not need it.
    from alembic import command
    from alembic.config import Config

    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
    version = schema_version(connection)
    refuse_foreign(version, inspect(connection).get_table_names(), shown)
    if version == to:
        return
    config = Config()
    config.set_main_option("script_location", "di_advisor.ledger.store:migrations")
    config.attributes |= {"connection": connection, "version_table": VERSION_TABLE}
    command.upgrade(config, to)
