"""The store of bodies: every answer that was ever accepted, under its checksum, and which request it answered.

Problem: a provider changes a past price, and last year's tax results can no longer be reproduced; a cache
that overwrites has forgotten them. Decision: a body is a file named by its SHA-256 and never changes; beside
it a text file per request lists, one line a fetch, which body came when and how many records it held. Both
are written so that a crash leaves the old state. Limits: nothing is ever deleted here.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from di_advisor.errors import DamagedStoreError, StoreError
from di_data.frame.exchange import Request

__all__ = ["BodyStore", "Version", "checksum", "fingerprint", "is_checksum", "keeping", "write_whole"]

_PREFIX: Final = 2


@dataclass(frozen=True)
class Version:
    """One accepted answer to one request.

    Attributes
    ----------
    raw_sha256 : str
        Of the body.
    fetched_at : datetime
        When it came.
    records : int
        How many records it held.
    """

    raw_sha256: str
    fetched_at: datetime
    records: int


def checksum(body: bytes) -> str:
    """SHA-256 of a body, 64 hexadecimal digits."""
    return hashlib.sha256(body).hexdigest()


def is_checksum(text: object) -> bool:
    """Whether a text is a SHA-256 as `checksum` writes it, and so no path to somewhere else."""
    return isinstance(text, str) and re.fullmatch(r"[0-9a-f]{64}", text) is not None


@contextmanager
def keeping(folder: Path) -> Iterator[None]:
    """Say of what the disk or a file of the store refuses that it is the store, and what to do.

    Raises
    ------
    DamagedStoreError
        If a file is no database any more.
    StoreError
        If the folder cannot be read or written.
    """
    try:
        yield
    except OSError as e:
        raise StoreError(
            f"What is kept in {folder} cannot be read or written: {e}.",
            hint="Check that it is a folder that you may write to, with room on its disk, or name another one "
            "(folder=..., --folder). What is stored can be read without writing in mode cache_only.",
            folder=str(folder),
        ) from e
    except sqlite3.Error as e:
        kind = StoreError if isinstance(e, sqlite3.OperationalError) else DamagedStoreError
        raise kind(
            f"A database in {folder} cannot be used: {e}.",
            hint="Check that the folder can be written to. If it is damaged, close other notebooks and delete "
            "answers.sqlite there (what is fresh is forgotten, no answer is lost), or budgets.sqlite (what was asked "
            "today is forgotten: wait until the limits of the services have passed).",
            folder=str(folder),
        ) from e


def fingerprint(adapter: str, request: Request) -> str:
    """Name of a request: the same question of the same adapter has the same name in every process."""
    asked: list[object] = [adapter, request.method.value, request.url, request.parameters, request.body]
    asked.append(sorted(request.headers.items()))
    return checksum(json.dumps(asked, ensure_ascii=False).encode())


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is either the old one or the whole new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".unfinished-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


class BodyStore:
    """Bodies by checksum, and versions by request.

    Parameters
    ----------
    folder : Path
        Where they are; made when first written to.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, body: bytes) -> str:
        """Keep a body and return its checksum."""
        sha256 = checksum(body)
        path = self._body(sha256)
        if not path.exists():
            write_whole(path, body)
        return sha256

    def get(self, sha256: str) -> bytes | None:
        """Body of a checksum, or None where it is not there.

        Raises
        ------
        DamagedStoreError
            If the file no longer has that checksum.
        """
        path = self._body(sha256)
        try:
            body = path.read_bytes()
        except FileNotFoundError:
            return None
        if checksum(body) != sha256:
            raise DamagedStoreError(
                f"The stored body {path.name[:12]}... is not what was written.",
                hint="Delete the file and pull again; a bundle or a backup may still hold what it was.",
                sha256=sha256,
                path=str(path),
            )
        return body

    def note(self, key: str, version: Version) -> None:
        """Add a line to the versions of a request."""
        path = self._versions(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        line: dict[str, Any] = {
            "raw_sha256": version.raw_sha256,
            "fetched_at": version.fetched_at.isoformat(),
            "records": version.records,
        }
        # One write in append mode: lines of several kernels do not mix. It begins a line of its own also after one
        # that a crash left unfinished.
        with path.open("ab", buffering=0) as file:
            file.write(b"\n" * (not _ends_with_a_line(path)) + json.dumps(line).encode() + b"\n")

    def versions(self, key: str) -> tuple[Version, ...]:
        """Accepted answers to a request, oldest first; a line that a crash left unfinished is passed over."""
        try:
            lines = self._versions(key).read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return ()
        found = []
        for line in lines:
            try:
                row = json.loads(line)
                at = datetime.fromisoformat(row["fetched_at"])
                version = Version(row["raw_sha256"], at, int(row["records"]))
            except (ValueError, KeyError, TypeError):
                continue
            if is_checksum(version.raw_sha256) and at.tzinfo is not None:
                found.append(version)
        return tuple(found)

    def _body(self, sha256: str) -> Path:
        return self.folder / "bodies" / sha256[:_PREFIX] / sha256

    def _versions(self, key: str) -> Path:
        return self.folder / "versions" / key[:_PREFIX] / f"{key}.jsonl"


def _ends_with_a_line(path: Path) -> bool:
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return True
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"
