"""Index weights without float share counts: sizes that grow with prices, set from what was known when a name came in.

Problem: no file has float-adjusted share counts through time, and counts of a later sheet rolled back know who would
do well. Decision: three ways, named on every result. ``volume`` (the default, **no look-ahead**): a name's size, when
it is announced, is its median dollar volume of the year before, on the scale of the members' sizes and volumes on that
day; from then on it grows with the price alone, as a capitalisation does, so weights turn over only when members
change. ``equal``: all sizes are made equal each quarter. ``cap``: sizes of the first holdings sheet, rolled along the
prices: near the true weights, and **looks ahead in level** before the sheet. Limits: dollar volume overstates names
that trade a lot; names without any figure before they come in get the lower quartile.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray

__all__ = ["WeightKind", "sizes"]

_SMALL = 0.25


class WeightKind(StrEnum):
    """How index weights are made."""

    VOLUME = "volume"
    EQUAL = "equal"
    CAP = "cap"


def sizes(
    inside: NDArray[np.bool_],
    usual_volume: FloatArray,
    grown: FloatArray,
    kind: WeightKind,
    *,
    notice: int,
    resets: NDArray[np.int64],
    sheet: tuple[int, Mapping[int, float]] | None = None,
) -> FloatArray:
    """Size of each name from its announcement on, shape (t, n); 0 where it is no member and not announced.

    Parameters
    ----------
    inside : ndarray of bool, shape (t, n)
        Members of each session.
    usual_volume : ndarray of shape (t, n)
        Dollar volume of a usual day, known at each close.
    grown : ndarray of shape (t, n)
        What a dollar of the first session has become by price alone, more than zero.
    kind : WeightKind
        How.
    notice : int
        Sessions between announcement and effect.
    resets : ndarray of int
        Positions of sessions on which equal sizes are made equal again.
    sheet : (int, Mapping of int to float), optional
        Position of a session and weight by name's position, for ``cap``.
    """
    t, n = inside.shape
    size = np.zeros((t, n))
    came = inside & ~np.vstack([np.zeros((1, n), np.bool_), inside[:-1]])
    starts = sorted((max(int(e) - notice, 0), int(e), int(j)) for e, j in zip(*np.nonzero(came), strict=True))
    for known, effective, j in starts:
        gone = np.flatnonzero(~inside[effective:, j])
        end = effective + int(gone[0]) if len(gone) else t
        rows = slice(known, end)
        size[rows, j] = _entry(size, inside, usual_volume, known, j) * grown[rows, j] / grown[known, j]
    if kind is WeightKind.CAP and sheet is not None:
        row, weight = sheet
        named = [j for j in weight if size[row, j] > 0]
        scale = float(size[row, named].sum()) / sum(weight[j] for j in named)
        for j in named:
            of_sheet = weight[j] * scale * grown[:, j] / grown[row, j]
            size[:, j] = np.where(size[:, j] > 0, of_sheet, 0.0)
    if kind is WeightKind.EQUAL:
        size = _equal(size, grown, resets)
    return size


def _entry(size: FloatArray, inside: NDArray[np.bool_], usual: FloatArray, known: int, j: int) -> float:
    """Size of a name that is announced on a session, from what was known at its close."""
    there = inside[known] & (size[known] > 0) if known else np.zeros(len(usual[0]), dtype=np.bool_)
    if not there.any():
        figures = usual[known, np.isfinite(usual[known])]
        small = float(np.quantile(figures, _SMALL)) if len(figures) else 1.0
        return float(usual[known, j]) if np.isfinite(usual[known, j]) else small
    if not np.isfinite(usual[known, j]):
        return float(np.quantile(size[known, there], _SMALL))
    both = there & np.isfinite(usual[known])
    return float(usual[known, j] * size[known, both].sum() / usual[known, both].sum())


def _equal(size: FloatArray, grown: FloatArray, resets: NDArray[np.int64]) -> FloatArray:
    """Equal sizes at each reset; those that come in between get the size that all had then."""
    made = np.zeros_like(size)
    bounds = [0, *(int(r) for r in resets if 0 < r < len(size)), len(size)]
    for a, b in itertools.pairwise(bounds):
        base = np.where(size[a:b] > 0, grown[a:b], 0.0)
        first = np.argmax(base > 0, axis=0)
        level = base[first, np.arange(base.shape[1])]
        made[a:b] = np.divide(base, level, out=np.zeros_like(base), where=level > 0)
    return made
