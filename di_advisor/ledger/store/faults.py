"""What goes wrong in a database, as the errors of di_advisor.

Decision: three kinds matter: busy (worth another try), damaged (hands off), and all else. The words
of a driver are kept without passwords, and without the chain of exceptions that could hold them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from di_advisor.errors import DamagedStoreError, StoreError
from di_advisor.ledger.store.address import Address

__all__ = ["faults_told", "is_busy", "told"]

# Primary result codes of SQLite.
_BUSY: Final = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_DAMAGED: Final = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_UNWRITABLE: Final = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}
_FULL: Final = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}

# lock_not_available, deadlock_detected, serialization_failure; data_corrupted, index_corrupted.
_BUSY_STATES: Final = {"55P03", "40P01", "40001"}
_DAMAGED_STATES: Final = {"XX001", "XX002"}


def is_busy(error: Exception) -> bool:
    """Whether another writer was in the way, so that trying again makes sense."""
    original = _original(error)
    return _sqlite_code(original) in _BUSY or getattr(original, "sqlstate", None) in _BUSY_STATES


def told(error: Exception, address: Address) -> StoreError:
    """The error to raise for what a database reported."""
    original = _original(error)
    words = address.hide_secrets(" ".join(str(original).split()))
    code = _sqlite_code(original)
    if code in _DAMAGED or getattr(original, "sqlstate", None) in _DAMAGED_STATES:
        return DamagedStoreError(
            f"The store {address.shown} is damaged: {words}.",
            hint="It was left as it is; restore it from a backup.",
            database_words=words,
        )
    hint = "Append the same events again when it is back: what was written already counts once."
    if is_busy(error):
        hint = "Another program holds it; close that one, or try again: nothing was written."
    elif code in _UNWRITABLE:
        hint = "Check that the file and its folder can be written: SQLite keeps two more files beside it."
    elif code in _FULL:
        hint = "Check the disk; nothing was written."
    return StoreError(f"The store {address.shown} could not be used: {words}.", hint=hint, database_words=words)


@contextmanager
def faults_told(address: Address) -> Iterator[None]:
    """Turn what a database reports into errors of di_advisor."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise told(error, address) from None


def _original(error: Exception) -> BaseException:
    return error.orig if isinstance(error, DBAPIError) and error.orig is not None else error


def _sqlite_code(error: BaseException) -> int | None:
    code = getattr(error, "sqlite_errorcode", None)
    return code & 0xFF if isinstance(code, int) else None
