"""From a block and fixed choices to pieces in filling order."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from di_advisor import compiled
from di_advisor.domain.market import FloatArray
from di_advisor.formulate.problem import Block
from di_advisor.solve.choices import Restriction
from di_advisor.solve.dual_newton.filling import ends_of, sorted_by_name
from di_advisor.solve.dual_newton.pieces import Pieces

__all__ = ["cut_pieces", "filling_order"]

IntArray = NDArray[np.int64]


def filling_order(block: Block, *, interleaved: bool = True) -> IntArray:
    """Segments of a block in filling order: of each name the sales, dearest first, then the buys.

    Where a sale saves more than a buy costs, the two sides interleave, unless that is not wanted: where
    costs do not count, no name should be sold and bought at once.
    """
    segments = block.segments
    m = len(segments)
    if not m:
        return np.zeros(0, dtype=np.int64)
    interleaved = interleaved and block.power is None  # a power belongs to a side
    if compiled.is_compiled():
        from di_advisor.solve.dual_newton.cut_loops import ordered

        return ordered(segments.name, segments.sell, segments.slope, interleaved=interleaved)
    side = 2 * segments.name + ~segments.sell
    begins = np.flatnonzero(np.r_[True, side[1:] != side[:-1]])
    counts = np.diff(np.r_[begins, m])
    mirrored = np.repeat(2 * begins + counts - 1, counts) - np.arange(m)
    order = np.where(segments.sell, mirrored, np.arange(m))
    if not interleaved:
        return order
    return order[sorted_by_name((segments.sign * segments.slope)[order], segments.name[order])]


def cut_pieces(block: Block, matrix: FloatArray, order: IntArray, limits: Restriction) -> Pieces:
    """Pieces that fixed choices leave open.

    Parameters
    ----------
    block : Block
        The account.
    matrix : ndarray of shape (n, k + r)
        Exposures and row coefficients on active weights.
    order : ndarray of int, shape (m,)
        From `filling_order`.
    limits : Restriction
        What the choices leave.
    """
    segments, z0 = block.segments, block.holdings.active
    cut = _opened(block, order, limits)
    segment, traders = cut.segment, cut.traders
    sell = segments.sell[segment]
    everyone = len(traders) == len(z0)
    active = z0[traders]
    specific = block.risk.specific_variance_per_year
    factors = matrix.shape[1] - len(block.rows)
    counting = [(factors + j, r.on_segments) for j, r in enumerate(block.rows) if r.on_segments is not None]
    row_slopes = row_turns = None
    sign = np.where(sell, -1.0, 1.0)
    if counting:
        row_slopes = np.array([on.take(segment) for _, on in counting])
        row_turns = row_slopes * sign
    return Pieces(
        segment=segment,
        owner=cut.owner,
        first=cut.first,
        sell=sell,
        sign=sign,
        slope=segments.slope[segment],
        width=segments.width[segment],
        rows=np.array([row for row, _ in counting], dtype=np.int64),
        row_slopes=row_slopes,
        traders=traders,
        matrix=matrix if everyone else matrix.take(traders, axis=0),
        base=z0 @ matrix,
        active=active,
        specific=specific[traders],
        impact=block.impact[traders],
        lower=np.maximum(cut.sold_out, limits.active_lower[traders] - active),
        upper=np.minimum(cut.bought, limits.active_upper[traders] - active),
        power=None if block.power is None else block.power[traders],
        sold_out=cut.sold_out,
        still=0.0 if everyone else float(specific @ (z0 * z0) - specific[traders] @ (active * active)),
        row_turns=row_turns,
        start=cut.start,
        end=cut.end,
    )


class _Cut(NamedTuple):
    """Segments of the open pieces (m,) with owners, first pieces (t,) with their names and reach, starts and ends."""

    segment: IntArray
    owner: IntArray
    first: IntArray
    traders: IntArray
    sold_out: FloatArray
    bought: FloatArray
    start: FloatArray
    end: FloatArray


def _opened(block: Block, order: IntArray, limits: Restriction) -> _Cut:
    """The open segments of each name in filling order."""
    segments = block.segments
    if compiled.is_compiled():
        from di_advisor.solve.dual_newton.cut_loops import opened

        return _Cut(*opened(order, limits.open_segments, segments.name, segments.sell, segments.width))
    segment = order[limits.open_segments[order]]
    name, width, sell = segments.name[segment], segments.width[segment], segments.sell[segment]
    first = np.flatnonzero(np.r_[True, name[1:] != name[:-1]]) if len(name) else np.zeros(0, np.int64)
    owner = np.repeat(np.arange(len(first)), np.diff(np.r_[first, len(name)]))
    sold_out = -np.bincount(owner, weights=np.where(sell, width, 0.0), minlength=len(first)).astype(np.float64)
    bought = np.bincount(owner, weights=np.where(sell, 0.0, width), minlength=len(first)).astype(np.float64)
    start, end = ends_of(width, owner, first, sold_out) if len(name) else (width, width)
    return _Cut(segment, owner, first, name[first], sold_out, bought, start, end)
