"""Accounts side by side: names and pieces of several blocks in arrays of one shape.

Problem: accounts that share a risk model and an index differ in their lots, cash and taxes only, and the same few
dozen array operations serve one of them or many. Decision: pieces stand in slabs, sales first, slab j holding the
j-th piece of every name of every account; where a name has fewer, an empty piece changes neither a maximum nor a
sum, so an account's figures do not depend on who stands beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.problem import Block
from di_advisor.formulate.segments import Segments
from di_advisor.solve.batch.common import Common

__all__ = ["Laid", "laid_out"]

IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Laid:
    """Several accounts, laid out. Shapes: a accounts, n names, s slabs of pieces, c rows that count amounts.

    Attributes
    ----------
    blocks : tuple of Block
        The accounts.
    common : Common
        What they share.
    sales : int
        Slabs of sales; those of buys follow.
    reach : ndarray of shape (s, a, n)
        Net trade at which a piece would be used just so, were there no prices.
    turn : tuple of c ndarrays of shape (s, a, n)
        By how much the price of a counting row lowers it.
    end : ndarray of shape (s, a, n)
        Net trade at which a piece ends, within the limits of the name; an empty piece ends below everything.
    sale_end, buy_start : ndarray of shape (slabs less one, a, n)
        Where the pieces after the first begin to be used.
    pieces : ndarray of shape (m + 1, 4 + 2 c)
        Of the segments of all accounts: start, end, what a unit pays, cost at no trade, and what rows count of
        both; the last belongs to names that have none.
    first_sale, first_buy : ndarray of int, shape (a * n,)
        The first of each name.
    bounds : ndarray of int, shape (a + 1,)
        Where each account's segments begin.
    active, curvature, lean, softer : ndarray of shape (a, n)
        Active weights; second derivative of a name's cost; its slope at no trade, and the inverse of the second.
    lower, upper : ndarray of shape (a, n)
        Limits of net trades.
    losses, choosing : ndarray of bool, shape (a, n)
        Names that hold losses; names with two sides, which are these and the members of their groups.
    torn : ndarray of int, shape (t,)
        Flat positions of the latter.
    apiece : ndarray of shape (t,)
        One over the size of their groups.
    torn_owner : ndarray of int, shape (t,)
        Their accounts.
    torn_end, most_sold : ndarray of shape (sales less one, t), (t,)
        `sale_end` and `lower` of them.
    one_sided : ndarray of shape (a, n)
        Minus infinity for names with losses, whose buys exclude sales; else zero.
    least : ndarray of shape (a, n)
        Least net trade on the side of buys.
    half, gains : ndarray of shape (a * n,)
        Half the curvature; whether buys do not exclude sales.
    never_sell, never_buy : ndarray of bool, shape (t,), or None
        Where limits leave no trade on a side; None where they nowhere do.
    teams : tuple of ndarray of int
        Members of groups that must choose together, as places among those with two sides.
    own, aversion : ndarray of shape (a,)
        Cost of the specific risk of doing nothing; price of variance.
    idle : ndarray of shape (a, k + r)
        Activities of doing nothing, without amounts.
    lowest, highest, kept : ndarray of shape (a, r)
        Limits of the rows, and the upper ones less their reserves.
    loosest : ndarray of shape (a, k + r)
        Curvature of the dual along each price if every name moved.
    """

    blocks: tuple[Block, ...]
    common: Common
    sales: int
    reach: FloatArray
    turn: tuple[FloatArray, ...]
    end: FloatArray
    sale_end: FloatArray
    buy_start: FloatArray
    pieces: FloatArray
    first_sale: IntArray
    first_buy: IntArray
    bounds: IntArray
    active: FloatArray
    curvature: FloatArray
    lean: FloatArray
    softer: FloatArray
    lower: FloatArray
    upper: FloatArray
    losses: NDArray[np.bool_]
    choosing: NDArray[np.bool_]
    torn: IntArray
    apiece: FloatArray
    torn_owner: IntArray
    torn_end: FloatArray
    most_sold: FloatArray
    one_sided: FloatArray
    least: FloatArray
    half: FloatArray
    gains: NDArray[np.bool_]
    never_sell: NDArray[np.bool_] | None
    never_buy: NDArray[np.bool_] | None
    teams: tuple[IntArray, ...]
    own: FloatArray
    aversion: FloatArray
    idle: FloatArray
    lowest: FloatArray
    highest: FloatArray
    kept: FloatArray
    loosest: FloatArray

    @property
    def counting(self) -> tuple[int, ...]:
        """Rows that count amounts."""
        return self.common.counting


def laid_out(blocks: Sequence[Block], common: Common) -> Laid:
    """Lay out accounts that fit what they share."""
    a, n = len(blocks), len(common.levers)
    spots = [_spots(b) for b in blocks]
    sales = 1 + max(int(slot[b.segments.sell].max(initial=0)) for b, (slot, _) in zip(blocks, spots, strict=True))
    buys = 1 + max(int(slot[~b.segments.sell].max(initial=0)) for b, (slot, _) in zip(blocks, spots, strict=True))
    s = sales + buys
    counting = common.counting
    bounds = np.cumsum([0, *(len(b.segments) for b in blocks)])
    pieces = np.zeros((int(bounds[-1]) + 1, 4 + 2 * len(counting)))
    first_sale, first_buy = (np.full(a * n, bounds[-1]) for _ in range(2))
    places = []
    active, lower, upper, curvature, lean = (np.empty((a, n)) for _ in range(5))
    losses, own = np.empty((a, n), np.bool_), np.empty(a)
    for i, (block, (slot, before)) in enumerate(zip(blocks, spots, strict=True)):
        segments, z0 = block.segments, block.holdings.active
        sell, name = segments.sell, segments.name + i * n
        places.append(np.where(sell, slot, sales + slot) * (a * n) + name)
        begins = np.flatnonzero(slot == 0)
        for side, first in ((sell, first_sale), (~sell, first_buy)):
            mine = begins[side[begins]]
            first[name[mine]] = mine + bounds[i]
        rows = [block.rows[j].on_segments for j in counting]
        _fill(pieces[bounds[i] : bounds[i + 1]], segments, [r for r in rows if r is not None], slot, before)
        active[i], losses[i] = z0, segments.names_with_losses(n)
        lower[i], upper[i] = block.active_lower - z0, block.active_upper - z0
        specific = block.aversion * block.risk.specific_variance_per_year
        curvature[i], lean[i] = 2.0 * (specific + block.impact), 2.0 * specific * z0
        own[i] = float((specific * z0 * z0).sum())
    place, softer = np.concatenate(places), 1.0 / curvature
    sizes = (s, a, n)
    start, end = _spread(sizes, place, pieces[:-1, 0], np.inf), _spread(sizes, place, pieces[:-1, 1], -np.inf)
    start[0][first_sale.reshape(a, n) == bounds[-1]] = end[0][first_sale.reshape(a, n) == bounds[-1]] = 0.0
    start[sales][first_buy.reshape(a, n) == bounds[-1]] = end[sales][first_buy.reshape(a, n) == bounds[-1]] = 0.0
    lower = np.maximum(lower, np.minimum(start[:sales], 0.0).min(axis=0))
    upper = np.minimum(upper, np.maximum(end[sales:], 0.0).max(axis=0))
    sale_end, buy_start = end[1:sales].copy(), start[sales + 1 :]
    end = np.where((start > upper) & (start < end), -np.inf, np.minimum(end, upper))
    end[sales:][:, upper < 0] = -np.inf
    # nothing to buy: an empty piece, which no price moves, must not hold back sales that pay
    end[sales][(first_buy.reshape(a, n) == bounds[-1]) & (first_sale.reshape(a, n) < bounds[-1])] = -np.inf
    end[:sales][:, lower > 0] = -np.inf
    paying = _spread(sizes, place, pieces[:-1, 2], 0.0)
    choosing = losses.copy()
    for members in common.shared:
        choosing[:, members] |= losses[:, members].any(axis=1, keepdims=True)
    torn = np.flatnonzero(choosing)
    together = [i * n + members for i in range(a) for members in common.shared if choosing[i, members[0]]]
    lowest, highest, kept = np.array([_limits(b, common) for b in blocks]).transpose(1, 0, 2)
    return Laid(
        blocks=tuple(blocks),
        common=common,
        sales=sales,
        reach=(paying - lean) * softer,
        turn=tuple(_spread(sizes, place, pieces[:-1, 4 + 2 * at], 0.0) * softer for at in range(len(counting))),
        end=end,
        sale_end=sale_end,
        buy_start=buy_start,
        pieces=pieces,
        first_sale=first_sale,
        first_buy=first_buy,
        bounds=bounds,
        active=active,
        curvature=curvature,
        lean=lean,
        softer=softer,
        lower=lower,
        upper=upper,
        losses=losses,
        choosing=choosing,
        torn=torn,
        apiece=(1.0 / np.bincount(common.groups)[common.groups])[torn % n],
        torn_owner=torn // n,
        torn_end=sale_end.reshape(sales - 1, a * n)[:, torn],
        most_sold=lower.take(torn),
        one_sided=np.where(losses, -np.inf, 0.0),
        least=np.where(losses, np.maximum(lower, 0.0), lower),
        half=0.5 * curvature.ravel(),
        gains=~losses.ravel(),
        never_sell=_any(lower.take(torn) > 0),
        never_buy=_any((losses & (upper < 0)).take(torn)),
        teams=tuple(np.searchsorted(torn, members) for members in together),
        own=own,
        aversion=np.array([b.aversion for b in blocks]),
        idle=np.matmul(active[:, None, :], common.levers)[:, 0],
        lowest=lowest,
        highest=highest,
        kept=kept,
        loosest=np.matmul(softer[:, None, :], common.squared)[:, 0],
    )


def _limits(block: Block, common: Common) -> FloatArray:
    """Lower, upper and kept limits of an account's rows and boxes, shape (3, r)."""
    rows = np.array([(row.lower, row.upper, row.upper - row.reserve) for row in block.rows])
    low, high = block.exposure_lower[common.boxed], block.exposure_upper[common.boxed]
    return np.concatenate([rows.T, np.stack([low, high, high])], axis=1)


def _fill(table: FloatArray, segments: Segments, rows: list[FloatArray], slot: IntArray, before: FloatArray) -> None:
    """Fill an account's part of `Laid.pieces`."""
    sell, width, sign, begins = segments.sell, segments.width, segments.sign, np.flatnonzero(slot == 0)
    after = before + width
    after[:-1] = np.where(slot[1:] > 0, before[1:], after[:-1])  # where the next one begins, to the last bit
    table[:, 0], table[:, 1] = np.where(sell, -after, before), np.where(sell, -before, after)
    nearest = np.where(sell, -before, before)
    for at, row in enumerate((segments.slope, *rows)):
        per_unit = sign * row
        table[:, 2 + 2 * at] = per_unit if at else -per_unit
        table[:, 3 + 2 * at] = _before(begins, row * width) - per_unit * nearest


def _any(where: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
    return where if where.any() else None


def _spread(sizes: tuple[int, int, int], place: IntArray, values: FloatArray, rest: float) -> FloatArray:
    """Values of segments in slabs, shape (s, a, n); something else where there is none."""
    found = np.full(sizes, rest)
    found.ravel()[place] = values
    return found


def _spots(block: Block) -> tuple[IntArray, FloatArray]:
    """Of each segment its number within its name and side, and the amount filled before it."""
    segments = block.segments
    side = 2 * segments.name + ~segments.sell
    begins = np.flatnonzero(np.concatenate([[True], side[1:] != side[:-1]]))
    slot = np.arange(len(side)) - np.repeat(begins, np.diff(np.append(begins, len(side))))
    return slot, _before(begins, segments.width)


def _before(begins: IntArray, amount: FloatArray) -> FloatArray:
    """Sums of amounts over the segments of the same name and side before each one."""
    before = np.cumsum(amount) - amount
    return np.asarray(before - np.repeat(before[begins], np.diff(np.append(begins, len(before)))), dtype=np.float64)
