"""The chords of `cost_knots` as a loop over names, compiled: the same knots and slopes to the last bit.

Limits: see `di_advisor.compiled`.
"""

from __future__ import annotations

import numpy as np

from di_advisor.compiled import compiled
from di_advisor.domain.market import FloatArray
from di_advisor.formulate.cost_knots import Fineness

__all__ = ["drawn_by_loops"]


@compiled
def drawn_by_loops(
    usual: FloatArray,
    largest: FloatArray,
    linear: FloatArray,
    powers: FloatArray,
    extras: FloatArray,
    fineness: Fineness,
) -> tuple[int, FloatArray, FloatArray, FloatArray]:
    """Chords of the cost of each name, on one side or two.

    Parameters
    ----------
    usual, largest : ndarray of shape (n,)
        Usual and largest sizes of trades.
    linear, powers, extras : ndarray of shape (s, n)
        Coefficients of each side: per unit, of the power, and of the square that is not shared.
    fineness : Fineness
        How fine.

    Returns
    -------
    count : int
        Chords up to the usual size.
    knots, slope, slopes : ndarray of shape (n, K + 1), (n, K), (s, n, K)
        Trade sizes, slopes of the chords of ``v^1.5``, and of the cost of each side.
    """
    n, sides, count, is_beyond = len(usual), len(linear), 1, False
    pieces = np.ones(n, dtype=np.int64)
    for i in range(n):
        power, extra = powers[0, i], extras[0, i]
        for side in range(1, sides):
            power, extra = max(power, powers[side, i]), max(extra, extras[side, i])
        single = fineness.chord_error * power * np.sqrt(usual[i]) + extra * usual[i]
        pieces[i] = int(min(max(np.ceil(np.sqrt(single / fineness.tolerance)), 1.0), fineness.most))
        count = max(count, pieces[i])
        is_beyond = is_beyond or largest[i] > usual[i] * (1 + fineness.same)
    columns = count + (1 if is_beyond else 0)
    knots, slope, slopes = np.empty((n, columns + 1)), np.empty((n, columns)), np.empty((sides, n, columns))
    for i in range(n):
        near = max(usual[i], fineness.shortest)
        for j in range(count + 1):
            share = min(j / pieces[i], 1.0)
            knots[i, j] = near * (share * share)
        if is_beyond:
            knots[i, columns] = largest[i] if largest[i] > usual[i] * (1 + fineness.same) else near
        start, low, rising, square = knots[i, 0], 0.0, 0.0, 0.0
        for j in range(columns):
            end = knots[i, j + 1]
            high, run = end * np.sqrt(end), end - start
            slope[i, j] = (high - low) / run if run > 0 else 0.0
            rising = max(rising, slope[i, j])
            square = max(square, start + end if run > 0 else 0.0)
            for side in range(sides):
                slopes[side, i, j] = linear[side, i] + powers[side, i] * rising + extras[side, i] * square
            start, low = end, high
    return count, knots, slope, slopes
