"""Delimited text files, from bytes to rows of text: encoding, quotes, and the number of cells.

Problem: a file from elsewhere may be UTF-16, half written, a spreadsheet under another name, or two
gigabytes long. Decision: a byte-order mark decides the encoding, then UTF-8 or an error (or the
encoding that the caller states, never a guess); sizes are limited; every row has as many cells as
the header; a broken row names its line, and nothing of the file is used. Limits: a file that was
cut exactly at the end of a row, or inside its very last cell, looks complete.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path

from di_advisor.domain.rows import Row
from di_advisor.errors import InputError, why_unreadable

__all__ = ["MAX_BYTES", "MAX_ROWS", "decoded_text", "read_records", "read_rows", "read_text"]

MAX_BYTES = 64 * 1024 * 1024
"""Largest file read, unless the caller says otherwise."""

MAX_ROWS = 1_000_000
"""Most rows read, unless the caller says otherwise."""

# The longer marks first: that of UTF-32 begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_FOREIGN = (
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"PAR1", "a Parquet file"),
    (b"%PDF", "a PDF"),
    (b"\x80", "a binary file that only Python could run"),
)
_TAB = "\t"
_OTHER_DELIMITERS = (";", _TAB, "|", ",")
_NEVER_BETWEEN_CELLS = '"\r\n\0 '
_MOST_LINES_IN_A_CELL = 20


def read_text(path: Path, *, encoding: str | None = None, max_bytes: int = MAX_BYTES) -> str:
    """Text of a file.

    Parameters
    ----------
    path : Path
        The file.
    encoding : str, optional
        The encoding, where it is neither UTF-8 nor marked; a mark wins over it.
    max_bytes : int
        Size limit.

    Raises
    ------
    InputError
        If the file cannot be opened, is too large, is of another kind, or is not in the encoding.
    """
    try:
        size = path.stat().st_size
        if size > max_bytes:
            raise InputError(
                f"{path.name} has {size:,} bytes, and the limit is {max_bytes:,}.",
                hint="Check that it is the right file; split it, or raise the limit on purpose (max_bytes).",
                source=path.name,
            )
        raw = path.read_bytes()
    except OSError as e:
        raise InputError(
            f"{path} cannot be read: {why_unreadable(e)}.", hint="Check the path and its permissions.", source=path.name
        ) from e
    return decoded_text(raw, path.name, encoding)


def decoded_text(raw: bytes, source: str, encoding: str | None = None) -> str:
    """Text of the bytes of a file or an answer; errors as for `read_text`."""
    for mark, what in _FOREIGN:
        if raw.startswith(mark):
            raise InputError(
                f"{source} is {what}, not delimited text.", hint="Save the sheet as CSV (UTF-8).", source=source
            )
    for mark, marked in _MARKS:
        if raw.startswith(mark):
            raw, encoding = raw[len(mark) :], marked
            break
    try:
        text = raw.decode(encoding or "utf-8")
    except UnicodeDecodeError as e:
        line = raw.count(b"\n", 0, e.start) + 1
        raise InputError(
            f"{source}, line {line}: byte {raw[e.start]:#04x} is not {encoding or 'UTF-8'}.",
            hint="Save the file as UTF-8, or state its encoding (--encoding; latin-1 and cp1252 are common).",
            source=source,
            row=f"line {line}",
        ) from e
    except LookupError as e:
        raise InputError(f"{encoding!r} is not an encoding.", hint="Use utf-8, latin-1, cp1252, ...") from e
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise InputError(
            f"{source}, line {line}: there is a NUL byte.",
            hint="The file is damaged, binary, or UTF-16 without its mark; export it again as UTF-8.",
            source=source,
            row=f"line {line}",
        )
    return text


def read_rows(
    text: str,
    source: str,
    *,
    delimiter: str = ",",
    max_rows: int = MAX_ROWS,
    may_be_short: Callable[[list[str]], bool] | None = None,
) -> tuple[list[str], list[Row]]:
    """Column names in lower case, and rows by column; see `read_records` for what is refused.

    Blanks around cells are dropped, except in the column ``name``, whose text stays as it is.
    """
    first, records = read_records(text, source, delimiter=delimiter, max_rows=max_rows, may_be_short=may_be_short)
    header = [cell.casefold() for cell in first]
    return header, [
        Row(
            f"line {line}",
            {name: cell if name == "name" else cell.strip() for name, cell in zip(header, cells, strict=True)},
        )
        for line, cells in records
    ]


def read_records(
    text: str,
    source: str,
    *,
    delimiter: str = ",",
    max_rows: int = MAX_ROWS,
    may_be_short: Callable[[list[str]], bool] | None = None,
) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    """Header and records of delimited text.

    Parameters
    ----------
    text, source : str
        The text, and the name of its file.
    delimiter : str
        Between cells.
    max_rows : int
        Most rows.
    may_be_short : callable, optional
        Which rows may have fewer cells than the header; the rest of them is blank.

    Returns
    -------
    header : list of str
        First row, without blanks around its cells.
    records : iterator of (int, list of str)
        The line on which each further row starts, and its cells, as many as the header's.

    Raises
    ------
    InputError
        If the file is empty, a quote does not close, a row has more or fewer cells than the header,
        or there are too many rows (while iterating).
    """
    records = _records(text, source, delimiter)
    _, first = next(records, (1, []))
    header = [cell.strip() for cell in first]
    if not any(header):
        raise InputError(f"{source} is empty.", hint="The first line names the columns.", source=source)
    if len(header) == 1:
        other = next((d for d in _OTHER_DELIMITERS if d in header[0] and d != delimiter), None)
        if other:
            raise InputError(
                f"{source}: the header is one cell, {header[0]!r}.",
                hint=_separated_otherwise(other, delimiter),
                source=source,
            )
    return header, _of_one_length(records, len(header), source, max_rows, may_be_short)


def _separated_otherwise(found: str, stated: str) -> str:
    looks = f"It looks separated by {'tabs' if found == _TAB else repr(found)}"
    if stated != ",":
        return f"{looks}, and {stated!r} was stated; state none, or another one for this file alone."
    return f"{looks}: state the delimiter (--delimiter {'tab' if found == _TAB else repr(found)})."


def _of_one_length(
    records: Iterator[tuple[int, list[str]]],
    width: int,
    source: str,
    max_rows: int,
    may_be_short: Callable[[list[str]], bool] | None,
) -> Iterator[tuple[int, list[str]]]:
    for count, (line, cells) in enumerate(records):
        if count >= max_rows:
            raise InputError(
                f"{source} has more than {max_rows:,} rows.",
                hint="Split it, or raise the limit on purpose (max_rows).",
                source=source,
            )
        if len(cells) < width and may_be_short is not None and may_be_short(cells):
            yield line, [*cells, *[""] * (width - len(cells))]
            continue
        if len(cells) != width:
            more = len(cells) > width
            raise InputError(
                f"{source}, line {line}: {len(cells)} cells, {'more' if more else 'fewer'} than the {width} of the "
                "header; nothing was imported.",
                hint='An amount with a separator needs quotes: "1,234.50".'
                if more
                else "The file may be cut off; export it again.",
                source=source,
                row=f"line {line}",
            )
        yield line, cells


def _records(text: str, source: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Records that are not blank, each with the line on which it starts."""
    if len(delimiter) != 1 or delimiter in _NEVER_BETWEEN_CELLS:
        raise InputError(
            f"The delimiter {delimiter!r} is not one sign that can stand between cells.",
            hint="Give one sign, such as ';', or 'tab'.",
            source=source,
        )
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as e:
            raise InputError(
                f"{source}, line {line}: {e}; nothing was imported.",
                hint="A quote is not closed, or text follows a closing quote; quotes inside a cell are doubled.",
                source=source,
                row=f"line {line}",
            ) from e
        if cells is None:
            return
        if reader.line_num - line >= _MOST_LINES_IN_A_CELL:
            raise InputError(
                f"{source}, line {line}: the row runs on to line {reader.line_num}; nothing was imported.",
                hint="A quote is probably not closed.",
                source=source,
                row=f"line {line}",
            )
        if any(cell.strip() for cell in cells):
            yield line, cells
