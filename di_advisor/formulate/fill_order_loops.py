"""The order in which lots of a name are sold, as a loop, compiled.

Limits: see `di_advisor.compiled`; lots are sorted within their name by insertion, which is quick for the few that a
name has.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from di_advisor.compiled import compiled
from di_advisor.domain.market import FloatArray

__all__ = ["in_fill_order"]

IntArray = NDArray[np.int64]


@compiled
def in_fill_order(name: IntArray, width: FloatArray, slope: FloatArray, names: int, shortest: float) -> IntArray:
    """Lots that may be sold, by name and then by slope; lots that are alike stay in their order.

    Parameters
    ----------
    name, width, slope : ndarray of shape (L,)
        Name of each lot, the weight that may be sold, and what a unit of it costs.
    names : int
        Number of names.
    shortest : float
        A lot of which no more than this may be sold is none.
    """
    starts = np.zeros(names + 1, dtype=np.int64)
    for i in range(len(name)):
        if width[i] > shortest:
            starts[name[i] + 1] += 1
    for k in range(names):
        starts[k + 1] += starts[k]
    order = np.empty(starts[names], dtype=np.int64)
    filled = starts[:names].copy()
    for i in range(len(name)):
        if not width[i] > shortest:
            continue
        first, at = starts[name[i]], filled[name[i]]
        filled[name[i]] += 1
        while at > first and slope[order[at - 1]] > slope[i]:
            order[at] = order[at - 1]
            at -= 1
        order[at] = i
    return order
