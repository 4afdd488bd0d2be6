"""Lots of an account as columns of bytes: ids as text, everything else as whole numbers.

Problem: a thousand lots as JSON texts take longer to read than anything else of an account. Decision: `LotColumns` as
they stand, every column of numbers in the narrowest unsigned type that holds it, low byte first; what the columns are
is said in a few words of JSON: how many lots, how many bytes of ids and of names, decimals of shares and bases, and the
types. Every length is held against what is there before anything is made of it, and every figure against what a lot may
have. Limits: lots that are not plain (`LotColumns.of`), or an id with a line end in it, stay JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from di_advisor.domain.lot_columns import LotColumns, are_days
from di_advisor.domain.written_amounts import MOST, MOST_PLACES, IntArray, Units, Written

__all__ = ["ColumnReader", "lots_from_bytes", "lots_to_bytes"]

_TYPES: Final = {f"u{size}": np.dtype(f"<u{size}") for size in (1, 2, 4, 8)}
_END: Final = "\n"


def lots_to_bytes(lots: LotColumns) -> tuple[dict[str, Any], tuple[bytes, ...]] | None:
    """What is said of the columns, and the columns; None where an id does not fit into lines of text."""
    names, code = _names(lots)
    try:
        texts = tuple(_END.join(ids).encode() for ids in (lots.lot_ids, names))
    except UnicodeEncodeError:
        return None
    if [text.count(b"\n") + 1 for text in texts] != [len(lots), len(names)]:
        return None
    shares, basis = lots.written
    held_since = None if (lots.held_since == lots.acquired).all() else lots.held_since
    numbers = (code, shares.units.count, basis.units.count, lots.acquired, held_since, shares.places, basis.places)
    written = [None if column is None else column.astype(_narrowest(column)) for column in numbers]
    said = {
        "lots": len(lots),
        "texts": [len(text) for text in texts],
        "places": [shares.units.places, basis.units.places],
        "numbers": [None if column is None else f"u{column.itemsize}" for column in written],
    }
    return said, (*texts, *(column.tobytes() for column in written if column is not None))


def _names(lots: LotColumns) -> tuple[list[str], IntArray]:
    """Names in the order in which lots have them, and which of them each lot has."""
    used, first, code = np.unique(lots.code, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return [lots.names[k] for k in used[order].tolist()], rank[code]


def _narrowest(column: IntArray) -> np.dtype[Any]:
    return _TYPES[f"u{np.min_scalar_type(int(column.max())).itemsize}"]


class ColumnReader:
    """Columns, one after the other.

    Parameters
    ----------
    columns : memoryview
        All of them.
    """

    def __init__(self, columns: memoryview) -> None:
        self._left = columns

    def texts(self, size: int) -> list[str]:
        """Lines of so many bytes of text."""
        return str(self._next(size), "utf-8").split(_END)

    def numbers(self, kind: str, count: int) -> IntArray:
        """So many whole numbers of a type."""
        kept = _TYPES[kind]
        return np.frombuffer(self._next(count * kept.itemsize), dtype=kept).astype(np.int64)

    def refuse_more(self) -> None:
        """What nobody has read belongs to nothing.

        Raises
        ------
        ValueError
            If there is any.
        """
        if len(self._left):
            raise ValueError(f"{len(self._left):,} bytes belong to no column")

    def _next(self, size: int) -> memoryview:
        if type(size) is not int or not 0 <= size <= len(self._left):
            raise ValueError(f"a column has {size} bytes, and {len(self._left):,} are there")
        found, self._left = self._left[:size], self._left[size:]
        return found


def lots_from_bytes(account_id: str, said: Mapping[str, Any], columns: ColumnReader) -> LotColumns:
    """The lots of `lots_to_bytes`.

    Raises
    ------
    KeyError, TypeError, ValueError
        If the columns are not such, or a figure is none of a lot.
    """
    size, kinds = said["lots"], said["numbers"]
    lot_ids, names = (columns.texts(each) for each in said["texts"])
    needed, further = kinds[:4], kinds[4:]
    code, shares, basis, acquired = (columns.numbers(kind, size) for kind in needed)
    held_since, *own = (None if kind is None else columns.numbers(kind, size) for kind in further)
    if len(lot_ids) != size:
        raise ValueError("the columns of its lots differ in length")
    if code.min() < 0 or code.max() >= len(names):
        raise ValueError("a lot has a name that is not there")
    if not (are_days(acquired) and (held_since is None or are_days(held_since))):
        raise ValueError("a lot has a day that is in no calendar")
    of_shares, of_basis = (_written(*each) for each in zip((shares, basis), said["places"], own, strict=True))
    held = acquired if held_since is None else held_since
    return LotColumns(account_id, lot_ids, names, code, (of_shares, of_basis), (acquired, held))


def _written(count: IntArray, places: int, own: IntArray | None) -> Written:
    if type(places) is not int or not 0 <= places <= MOST_PLACES:
        raise ValueError(f"amounts of its lots have {places} decimals")
    if count.min() <= 0 or count.max() >= MOST:
        raise ValueError("an amount of a lot is not above zero, or has too many digits")
    if own is not None and (
        own.min() < 0 or own.max() > places or (count % 10 ** np.clip(places - own, 0, places)).any()
    ):
        raise ValueError("an amount of a lot has more decimals than it was written with")
    return Written(Units(count, places), own)
