"""The bytes of an account's lots, read in one compiled pass: where texts stand, amounts and days as whole numbers.

Only what `json` reads the same way is taken: lists of plain texts between quotes, of digits with a point at one place
or none, of whole days or ``null``. Limits: anything else (blanks, escapes, signs, other characters) is refused.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from di_advisor.compiled import compiled

__all__ = ["lots_by_loops"]

IntArray = NDArray[np.int64]

_QUOTE, _COMMA, _OPEN, _CLOSED, _POINT, _ZERO, _NINE, _BACKSLASH, _FIRST, _LAST, _N = b'",[].09\\ ~n'
_TEXTS = 4
_AMOUNTS = 2
_MOST_DIGITS = 15
_MOST_PLACES = 8


@compiled
def lots_by_loops(
    marks: NDArray[np.uint8], most: int
) -> tuple[int, IntArray, IntArray, IntArray, IntArray, IntArray, NDArray[np.bool_]]:
    """Six JSON lists in a row, without the first two brackets before and the last two behind them.

    Parameters
    ----------
    marks : ndarray of uint8
        The bytes.
    most : int
        More lots than there are.

    Returns
    -------
    size : int
        How many lots; -1 where anything is not plain.
    starts, ends : ndarray of shape (4, most)
        Where the texts of ids, securities, shares and bases begin, and where they have ended.
    amounts : ndarray of shape (2, most)
        Shares and bases in units of their last place.
    places : ndarray of shape (2,)
        Decimal places of both.
    days : ndarray of shape (2, most)
        Days of purchase, and since when lots are held; 0 for ``null``.
    other : ndarray of bool, shape (most,)
        Where a security is another than that of the lot before.
    """
    starts, ends = np.zeros((4, most), dtype=np.int64), np.zeros((4, most), dtype=np.int64)
    amounts, days = np.zeros((2, most), dtype=np.int64), np.zeros((2, most), dtype=np.int64)
    places = np.zeros(2, dtype=np.int64)
    other = np.ones(most, dtype=np.bool_)
    refused = (-1, starts, ends, amounts, places, days, other)
    at, size, length = 0, -1, len(marks)
    for column in range(6):
        count = 0
        while True:
            if count >= most or at >= length:
                return refused
            if column < _TEXTS:
                if marks[at] != _QUOTE:
                    return refused
                at += 1
                starts[column, count] = at
                value, digits, point = 0, 0, -1
                while at < length and marks[at] != _QUOTE:
                    mark = marks[at]
                    if mark == _BACKSLASH or mark < _FIRST or mark > _LAST:
                        return refused
                    if column >= _AMOUNTS:
                        if mark == _POINT and point < 0 and digits > 0:
                            point = digits
                        elif _ZERO <= mark <= _NINE and digits < _MOST_DIGITS:
                            value, digits = value * 10 + (mark - _ZERO), digits + 1
                        else:
                            return refused
                    at += 1
                if at >= length:
                    return refused
                ends[column, count] = at
                at += 1
                if column >= _AMOUNTS:
                    behind = 0 if point < 0 else digits - point
                    if value <= 0 or point == digits or behind > _MOST_PLACES:
                        return refused
                    if count == 0:
                        places[column - _AMOUNTS] = behind
                    if places[column - _AMOUNTS] != behind:
                        return refused
                    amounts[column - _AMOUNTS, count] = value
            elif column > _TEXTS and marks[at] == _N:
                if at + 4 > length or marks[at + 1] != 117 or marks[at + 2] != 108 or marks[at + 3] != 108:
                    return refused
                at += 4
            else:
                value, digits = 0, 0
                while at < length and _ZERO <= marks[at] <= _NINE and digits < _MOST_DIGITS:
                    value, digits = value * 10 + (marks[at] - _ZERO), digits + 1
                    if value == 0:
                        return refused
                    at += 1
                if digits == 0:
                    return refused
                days[column - _TEXTS, count] = value
            count += 1
            if at < length and marks[at] == _COMMA:
                at += 1
                continue
            break
        if size >= 0 and count != size:
            return refused
        size = count
        if column < 5:
            if at + 3 > length or marks[at] != _CLOSED or marks[at + 1] != _COMMA or marks[at + 2] != _OPEN:
                return refused
            at += 3
    for k in range(1, size):
        first, last = starts[1, k], ends[1, k]
        other[k] = last - first != ends[1, k - 1] - starts[1, k - 1]
        for j in range(last - first):
            other[k] = other[k] or marks[first + j] != marks[starts[1, k - 1] + j]
    return (size if at == length else -1), starts, ends, amounts, places, days, other
