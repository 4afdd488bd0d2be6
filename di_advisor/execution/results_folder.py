"""A folder of results that only grows: what was acknowledged survives a crash, and a run goes on where it stopped.

Problem: a night's run that dies at three must not begin anew at four, and must not mix figures of two markets.
Decision: each start of a run appends to a part of its own (``part-0001.jsonl``, ...), one line a result: a checksum, a
blank, and JSON. What `append` has returned from is on the disk. A last line that was cut off is dropped and done
again; any other line that is not what was written is an error. ``run.json`` says what the results rest on, and a run
on something else is refused. Limits: keys of finished results are kept in memory, about 100 bytes each; two programs
may write to one folder at once, and the later line of a key counts.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

from di_advisor.errors import DamagedStoreError, InputError, NewerSchemaError, StoreError

__all__ = ["ResultsFolder", "written_whole"]

_SCHEMA: Final = 1
_HEAD: Final = "run.json"
_PARTS: Final = "part-*.jsonl"
_DIGITS: Final = 16


def _digest(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest()[:_DIGITS].encode()


class ResultsFolder:
    """Results by key in a folder; made by `open`, used as a context.

    Parameters
    ----------
    path : Path
        The folder.
    rests_on : Mapping of str to str
        What the results rest on.
    """

    def __init__(self, path: Path, rests_on: Mapping[str, str]) -> None:
        self.path = path
        self.rests_on = dict(rests_on)
        self._file: BinaryIO | None = None

    @classmethod
    def open(cls, path: Path, rests_on: Mapping[str, str] | None = None) -> ResultsFolder:
        """Open a folder, or make it.

        Parameters
        ----------
        path : Path
            The folder; what is in it of other runs is left alone.
        rests_on : Mapping of str to str, optional
            What the run rests on (hashes, versions); without it the folder must be there, and is only read.

        Raises
        ------
        InputError
            If there is no such run, or it rests on something else.
        NewerSchemaError
            If a newer program wrote it.
        StoreError, DamagedStoreError
            If the folder cannot be used, or ``run.json`` is not what was written.
        """
        head = path / _HEAD
        try:
            if not head.is_file():
                if rests_on is None:
                    raise InputError(f"{path} holds no run.", hint="Name the folder that a run was written to.")
                path.mkdir(parents=True, exist_ok=True)
                written_whole(head, json.dumps({"schema_version": _SCHEMA, "rests_on": dict(rests_on)}, indent=1))
            found = json.loads(head.read_text(encoding="utf-8"))
            version, known = found["schema_version"], dict(found["rests_on"])
        except OSError as e:
            raise StoreError(f"{path} cannot be used: {e.strerror or e}.", hint="Check folder and permissions.") from e
        except (ValueError, KeyError, TypeError) as e:
            raise DamagedStoreError(f"{head} is not what was written.", hint="Take another folder.") from e
        if version != _SCHEMA:
            raise NewerSchemaError(
                f"{path} was written by a newer version (schema {version}, this one reads {_SCHEMA}).",
                hint="Use that version, or another folder.",
            )
        differs = sorted(k for k in {*known, *(rests_on or known)} if known.get(k) != (rests_on or known).get(k))
        if differs:
            raise InputError(
                f"The results in {path} rest on something else: {', '.join(differs)} differ.",
                hint="Results of two markets or two kinds of wishes are not mixed: take another folder.",
                differs=differs,
            )
        return cls(path, known)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _let_go(self) -> None:
        """Of a part that could not be written to the end: it ends there, and what comes later begins another one."""
        part, self._file = self._file, None
        if part is not None:
            with suppress(OSError):  # it tries again to write what could not be written
                part.close()

    def append(self, records: Iterable[Mapping[str, Any] | bytes]) -> None:
        """Add records, each with a ``key``, or their JSON on one line; they are on the disk when this returns.

        Raises
        ------
        StoreError
            If they cannot be written; those of earlier calls stay.
        """
        lines = [_line(r) for r in records]
        if not lines:
            return
        try:
            if self._file is None:
                self._file = self._new_part()
            self._file.write(b"".join(lines))
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as e:
            self._let_go()
            raise StoreError(
                f"Results cannot be written to {self.path}: {e.strerror or e}.",
                hint="Make room, and run again: what is finished is kept.",
            ) from e

    def records(self) -> Iterator[dict[str, Any]]:
        """All records in the order in which they were written, one at a time; of a key, the last one counts.

        Raises
        ------
        DamagedStoreError
            If a line is not what was written, but for one at the end of a part that was cut off.
        """
        return (record for _, _, record in self.since({}))

    def since(self, places: Mapping[str, int]) -> Iterator[tuple[str, int, dict[str, Any]]]:
        """Records behind places that were reached before, while somebody may be writing.

        Parameters
        ----------
        places : Mapping of str to int
            By name of a part, up to which byte it is read.

        Yields
        ------
        str, int, dict
            A part, the place behind the record in it, and the record.

        Raises
        ------
        DamagedStoreError
            As `records`.
        """
        for part in sorted(self.path.glob(_PARTS)):
            for place, record in _read(part, places.get(part.name, 0)):
                yield part.name, place, record

    def _new_part(self) -> BinaryIO:
        number = len(list(self.path.glob(_PARTS)))
        while True:
            number += 1
            try:
                return (self.path / f"part-{number:04}.jsonl").open("xb")
            except FileExistsError:
                continue


def _line(record: Mapping[str, Any] | bytes) -> bytes:
    body = record if isinstance(record, bytes) else json.dumps(record, sort_keys=True, separators=(",", ":")).encode()
    return _digest(body) + b" " + body + b"\n"


def _read(part: Path, start: int) -> Iterator[tuple[int, dict[str, Any]]]:
    bad, place = False, start
    with part.open("rb") as file:
        file.seek(start)
        for line in file:
            if bad:
                raise DamagedStoreError(
                    f"Line {_line_at(part, place)} of {part} is not what was written.",
                    hint="Restore the folder from a backup, or run into a new one.",
                )
            seal, _, body = line.rstrip(b"\n").partition(b" ")
            if not line.endswith(b"\n"):
                return  # somebody is at it, or was stopped
            place += len(line)
            if _digest(body) != seal:
                bad = True  # allowed in the last line only: the program was stopped while it wrote
                continue
            record: dict[str, Any] = json.loads(body)
            yield place, record


def _line_at(part: Path, end: int) -> int:
    """The number of the line that ends before a place."""
    with part.open("rb") as file:
        return file.read(end).count(b"\n")


def written_whole(path: Path, text: str) -> None:
    """Write a small file that is there whole or not at all.

    Raises
    ------
    OSError
        If it cannot be written; nothing is left of it.
    """
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
