"""Lots as columns, read from their JSON without a value for each figure.

Problem: most of reading an account is making texts of which few are looked at. Decision: where loops are compiled, one
pass over the bytes gives amounts and days as whole numbers and the places of the texts (`lot_loops`), and only what
`json` would read the same way is taken. Limits: anything else (blanks, escapes, ratios, missing dates), and all of it
where nothing is compiled, is left to `json` and `LotColumns.of`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from di_advisor.compiled import is_compiled
from di_advisor.domain.lot_columns import LAST_DAY, IntArray, LotColumns, Units
from di_advisor.domain.text_column import TextColumn

__all__ = ["PlainColumns", "columns_of_json"]


class PlainColumns(NamedTuple):
    """What `LotColumns` is made of, but for the account."""

    lot_ids: list[str]
    security_ids: TextColumn
    texts: tuple[TextColumn, TextColumn]
    amounts: tuple[Units, Units]
    days: tuple[IntArray, IntArray]

    def of(self, account_id: str) -> LotColumns:
        """The lots of an account."""
        return LotColumns(account_id, *self)


def columns_of_json(written: bytes) -> PlainColumns | None:
    """Columns of six JSON lists in a row, those of `LotColumns.of`, without the outermost brackets.

    Returns
    -------
    PlainColumns or None
        None where a column is not plain, the columns differ in length, or nothing is compiled.
    """
    if not is_compiled():
        return None
    from di_advisor.domain.lot_loops import lots_by_loops

    marks = np.frombuffer(written, dtype=np.uint8)
    size, starts, ends, amounts, places, days, other = lots_by_loops(marks, written.count(b",") + 1)
    if size < 0:
        return None
    acquired, since = _days(days[0, :size]), days[1, :size]
    held = acquired if acquired is None or not since.any() else _days(np.where(since > 0, since, acquired))
    if acquired is None or held is None:
        return None
    text = written.decode("ascii")
    ids = text[int(starts[0, 0]) : int(ends[0, size - 1])].split('","')
    securities = TextColumn(text, starts[1, :size], ends[1, :size], np.flatnonzero(other[:size]))
    shares, basis = (TextColumn(text, starts[k, :size], ends[k, :size]) for k in (2, 3))
    counts, usd = (Units(amounts[k, :size], int(places[k])) for k in (0, 1))
    return PlainColumns(ids, securities, (shares, basis), (counts, usd), (acquired, held))


def _days(numbers: IntArray) -> IntArray | None:
    """Numbers of days; None where one is none."""
    return numbers if numbers.min() >= 1 and numbers.max() <= LAST_DAY else None
