"""Counts of steps of shares and the lots that sales empty, as loops, compiled: those of `rounded` and `order_columns`.

What each step is for is told there; the arithmetic is that of their arrays, number by number, so that the same plan
gives the same shares to the last one. Limits: lots are sorted within their name by insertion.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from di_advisor.compiled import compiled
from di_advisor.domain.market import FloatArray

__all__ = ["counts_by_loops", "filled_by_loops", "sale_curve_by_loops"]

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

_WHOLE = 1e-6


@compiled
def sale_curve_by_loops(
    lot: IntArray, lot_name: IntArray, width: FloatArray, slope: FloatArray
) -> tuple[IntArray, IntArray, FloatArray, FloatArray, FloatArray]:
    """The fields of `SaleCurve`, of lots in fill order: the lots, their names, starts, widths and slopes."""
    name, start = np.empty(len(lot), dtype=np.int64), np.empty(len(lot))
    wide, sloped = np.empty(len(lot)), np.empty(len(lot))
    end, offset = 0.0, 0.0
    for j in range(len(lot)):
        i = lot[j]
        name[j], wide[j], sloped[j] = lot_name[i], width[i], slope[i]
        if j and name[j] != name[j - 1]:
            offset = end
        end += wide[j]
        start[j] = end - wide[j] - offset
    return lot, name, start, wide, sloped


@compiled
def counts_by_loops(
    lots: tuple[IntArray, FloatArray, FloatArray],
    now: tuple[FloatArray, FloatArray],
    limits: tuple[FloatArray, FloatArray, FloatArray, FloatArray],
    net: FloatArray,
    unit: FloatArray,
    kept: BoolArray,
) -> tuple[IntArray, FloatArray, BoolArray, BoolArray, IntArray, IntArray, FloatArray]:
    """Counts of steps nearest to a plan within every limit.

    Parameters
    ----------
    lots : tuple of ndarrays of shape (L,)
        Names, weights, and the largest sales.
    now : tuple of ndarrays of shape (n,)
        Weights held, and active weights.
    limits : tuple of ndarrays of shape (n,)
        Lower and upper active weights, largest buys, minimum trades.
    net, unit, kept : ndarray of shape (n,)
        Net trades of the plan, the weight of a step, and which names are kept as they are.

    Returns
    -------
    tuple of ndarrays of shape (n,)
        Counts, directions, what is sold out, what must be sold, fewest and most steps, and what may be sold.
    """
    (lot_name, lot_weight, sell_max), (held, active) = lots, now
    lower, upper, buy_max, min_trade = limits
    n = len(net)
    sellable, whole = np.zeros(n), np.zeros(n)
    for i in range(len(lot_name)):
        sellable[lot_name[i]] += sell_max[i]
        whole[lot_name[i]] += lot_weight[i] if sell_max[i] > 0 else 0.0
    count, direction = np.zeros(n, dtype=np.int64), np.zeros(n)
    sold_out, forced = np.zeros(n, dtype=np.bool_), np.zeros(n, dtype=np.bool_)
    least, most = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64)
    for k in range(n):
        size = abs(net[k])
        unwanted = active[k] > upper[k] + _WHOLE * unit[k]
        limited = sellable[k] < whole[k] * (1 - _WHOLE)
        everything = (unwanted and not limited) or sellable[k] >= held[k] * (1 - _WHOLE)
        sold_out[k] = not kept[k] and net[k] < 0 and size >= sellable[k] * (1 - _WHOLE) and everything
        if not (sold_out[k] or kept[k] or size <= 0.5 * _WHOLE * unit[k]):
            direction[k] = np.sign(net[k])
        fewest = np.int64(max(math.ceil(min_trade[k] / unit[k] - 1e-9), 1))
        up, down = upper[k] - active[k], active[k] - lower[k]
        limit = min(buy_max[k], up) if direction[k] > 0 else min(sellable[k], down)
        highest = np.int64(math.floor(max(limit, 0.0) / unit[k] + 1e-9))
        steps = np.int64(min(np.rint(size / unit[k]), float(highest)))
        if steps < fewest:
            steps = fewest if fewest <= highest else np.int64(0)
        if direction[k] == 0:
            steps = np.int64(0)
        forced[k] = direction[k] < 0 and unwanted
        if forced[k]:
            must = math.ceil((active[k] - upper[k]) / unit[k] - 1e-9)
            fewest = np.int64(min(max(must, fewest), max(highest, fewest)))
            steps = min(max(steps, min(fewest, highest)), highest)
        elif size < 0.5 * fewest * unit[k]:
            steps = np.int64(0)
        count[k], least[k], most[k] = steps, fewest, highest
    return count, direction, sold_out, forced, least, most, sellable


@compiled
def filled_by_loops(
    lot: IntArray, name: IntArray, counts: FloatArray, held: IntArray, each: int
) -> tuple[IntArray, IntArray, BoolArray, IntArray]:
    """Shares taken of lots in fill order, in whole numbers.

    Parameters
    ----------
    lot, name, held : ndarray of shape (s,)
        Lots in fill order, their names, and what each holds.
    counts : ndarray of shape (n,)
        Steps that are sold of each name; infinite where all of its lots are.
    each : int
        What a step is in the unit of ``held``.

    Returns
    -------
    tuple of ndarrays
        Places in ``lot`` of what is sold, how much of each, whether that is all of it, and how many lots of its name
        are sold before it.
    """
    place, count = np.empty(len(lot), dtype=np.int64), np.empty(len(lot), dtype=np.int64)
    whole, before = np.empty(len(lot), dtype=np.bool_), np.empty(len(lot), dtype=np.int64)
    found, left, earlier = 0, np.int64(0), 0
    for j in range(len(lot)):
        wanted = counts[name[j]]
        if j == 0 or name[j] != name[j - 1]:
            left, earlier = (np.int64(0) if math.isinf(wanted) else np.int64(wanted) * each), 0
        if not wanted > 0 or (left <= 0 and not math.isinf(wanted)):
            continue
        taken = held[j] if math.isinf(wanted) else min(held[j], left)
        place[found], count[found], whole[found], before[found] = j, taken, taken == held[j], earlier
        found, left, earlier = found + 1, left - taken, earlier + 1
    return place[:found], count[:found], whole[:found], before[:found]
