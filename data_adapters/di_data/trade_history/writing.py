"""A trade history as the generic CSV, which reads back as the same history.

Figures are written in full, instants in UTC to the nanosecond, unknowns blank; text that a spreadsheet
could take for a formula gets a leading apostrophe, which reading takes away.
"""

from __future__ import annotations

import csv
import io
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.spreadsheet_cells import text_cell
from di_advisor.domain.trade_history import TradeHistory

__all__ = ["history_csv"]

_COLUMN_OF: Final = {
    "security_id": "symbol",
    "decision_utc": "decision_time",
    "arrival_utc": "arrival_time",
    "end_utc": "end_time",
    "ordered_shares": "order_shares",
    "average_price_usd": "avg_fill_price_usd",
}
"""Documented column of a field, where the names differ."""


def history_csv(history: TradeHistory) -> str:
    """Text of the file, columns as in `di_advisor.domain.columns.ORDER_COLUMNS`."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    names = TradeHistory.columns()
    writer.writerow([_COLUMN_OF.get(name, name) for name in names])
    columns = [_cells(name, getattr(history, name)) for name in names]
    writer.writerows(zip(*columns, strict=True))
    return out.getvalue()


def _cells(name: str, values: NDArray[Any]) -> list[str]:
    if name == "side":
        return ["buy" if v > 0 else "sell" for v in values]
    if values.dtype.kind == "M":
        return ["" if np.isnat(v) else f"{np.datetime_as_string(v, unit='ns')}Z" for v in values]
    if values.dtype.kind == "f":
        return ["" if np.isnan(v) else repr(float(v)) for v in values]
    return [text_cell(str(v)) for v in values]
