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
from di_data.trading_days import closed_days

__all__ = ["documented_rows", "warn_of_closed_days"]


def documented_rows(
    path: Path,
    columns: Sequence[Column],
    *,
    encoding: str | None = None,
    delimiter: str = ",",
    max_bytes: int = MAX_BYTES,
    max_rows: int = MAX_ROWS,
) -> list[Row]:
    """Rows of a file whose columns are documented.

    Parameters
    ----------
    path : Path
        The file.
    columns : sequence of Column
        What is known; columns of style characteristics may stand beside.
    encoding, delimiter, max_bytes, max_rows
        As in `di_data.delimited`.

    Raises
    ------
    InputError
        If the file cannot be used as a whole.

    Warns
    -----
    InputWarning
        If columns are not documented, and ignored.
    """
    text = read_text(path, encoding=encoding, max_bytes=max_bytes)
    header, rows = read_rows(text, path.name, delimiter=delimiter, max_rows=max_rows)
    ignored = require_columns([c for c in header if not c.startswith(CHARACTERISTIC)], columns, path.name)
    if ignored:
        warnings.warn(
            f"{path.name}: columns {some_of(ignored)} are not documented, and are ignored.",
            InputWarning,
            stacklevel=4,
        )
    return rows


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
