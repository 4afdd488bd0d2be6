"""From segments to pieces in filling order, as compiled loops.

The same as `cutting` does with arrays: see there. Limits: as of `loops`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from di_advisor.compiled import compiled
from di_advisor.domain.market import FloatArray

__all__ = ["opened", "ordered"]

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@compiled
def ordered(name: IntArray, sell: BoolArray, slope: FloatArray, *, interleaved: bool) -> IntArray:
    """Segments in filling order."""
    m = len(name)
    order, key = np.empty(m, np.int64), np.empty(m)
    begin = 0
    while begin < m:
        sold = begin
        while sold < m and name[sold] == name[begin] and sell[sold]:
            sold += 1
        end = sold
        while end < m and name[end] == name[begin]:
            end += 1
        for j in range(begin, end):
            segment = begin + sold - 1 - j if j < sold else j
            cost = -slope[segment] if sell[segment] else slope[segment]
            at = j
            while interleaved and at > begin and key[at - 1] > cost:
                key[at], order[at] = key[at - 1], order[at - 1]
                at -= 1
            key[at], order[at] = cost, segment
        begin = end
    return order


@compiled
def opened(
    order: IntArray, is_open: BoolArray, name: IntArray, sell: BoolArray, width: FloatArray
) -> tuple[IntArray, IntArray, IntArray, IntArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Open segments and their owners; first pieces, names, all sold and all bought of traders; starts and ends."""
    m, count, t = len(order), 0, 0
    segment, owner = np.empty(m, np.int64), np.empty(m, np.int64)
    first, traders = np.empty(m, np.int64), np.empty(m, np.int64)
    sold_out, bought = np.zeros(m), np.zeros(m)
    start, end = np.empty(m), np.empty(m)
    for j in range(m):
        at = order[j]
        if not is_open[at]:
            continue
        if t == 0 or name[at] != traders[t - 1]:
            first[t], traders[t] = count, name[at]
            t += 1
        if sell[at]:
            sold_out[t - 1] -= width[at]
        else:
            bought[t - 1] += width[at]
        segment[count], owner[count] = at, t - 1
        count += 1
    for i in range(t):
        reached = sold_out[i]
        for j in range(first[i], first[i + 1] if i + 1 < t else count):
            start[j] = reached
            reached += width[segment[j]]
            end[j] = reached
    return (
        segment[:count].copy(),
        owner[:count].copy(),
        first[:t].copy(),
        traders[:t].copy(),
        sold_out[:t].copy(),
        bought[:t].copy(),
        start[:count].copy(),
        end[:count].copy(),
    )
