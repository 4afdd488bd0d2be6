"""The order in which a name's pieces are filled: by ascending cost, each beginning where the one before ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray

__all__ = ["Links", "ends_of", "links_of", "sorted_by_name"]

IntArray = NDArray[np.int64]
_APART = 1e-3


@dataclass(frozen=True)
class Links:
    """Neighbours in filling order, of the same name, that some row counts differently.

    Attributes
    ----------
    place : ndarray of int, shape (l,)
        Place of the first of the two.
    rows : ndarray of int, shape (c,)
        Places of the rows that count amounts, among exposures and rows.
    change : ndarray of shape (l, c)
        Change of their activities when the second is filled instead of the first, per unit.
    """

    place: IntArray
    rows: IntArray
    change: FloatArray


def ends_of(width: FloatArray, owner: IntArray, first: IntArray, sold_out: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Net trade at which each piece starts and ends, in filling order."""
    total = np.cumsum(width)
    before = total[first] - width[first]
    end = total - (before - sold_out)[owner]
    start = np.empty_like(end)
    start[1:] = end[:-1]
    start[first] = sold_out
    return start, end


def links_of(rows: IntArray, row_turns: FloatArray, owner: IntArray) -> Links | None:
    """Links among pieces in filling order; None where rows tell no neighbours apart."""
    change = row_turns[:, 1:] - row_turns[:, :-1]
    place = np.flatnonzero((change != 0).any(axis=0) & (owner[1:] == owner[:-1]))
    return Links(place, rows, change[:, place].T) if len(place) else None


def sorted_by_name(key: FloatArray, owner: IntArray) -> IntArray:
    """Positions that sort keys within each name; names are in order already.

    One stable sort of both at once, which is quick where each side of a name is sorted already. Keys
    closer than round-off may stay out of order, which costs nothing.
    """
    apart = 2.0 * float(np.abs(key).max(initial=0.0)) * (1.0 + _APART)
    return np.argsort(owner * apart + key, kind="stable")
