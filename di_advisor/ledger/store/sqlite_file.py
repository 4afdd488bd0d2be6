"""The file of a SQLite store: looked at before it is opened for writing, and born whole.

Problem: opening a file for writing can change it, even one that is damaged, foreign or newer; and a
file that appears before its tables do can be met half-made. Decision: an existing file is read only
until it is known to be a sound store of a known version. A new store is made beside its place and
linked into it when it is complete; an empty file is therefore never a store. Files are readable by
their owner alone.

Limits: write-ahead logging needs a local disk; SQLite does not promise it over a network.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import quote

from di_advisor.errors import DamagedStoreError, StoreError
from di_advisor.ledger.store.address import Address
from di_advisor.ledger.store.faults import told
from di_advisor.ledger.store.schema import VERSION_TABLE, refuse_foreign

__all__ = ["born_whole", "refuse_unsound"]

_MAGIC: Final = b"SQLite format 3\0"


def refuse_unsound(address: Address, path: Path) -> None:
    """Look at an existing file without writing to it.

    Raises
    ------
    DamagedStoreError
        If it is no SQLite database, cut short, or its pages contradict each other.
    NewerSchemaError, StoreError
        If a newer program made it, it is no store, or it cannot be read.
    """
    try:
        with path.open("rb") as file:
            start = file.read(len(_MAGIC))
    except OSError as error:
        raise StoreError(
            f"The store {address.shown} cannot be read: {error.strerror}.", hint="Check the file's permissions."
        ) from None
    if start != _MAGIC:
        what = "empty" if not start else "no SQLite database"
        raise DamagedStoreError(
            f"The file {address.shown} is {what}.",
            hint="It was left as it is. Restore it from a backup, or choose a path where no file is.",
        )
    try:
        problems, tables, versions = _look(path)
    except sqlite3.Error as error:
        raise told(error, address) from None
    if problems != ["ok"]:
        raise DamagedStoreError(
            f"The store {address.shown} is damaged: {' '.join(' '.join(problems).split())}.",
            hint="It was left as it is; restore it from a backup.",
        )
    if not versions:
        raise StoreError(
            f"The file {address.shown} is a SQLite database, and no store.", hint="Choose another path.", tables=tables
        )
    refuse_foreign(", ".join(versions), tables, address.shown)


def _look(path: Path) -> tuple[list[str], list[str], list[str]]:
    """Problems of the pages, names of the tables, and versions of the store."""
    before = _state(path)
    if before is not None:  # nobody has it open: read as it is, without leaving files beside it
        try:
            seen = _query(path, "immutable=1")
        except sqlite3.Error:
            if _state(path) == before:
                raise
        else:
            if _state(path) == before:
                return seen
    return _query(path, "mode=ro")


def _state(path: Path) -> tuple[int, int] | None:
    """Size and time of a database that nobody has open; None where a write-ahead file says that somebody may."""
    status = path.stat()
    return None if Path(f"{path}-wal").exists() else (status.st_size, status.st_mtime_ns)


def _query(path: Path, how: str) -> tuple[list[str], list[str], list[str]]:
    with closing(sqlite3.connect(f"file:{quote(str(path))}?{how}", uri=True)) as connection:
        problems = [str(row[0]) for row in connection.execute("PRAGMA quick_check(5)")]
        tables = [str(row[0]) for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        query = f"SELECT version_num FROM {VERSION_TABLE}"  # noqa: S608
        versions = [str(row[0]) for row in connection.execute(query)] if VERSION_TABLE in tables else []
    return problems, tables, versions


def born_whole(path: Path, make: Callable[[Path], None]) -> None:
    """Make a new store beside its place, and link it there; if another program was faster, theirs stays.

    Parameters
    ----------
    path : Path
        Where no file is yet.
    make : callable
        Gets the path of an empty file and makes a complete store of it, closed again.

    Raises
    ------
    StoreError
        If the folder cannot be written.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".new", dir=path.parent)
        os.close(handle)
    except OSError as error:
        raise StoreError(
            f"No store can be made at {path}: {error.strerror}.", hint="Check the folder's permissions."
        ) from None
    unborn = Path(name)
    try:
        make(unborn)
        _put_in_place(unborn, path)
    finally:
        for left in (unborn, *(Path(f"{unborn}{end}") for end in ("-wal", "-shm", "-journal"))):
            left.unlink(missing_ok=True)


def _put_in_place(unborn: Path, path: Path) -> None:
    try:
        path.hardlink_to(unborn)
    except FileExistsError:
        return
    except OSError:  # a file system without links
        if not path.exists():
            unborn.rename(path)
