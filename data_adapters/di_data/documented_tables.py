"""A file as the rows of a documented table: bytes, cells, and headers checked once for every kind of file."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from di_advisor.domain.columns import CHARACTERISTIC
from di_advisor.domain.rows import Column, Row, require_columns, some_of
from di_advisor.errors import InputWarning
from di_data.delimited import MAX_BYTES, MAX_ROWS, read_rows, read_text
from di_data.file_styles import FileStyle, recognised_dates, recognised_delimiter
from di_data.notation import FileNotation
from di_data.totals import is_total_label, without_total
from di_data.trading_days import closed_days

__all__ = ["documented_rows", "documented_table", "warn_of_closed_days"]


def documented_table(
    path: Path,
    columns: Sequence[Column],
    style: FileStyle,
    *,
    max_bytes: int = MAX_BYTES,
    max_rows: int = MAX_ROWS,
) -> tuple[list[Row], FileNotation]:
    """Rows of a file whose columns are documented, and how its cells are written.

    Parameters
    ----------
    path : Path
        The file.
    columns : sequence of Column
        What is known; columns of style characteristics may stand beside.
    style : FileStyle
        What is stated of the file; the rest is recognised, or refused as ambiguous.
    max_bytes, max_rows
        As in `di_data.delimited`.

    Raises
    ------
    InputError
        If the file cannot be used as a whole.

    Warns
    -----
    InputWarning
        If columns are not documented, and ignored; if the order of day and month was recognised; if a last
        line of totals is left out.
    """
    text = read_text(path, encoding=style.encoding, max_bytes=max_bytes)
    delimiter = style.delimiter or recognised_delimiter(text, path.name, {c.name for c in columns})
    header, rows = read_rows(text, path.name, delimiter=delimiter, max_rows=max_rows, may_be_short=is_total_label)
    ignored = require_columns([c for c in header if not c.startswith(CHARACTERISTIC)], columns, path.name)
    if ignored:
        warnings.warn(
            f"{path.name}: columns {some_of(ignored)} are not documented, and are ignored.",
            InputWarning,
            stacklevel=4,
        )
    cells = ((row.label, cell) for row in rows for name, cell in row.cells.items() if name not in ignored)
    notation = recognised_dates(style.notation(delimiter), cells, path.name)
    return without_total(rows, columns, notation, path.name), notation


def documented_rows(path: Path, columns: Sequence[Column]) -> list[Row]:
    """Rows of a file in our own layout, of which nothing is stated; see `documented_table`."""
    return documented_table(path, columns, FileStyle())[0]


def warn_of_closed_days(source: str, rows_by_day: Mapping[date, str]) -> None:
    """Point out trade dates on which the exchange was closed; the dates stay as they are.

    Parameters
    ----------
    source : str
        Name of the file.
    rows_by_day : Mapping of date to str
        A row for each day.
    """
    closed = [f"{day} ({rows_by_day[day]})" for day in closed_days(sorted(rows_by_day))]
    if closed:
        warnings.warn(
            f"{source}: the exchange was closed on {some_of(closed)}; the dates are kept as given. "
            "Trade dates are needed, not settlement dates.",
            InputWarning,
            stacklevel=3,
        )
