"""`segments.cut` as loops, compiled: the same pieces to the last bit, in the order of names at once.

What each step is for is told in `segments`; the arithmetic of ends, knots and middles is that of its arrays, number
by number. Limits: see `di_advisor.compiled`.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from di_advisor.compiled import compiled
from di_advisor.domain.market import FloatArray

__all__ = ["cut_by_loops"]

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

_SHORTEST = 1e-12


@compiled
def _merged(
    name: IntArray, width: FloatArray, knots: FloatArray, slopes: FloatArray
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Pieces cut at the knots of their name: the piece each part came from, its width, its slope of cost."""
    size, columns = len(name), knots.shape[1]
    last = columns - 1
    end = np.empty(size)
    total, before, largest = 0.0, 0.0, 0.0
    for i in range(size):
        if i and name[i] != name[i - 1]:
            before = total
        total += width[i]
        end[i] = total - before
        largest = max(largest, end[i])
    for k in range(knots.shape[0]):
        largest = max(largest, knots[k, last])
    room = 2.0 * largest
    top = np.zeros(knots.shape[0])
    for i in range(size):
        top[name[i]] = end[i]  # the last piece of a name comes last
    piece = np.empty(size + size * max(columns - 2, 0), dtype=np.int64)
    parts, cost = np.empty(len(piece)), np.empty(len(piece))
    count, i, at_before, owner_before, pointer = 0, 0, -math.inf, -1, 0
    ends = np.empty(size)
    for j in range(size):
        ends[j] = name[j] * room + end[j]
    kept_before = 0.0
    while i < size:
        owner, knot = name[i], 1
        stop = i
        while stop < size and name[stop] == owner:
            stop += 1
        while i < stop or knot < last:
            # The next place of a cut: where a piece ends, or a knot, whichever comes first.
            cut = math.inf
            while knot < last:
                inner = knots[owner, knot]
                if inner > 0 and inner < knots[owner, last]:
                    cut = owner * room + inner
                    of = math.floor(cut / room)
                    if cut - of * room < top[of]:
                        break
                    cut = math.inf
                knot += 1
            if i < stop and ends[i] <= cut:
                at = ends[i]
                i += 1
            elif knot < last:
                at = cut
                knot += 1
            else:
                break
            if not at - at_before > _SHORTEST:
                at_before = at
                continue
            at_before = at
            while pointer < size and ends[pointer] < at - _SHORTEST:
                pointer += 1
            mine = min(pointer, size - 1)
            low = name[mine] * room
            start = low if name[mine] != owner_before else kept_before
            owner_before, kept_before = name[mine], at
            width_of = at - start
            middle = start + width_of / 2 - low
            passed = 0
            for j in range(1, last):
                passed += knots[name[mine], j] <= middle
            piece[count], parts[count], cost[count] = mine, width_of, slopes[name[mine], passed]
            count += 1
    return piece[:count], parts[:count], cost[:count]


@compiled
def cut_by_loops(
    lots: IntArray,
    lot_name: IntArray,
    lot_width: FloatArray,
    lot_slope: FloatArray,
    lot_loss: BoolArray,
    buy_width: FloatArray,
    knots: FloatArray,
    sell_slopes: FloatArray,
    buy_slopes: FloatArray,
    linear: FloatArray,
) -> tuple[IntArray, BoolArray, IntArray, BoolArray, FloatArray, FloatArray, FloatArray]:
    """The fields of `Segments` of all sales and buys.

    Parameters
    ----------
    lots : ndarray of int
        Lots that may be sold, in fill order (`in_fill_order`).
    lot_name, lot_width, lot_slope, lot_loss : ndarray of shape (L,)
        As for `segments.cut`.
    buy_width : ndarray of shape (n,)
        Weight that may be bought of each name.
    knots, sell_slopes, buy_slopes : ndarray of shape (n, K + 1), (n, K), (n, K)
        Chords of the trading cost.
    linear : ndarray of shape (n,) or (0,)
        Trading cost per unit that the slopes take instead; none where they take the chords'.
    """
    piece, width, cost = _merged(lot_name[lots], lot_width[lots], knots, sell_slopes)
    bought = np.flatnonzero(buy_width > _SHORTEST)
    piece_b, width_b, cost_b = _merged(bought, buy_width[bought], knots, buy_slopes)
    sales, size = len(piece), len(piece) + len(piece_b)
    name, sell, lot = np.empty(size, np.int64), np.zeros(size, np.bool_), np.full(size, -1, np.int64)
    loss, wide = np.zeros(size, np.bool_), np.empty(size)
    slope, paid = np.empty(size), np.empty(size)
    at, i, j = 0, 0, 0
    while at < size:
        selling = i < sales and (j == len(piece_b) or lot_name[lots[piece[i]]] <= bought[piece_b[j]])
        if selling:
            sold = lots[piece[i]]
            name[at], sell[at], lot[at], loss[at] = lot_name[sold], True, sold, lot_loss[sold]
            wide[at], paid[at] = width[i], cost[i]
        else:
            name[at], wide[at], paid[at] = bought[piece_b[j]], width_b[j], cost_b[j]
        slope[at] = linear[name[at]] if len(linear) else paid[at]
        if selling:
            slope[at] += lot_slope[lot[at]]
            i += 1
        else:
            j += 1
        at += 1
    return name, sell, lot, loss, wide, slope, paid
