"""Daily total returns from a file, wide or long, CSV or Parquet.

Problem: a history has a million cells, and one "NaN" or one return in percent spoils the risk
model. Decision: a blank cell is a day on which the name did not trade; any other cell is a finite
fraction above -1, or an error that names its row and column. Moves of 90 percent in a day are
pointed out, because they are mostly a missing corporate action. Limits: one history in memory.
"""

from __future__ import annotations

import warnings
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray, ReturnHistory
from di_advisor.domain.rows import Findings, some_of
from di_advisor.errors import InputError, InputWarning, why_unreadable
from di_data.delimited import read_text
from di_data.file_styles import FileStyle
from di_data.return_tables import table_of_frame, table_of_text

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MAX_RETURN_BYTES", "read_returns"]

MAX_RETURN_BYTES = 512 * 1024 * 1024
"""Largest file of returns."""

_JUMP = 0.9
# Half of all days above a fifth: the file holds percent.
_PLAUSIBLE_MEDIAN = 0.2


def read_returns(
    path: Path,
    style: FileStyle,
    *,
    as_of: date,
    max_bytes: int = MAX_RETURN_BYTES,
) -> ReturnHistory:
    """Returns up to a day.

    Parameters
    ----------
    path : Path
        CSV, or Parquet where the name ends in ``.parquet``. Wide: a column ``date`` and one for each
        security id. Long: columns ``date``, ``security_id``, ``total_return``.
    style : FileStyle
        What is stated of a CSV file.
    as_of : date
        Later days are left out.
    max_bytes : int
        Size limit.

    Raises
    ------
    InputError
        If the file cannot be used as a whole.
    RowsError
        Naming the rows and columns that are wrong.

    Warns
    -----
    InputWarning
        If a name moved by 90 percent or more in a day.
    """
    if path.suffix.casefold() == ".parquet":
        table = _parquet(path, max_bytes)
        dates, header, values = table_of_frame(table, path.name)
    else:
        text = read_text(path, encoding=style.encoding, max_bytes=max_bytes)
        dates, header, values = table_of_text(text, path.name, style)
    _refuse_odd(dates, header, values, path.name)
    order = np.argsort(dates, kind="stable")
    observed = np.isfinite(values)
    history = ReturnHistory(dates[order], tuple(header), np.where(observed, values, 0.0)[order], observed[order]).until(
        as_of
    )
    if not len(history.dates):
        raise InputError(
            f"{path.name} has no returns up to {as_of}.",
            hint="Check the day and the dates in the file.",
            source=path.name,
        )
    return history


def _parquet(path: Path, max_bytes: int) -> pd.DataFrame:
    import pandas as pd
    import pyarrow as pa

    try:
        size = path.stat().st_size
        if size > max_bytes:
            raise InputError(
                f"{path.name} has {size:,} bytes, and the limit is {max_bytes:,}.", hint="Split it.", source=path.name
            )
        return pd.read_parquet(path).reset_index()
    except (OSError, pa.ArrowException) as e:
        raise InputError(
            f"{path.name} cannot be read as Parquet: {why_unreadable(e)}.",
            hint="Check the path; write the file again.",
            source=path.name,
        ) from e


def _refuse_odd(dates: NDArray[np.datetime64], header: list[str], values: FloatArray, source: str) -> None:
    findings = Findings(source)
    days, count = np.unique(dates, return_counts=True)
    for day in days[count > 1]:
        findings.wrong("", "date", f"{day} stands there more than once.", "Keep one row for each day.")
    for name in sorted({h for h in header if header.count(h) > 1}):
        findings.wrong("", name, "the column stands there more than once.", "Keep one.")
    moves = np.abs(values[np.isfinite(values)])
    if moves.size and float(np.median(moves)) > _PLAUSIBLE_MEDIAN:
        findings.wrong(
            "",
            "",
            f"half of all returns are beyond {float(np.median(moves)):g}.",
            "They are fractions: 0.01 for 1 percent.",
        )
    elif (values <= -1).any():
        for i, j in np.argwhere(values <= -1):
            findings.wrong("", header[j], f"the return on {dates[i]} is {values[i, j]:g}, a loss of everything.",
                           "Record a delisting as a corporate action, and leave the cell blank.")  # fmt: skip
    findings.raise_any()
    jumps = [f"{header[j]} on {dates[i]} ({values[i, j]:+.2f})" for i, j in np.argwhere(np.abs(values) >= _JUMP)]
    if jumps:
        warnings.warn(
            f"{source}: moves of {_JUMP:g} or more in a day: {some_of(jumps)}. Is a corporate action missing?",
            InputWarning,
            stacklevel=3,
        )
