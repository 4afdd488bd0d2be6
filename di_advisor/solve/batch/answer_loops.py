"""The amounts of an account's net trades, and how far they pass its limits, as loops: what `answer` does with arrays.

Limits: see `di_advisor.compiled`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from di_advisor.compiled import compiled
from di_advisor.domain.market import FloatArray
from di_advisor.solve.batch.common import Shared
from di_advisor.solve.batch.parts import Asked, Pieces

__all__ = ["made_by_loops", "residual_by_loops"]

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@compiled
def made_by_loops(
    asked: Asked, pieces: Pieces, trade: FloatArray, sells: BoolArray, lot: IntArray, lots: int, dust: float
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Amounts of the segments that make net trades, what is sold of each lot and bought of each name, active weights.

    Parameters
    ----------
    asked, pieces
        The account.
    trade, sells : ndarray of shape (n,)
        Net trades, and which names with two sides take that of sales.
    lot : ndarray of int, shape (m,)
        Lot of each sale.
    lots : int
        Number of lots.
    dust : float
        Amounts that count as none, or as all there is.
    """
    amounts, sold, bought = np.zeros(len(asked.name)), np.zeros(lots), np.zeros(len(trade))
    moved, active = np.zeros(len(trade)), np.empty(len(trade))
    for i in range(len(asked.name)):
        j, sell, width = asked.name[i], asked.sell[i], asked.width[i]
        if (pieces.losing[j] and not sells[j]) if sell else sells[j]:
            continue
        made = pieces.end[i] - trade[j] if sell else trade[j] - pieces.start[i]
        made = min(max(made, 0.0), width)
        if made < dust:
            continue
        made = width if made > width - dust else made
        amounts[i] = made
        if sell:
            moved[j] -= made
            sold[lot[i]] += made
        else:
            moved[j] += made
            bought[j] += made
    for j in range(len(trade)):
        active[j] = asked.active[j] + moved[j]
    return amounts, sold, bought, active


@compiled
def residual_by_loops(shared: Shared, asked: Asked, amounts: FloatArray, active: FloatArray) -> float:
    """Largest violation of a name's limits, a row, or one side for a group."""
    k, over = shared.factors, 0.0
    reached, lost, bought = np.zeros(len(asked.lowest)), np.zeros(len(shared.sizes)), np.zeros(len(shared.sizes))
    for j in range(len(active)):
        over = max(over, asked.active_lower[j] - active[j], active[j] - asked.active_upper[j])
        for at in range(len(reached)):
            reached[at] += active[j] * shared.levers[j, k + at]
    for i in range(len(amounts)):
        if amounts[i] == 0.0:
            continue
        for at in range(len(shared.counting)):
            reached[shared.counting[at]] += asked.counts[at, i] * amounts[i]
        if not asked.sell[i]:
            bought[shared.groups[asked.name[i]]] += amounts[i]
        elif asked.loss[i]:
            lost[shared.groups[asked.name[i]]] += amounts[i]
    for at in range(len(reached)):
        over = max(over, asked.lowest[at] - reached[at], reached[at] - asked.highest[at])
    for group in range(len(lost)):
        over = max(over, min(lost[group], bought[group]))
    return over
