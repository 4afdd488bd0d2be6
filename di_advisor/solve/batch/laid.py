"""Accounts side by side: names and pieces of several blocks in arrays of one shape.

Problem: accounts that share a risk model and an index differ in their lots, cash and taxes only, and the same few
dozen array operations serve one of them or many. Decision: pieces stand in slabs, sales first, slab j holding the
j-th piece of every name of every account; where a name has fewer, an empty piece changes neither a maximum nor a
sum, so an account's figures do not depend on who stands beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.problem import Block
from di_advisor.solve.batch.common import Common, limits_of

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
    place : ndarray of int, shape (m,)
        Of each segment of all accounts its flat position in slabs.
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
    teams, team_of, team_begins : ndarray of int
        Members of groups that must choose together, as places among those with two sides, group by group; the
        group of each; where each group begins.
    own, aversion : ndarray of shape (a,)
        Cost of the specific risk of doing nothing; price of variance.
    idle : ndarray of shape (a, k + r)
        Activities of doing nothing, without amounts.
    lowest, highest, kept : ndarray of shape (a, r)
        Limits of the rows, and the upper ones less their reserves.
    loosest : ndarray of shape (a, k + r)
        Curvature of the dual along each price if every name moved.
    follows, sell : ndarray of bool, shape (m,)
        Whether a segment comes after one of the same name and side; whether it is a sale.
    """

    blocks: tuple[Block, ...]
    common: Common
    sales: int
    reach: FloatArray
    place: IntArray
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
    teams: IntArray
    team_of: IntArray
    team_begins: IntArray
    own: FloatArray
    aversion: FloatArray
    idle: FloatArray
    lowest: FloatArray
    highest: FloatArray
    kept: FloatArray
    loosest: FloatArray
    follows: NDArray[np.bool_]
    sell: NDArray[np.bool_]

    @cached_property
    def turn(self) -> tuple[FloatArray, ...]:
        """By how much the price of each counting row lowers `reach`, c arrays of shape (s, a, n)."""
        table = self.pieces[:-1]
        return tuple(
            _spread(self.reach.shape, self.place, table[:, 4 + 2 * at], 0.0) * self.softer
            for at in range(len(self.counting))
        )

    @property
    def counting(self) -> tuple[int, ...]:
        """Rows that count amounts."""
        return self.common.counting


def laid_out(blocks: Sequence[Block], common: Common) -> Laid:
    """Lay out accounts that fit what they share."""
    a, n = len(blocks), len(common.levers)
    bounds = np.cumsum([0, *(len(b.segments) for b in blocks)])
    m, size = int(bounds[-1]), a * n
    sell = np.concatenate([b.segments.sell for b in blocks])
    name = np.concatenate([b.segments.name + i * n for i, b in enumerate(blocks)])
    side = name + np.where(sell, 0, size)
    follows = np.zeros(m, dtype=np.bool_)
    np.equal(side[1:], side[:-1], out=follows[1:])
    begins = np.flatnonzero(~follows)
    ends = np.append(begins[1:], m) - 1
    run = np.cumsum(~follows) - 1
    slot = np.arange(m) - begins.take(run)
    first = np.full(2 * size, m)
    first[side.take(begins)] = begins
    first_sale, first_buy = first[:size], first[size:]
    pieces, after = _pieces(blocks, common, sell, (begins, run, bounds))
    active = np.array([b.holdings.active for b in blocks])
    losses = np.zeros((a, n), dtype=np.bool_)
    losses.ravel()[name[np.concatenate([b.segments.loss for b in blocks])]] = True
    aversion = np.array([b.aversion for b in blocks])
    specific = aversion[:, None] * common.risk.specific_variance_per_year
    curvature = 2.0 * (specific + np.array([b.impact for b in blocks]))
    lean, softer = 2.0 * specific * active, 1.0 / curvature
    own = (specific * active * active).sum(axis=1)
    furthest = np.zeros(2 * size)
    furthest[side.take(ends)] = after.take(ends)
    lower = np.maximum(np.array([b.active_lower for b in blocks]) - active, -furthest[:size].reshape(a, n))
    upper = np.minimum(np.array([b.active_upper for b in blocks]) - active, furthest[size:].reshape(a, n))
    last, sold = slot.take(ends), sell.take(ends)
    sales = 1 + int(np.where(sold, last, 0).max(initial=0))
    sizes = (sales + 1 + int(np.where(sold, 0, last).max(initial=0)), a, n)
    place = np.where(sell, slot, sales + slot) * size + name
    start, end, most = pieces[:-1, 0], pieces[:-1, 1], upper.ravel().take(name)
    # what a limit shuts off ends below everything, and what is not there does: no price makes it hold back others
    shut = (start > most) | (most < 0) & ~sell | (lower.ravel().take(name) > 0) & sell
    open_end = _spread(sizes, place, np.where(shut, -np.inf, np.minimum(end, most)), -np.inf)
    limited = bool((shut & sell).any())
    sale_end = (_spread(sizes, place, end, -np.inf) if limited else open_end)[1:sales]
    later = np.flatnonzero(follows & ~sell)
    buy_start = np.full((sizes[0] - sales - 1, a, n), np.inf)
    buy_start.ravel()[place.take(later) - (sales + 1) * size] = start.take(later)
    choosing = losses.copy()
    for members in common.shared:
        choosing[:, members] |= losses[:, members].any(axis=1, keepdims=True)
    torn = np.flatnonzero(choosing)
    together = [i * n + members for i in range(a) for members in common.shared if choosing[i, members[0]]]
    lengths = np.array([len(members) for members in together], dtype=np.int64)
    lowest, highest, kept = np.array([limits_of(b, common) for b in blocks]).transpose(1, 0, 2)
    return Laid(
        blocks=tuple(blocks),
        common=common,
        sales=sales,
        reach=_spread(sizes, place, (pieces[:-1, 2] - lean.ravel().take(name)) * softer.ravel().take(name), 0.0),
        place=place,
        end=open_end,
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
        torn_end=sale_end.reshape(sales - 1, size).take(torn, axis=1),
        most_sold=lower.take(torn),
        one_sided=np.where(losses, -np.inf, 0.0),
        least=np.where(losses, np.maximum(lower, 0.0), lower),
        half=0.5 * curvature.ravel(),
        gains=~losses.ravel(),
        never_sell=_any(lower.take(torn) > 0),
        never_buy=_any((losses & (upper < 0)).take(torn)),
        teams=np.searchsorted(torn, np.concatenate([np.zeros(0, np.int64), *together])),
        team_of=np.repeat(np.arange(len(lengths)), lengths),
        team_begins=np.cumsum(lengths) - lengths,
        own=own,
        aversion=aversion,
        idle=np.matmul(active[:, None, :], common.levers)[:, 0],
        lowest=lowest,
        highest=highest,
        kept=kept,
        loosest=np.matmul(softer[:, None, :], common.squared)[:, 0],
        follows=follows,
        sell=sell,
    )


def _pieces(
    blocks: Sequence[Block], common: Common, sell: NDArray[np.bool_], runs: tuple[IntArray, IntArray, IntArray]
) -> tuple[FloatArray, FloatArray]:
    """`Laid.pieces`, and the amount filled of a name and side after each segment, shape (m,)."""
    begins, run, bounds = runs
    m, lines = len(sell), 2 + len(common.counting)
    filled = np.empty((lines, m))  # of each unit: the amount, what it costs, what rows count
    np.concatenate([b.segments.width for b in blocks], out=filled[0])
    np.concatenate([b.segments.slope for b in blocks], out=filled[1])
    for at, j in enumerate(common.counting):
        rows = [b.rows[j].on_segments for b in blocks]
        np.concatenate([r for r in rows if r is not None], out=filled[2 + at])
    sign = np.where(sell, -1.0, 1.0)
    per_unit = filled[1:] * sign
    width = filled[0]
    filled[1:] *= width
    before = np.empty_like(filled)
    for low, high in pairwise(bounds):  # an account's sums are its own
        np.cumsum(filled[:, low:high], axis=1, out=before[:, low:high])
    before -= filled
    before -= before.take(begins, axis=1).take(run, axis=1)
    nearest = before[0] * sign
    after = before[0] + width
    follows = np.flatnonzero(run[1:] == run[:-1])
    after[follows] = before[0].take(follows + 1)  # where the next one begins, to the last bit
    furthest = after * sign
    table = np.zeros((m + 1, 2 * lines))
    np.minimum(nearest, furthest, out=table[:-1, 0])
    np.maximum(nearest, furthest, out=table[:-1, 1])
    rest = before[1:] - per_unit * nearest
    np.negative(per_unit[0], out=per_unit[0])
    table[:-1, 2::2], table[:-1, 3::2] = per_unit.T, rest.T
    return table, after


def _any(where: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
    return where if where.any() else None


def _spread(sizes: tuple[int, ...], place: IntArray, values: FloatArray, rest: float) -> FloatArray:
    """Values of segments in slabs, shape (s, a, n); something else where there is none."""
    found = np.full(sizes, rest)
    found.ravel()[place] = values
    return found
