"""Quotes from files that another process rewrites: one CSV or JSON file, or a folder of them.

Problem: most desks can have a feed write a file, and nothing is agreed beyond that; a file may be met while it is
being written. Decision: columns (or keys) ``symbol`` or ``security_id``, ``price`` and, where known, ``bid``, ``ask``
and ``time`` (ISO 8601 with its zone); without a time, when the file was written counts. A file that changes while it
is read, does not end with a line's end (CSV), or is no whole JSON is half written: it is refused, and read again at
the next poll. A figure that cannot be read makes that quote NaN, so that it is set aside with a reason, and not the
others. Limits: US dollars; a file is read whole each time.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from di_advisor.domain.quotes import Quote
from di_advisor.domain.universe import Universe
from di_advisor.errors import InputError, SourceContentError, SourceUnavailableError
from di_data.delimited import MAX_BYTES, decoded_text, read_rows

__all__ = ["QuoteFiles"]

_SUFFIXES: Final = (".csv", ".txt", ".json")
_NAMES: Final = ("symbol", "security_id", "ticker")
_PRICES: Final = ("price", "last")


class QuoteFiles:
    """Quotes of files.

    Parameters
    ----------
    path : Path or str
        A file .csv, .txt or .json, or a folder of such files.

    Raises
    ------
    InputError
        If no path is given.
    """

    def __init__(self, path: Path | str = "") -> None:
        if not str(path):
            raise InputError("There is no file of quotes.", hint="Name a CSV or JSON file, or a folder of them.")
        self.path = Path(path)

    def poll(self, universe: Universe) -> Sequence[Quote]:
        """Quotes of all files; of a name in several files each, the newest counts.

        Raises
        ------
        SourceUnavailableError
            If there is no such file, or one is being written.
        SourceContentError
            If a file is not as described.
        """
        del universe  # whom the market knows is judged where quotes are checked
        found: list[Quote] = []
        for path in self._files():
            found += _quotes(path)
        return tuple(found)

    def _files(self) -> list[Path]:
        if self.path.is_dir():
            paths = sorted(
                p for p in self.path.iterdir() if p.suffix.lower() in _SUFFIXES and not p.name.startswith(".")
            )
        else:
            paths = [self.path] if self.path.is_file() else []
        if not paths:
            raise SourceUnavailableError(
                f"There are no quotes at {self.path}.", hint=f"A file or a folder with {', '.join(_SUFFIXES)}."
            )
        return paths


def _quotes(path: Path) -> list[Quote]:
    body, written_at = _whole(path)
    try:
        text = decoded_text(body, path.name)
        rows = _json_rows(text, path) if path.suffix.lower() == ".json" else _csv_rows(text, path)
        return [q if q.at is not None else replace(q, at=written_at) for q in map(_quote, rows)]
    except InputError as e:
        raise SourceContentError(e.what, hint=e.hint, source=path.name) from e


def _whole(path: Path) -> tuple[bytes, datetime]:
    """Bytes of a file and when it was written; refused where it changed meanwhile."""
    try:
        before = path.stat()
        if before.st_size > MAX_BYTES:
            raise SourceContentError(
                f"{path.name} has {before.st_size:,} bytes, and the limit is {MAX_BYTES:,}.", hint="Split it."
            )
        body = path.read_bytes()
        after = path.stat()
    except OSError as e:
        raise SourceUnavailableError(
            f"{path.name} cannot be read: {e.strerror or e}.", hint="It is read again at the next poll."
        ) from e
    if (before.st_mtime_ns, before.st_size, before.st_ino) != (after.st_mtime_ns, len(body), after.st_ino):
        raise _half(path, "it changed while it was read")
    return body, datetime.fromtimestamp(after.st_mtime, UTC)


def _half(path: Path, why: str) -> SourceUnavailableError:
    return SourceUnavailableError(
        f"{path.name} is half written: {why}.",
        hint="It is read again at the next poll; write it under another name and move it over.",
    )


def _csv_rows(text: str, path: Path) -> Iterator[Mapping[str, Any]]:
    if not text.endswith("\n"):
        raise _half(path, "its last line does not end")
    header, rows = read_rows(text, path.name)
    _columns(header, path)
    for row in rows:
        yield {column: row[column] for column in header}


def _json_rows(text: str, path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as e:
        raise _half(path, "it is no whole JSON") from e
    rows = given.get("quotes") if isinstance(given, Mapping) else given
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise InputError(
            f"{path.name} holds no list of quotes.", hint='Such as [{"symbol": "ABC", "price": 10.5, "time": "..."}].'
        )
    for row in rows:
        named = {str(k).casefold(): v for k, v in row.items()}
        _columns(list(named), path)
        yield named


def _columns(header: Sequence[str], path: Path) -> None:
    if not any(n in header for n in _NAMES) or not (any(p in header for p in _PRICES) or {"bid", "ask"} <= set(header)):
        raise InputError(
            f"{path.name} has the columns {', '.join(header)}.",
            hint="Needed are symbol (or security_id) and price (or bid and ask); time is ISO 8601 with its zone.",
        )


def _quote(row: Mapping[str, Any]) -> Quote:
    symbol = next((str(row[n]).strip() for n in _NAMES if row.get(n) not in (None, "")), "")
    last = next((row[p] for p in _PRICES if p in row), None)
    return Quote(symbol, _figure(last), _figure(row.get("bid")), _figure(row.get("ask")), _time(row.get("time")))


def _figure(written: object) -> float:
    """A figure; NaN where there is none. Text that is no number is infinite, so that it is never taken for blank."""
    if written is None or written == "":
        return math.nan
    if isinstance(written, bool) or not isinstance(written, int | float | str):
        return math.inf
    try:
        return float(written)
    except (ValueError, OverflowError):
        return math.inf


def _time(written: object) -> datetime | None:
    """A moment; None where none is written, and one without a zone where it cannot be read."""
    if written is None or written == "":
        return None
    try:
        return datetime.fromisoformat(str(written))
    except ValueError:
        return datetime.min  # noqa: DTZ901 without a zone on purpose: it is set aside
