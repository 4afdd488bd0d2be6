"""The database of a store: one engine, and transactions that are whole, serial in writing, and bounded.

Decision on SQLite: write-ahead logging, ``synchronous=FULL`` (a commit is on disk before it is
acknowledged), foreign keys on, and writers take the lock when they begin (BEGIN IMMEDIATE), so
that none finds out at its end that it was late. On PostgreSQL writers lock the row of their
journal, so other taxpayers do not wait. On both, waiting is bounded and tried a few times.

Limits: an engine belongs to the process that opened it; a forked child opens its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.exc import NoSuchModuleError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from di_advisor.errors import StoreError
from di_advisor.ledger.store.address import Address
from di_advisor.ledger.store.faults import faults_told, is_busy, told
from di_advisor.ledger.store.schema import LATEST_SCHEMA, migrate, schema_version
from di_advisor.ledger.store.sqlite_file import born_whole, refuse_unsound

__all__ = ["Database"]

T = TypeVar("T")

_ATTEMPTS: Final = 4
_WRITES: Final = "di_writes"


class Database:
    """An opened database with the latest tables.

    Parameters
    ----------
    address : Address
        Where it is; a file that does not exist is made.
    wait_seconds : float
        How long one attempt waits for other writers.

    Raises
    ------
    DamagedStoreError, NewerSchemaError, StoreError
        If it is damaged, newer, foreign, or cannot be reached; it is left as it is.
    """

    def __init__(self, address: Address, *, wait_seconds: float) -> None:
        self.address = address
        self._wait_seconds = wait_seconds
        if address.path is not None:
            if not address.path.exists():
                born_whole(address.path, self._make)
            refuse_unsound(address, address.path)
        self._engine = self._connectable(address.url)
        try:
            with faults_told(address), self._engine.connect() as connection:
                version = schema_version(connection)
            if version != LATEST_SCHEMA:
                self.write(lambda connection: migrate(connection, address.shown))
        except BaseException:
            self._engine.dispose()
            raise

    def read(self, work: Callable[[Connection], T]) -> T:
        """Do work in a transaction that sees one state and changes nothing."""
        with faults_told(self.address), self._engine.connect() as connection, connection.begin():
            if self._engine.dialect.name == "postgresql":
                connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
            return work(connection)

    def write(self, work: Callable[[Connection], T]) -> T:
        """Do work in a transaction that is committed whole, or not at all.

        Raises
        ------
        StoreError
            If other writers hold the database through all attempts, or it cannot be used.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return self._write_once(work)
            except OperationalError as error:
                if not is_busy(error):
                    raise told(error, self.address) from None
                if attempt == _ATTEMPTS:
                    raise StoreError(
                        f"The store {self.address.shown} stayed locked through {_ATTEMPTS} attempts of "
                        f"{self._wait_seconds:g} seconds each.",
                        hint="Another program writes to it or holds it open in a transaction; nothing was written.",
                    ) from None
                time.sleep(min(self._wait_seconds, 1.0) * attempt / _ATTEMPTS)
            except SQLAlchemyError as error:
                raise told(error, self.address) from None
        raise AssertionError  # the last attempt returns or raises

    def close(self) -> None:
        """Close all connections; the database can be opened again."""
        self._engine.dispose()

    def _write_once(self, work: Callable[[Connection], T]) -> T:
        with self._engine.connect() as connection:
            connection.execution_options(**{_WRITES: True})
            with connection.begin():
                if self._engine.dialect.name == "postgresql":
                    connection.execute(text(f"SET LOCAL lock_timeout = '{max(self._wait_seconds, 0.01):.3f}s'"))
                return work(connection)

    def _make(self, path: Path) -> None:
        engine = self._connectable(URL.create("sqlite+pysqlite", database=str(path)), poolclass=NullPool)
        with faults_told(self.address), engine.connect() as connection:
            connection.execution_options(**{_WRITES: True})
            with connection.begin():
                migrate(connection, self.address.shown)
        engine.dispose()

    def _connectable(self, url: URL, **options: Any) -> Engine:
        if url.get_backend_name() == "postgresql":
            try:
                engine = create_engine(url, hide_parameters=True, pool_pre_ping=True, pool_size=2, **options)
            except (ImportError, NoSuchModuleError):
                raise StoreError(
                    "A store on PostgreSQL needs psycopg, which is not installed.",
                    hint="pip install 'di-advisor[postgres]'",
                ) from None
            return engine
        engine = create_engine(url, hide_parameters=True, connect_args={"timeout": self._wait_seconds}, **options)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine


def _prepare_sqlite(connection: Any, _: object) -> None:  # noqa: ANN401  (the driver's connection)
    connection.isolation_level = None  # the driver would begin transactions by itself, and deferred ones
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "trusted_schema = OFF"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
