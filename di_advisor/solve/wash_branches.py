"""The branches that washed losses make of a name's scalar problem: what each changes in its slopes and rows.

Within a width every loss sold (and every purchase that washes one) bears a price and counts in no budget;
beyond it the width is paid once, and counts once. Decision: both as a block of their own, laid out once for
all prices. A budget has further branches where a name holds losses of several sizes (`WashedRow`); in bounds
each name takes the least of all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from itertools import product

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.problem import Block
from di_advisor.formulate.segments import Segments
from di_advisor.formulate.washed_rows import WashedBranch, WashedRow
from di_advisor.solve.choices import Choice, washed
from di_advisor.solve.scalar import Best, Side

__all__ = ["WashBranches", "on_segments", "sides_of"]

_DISORDER = 1e-13
_COMBINATIONS = 64
"""Branches of several budgets at once that are looked at; beyond that what they wash counts as nothing."""


def sides_of(segments: Segments) -> tuple[Side, Side]:
    """Sales and buys in fill order."""
    return Side.of(segments, np.flatnonzero(segments.sell)), Side.of(segments, np.flatnonzero(~segments.sell))


def on_segments(block: Block) -> FloatArray:
    """Coefficients of a block's rows on its amounts, shape (r, m)."""
    m = len(block.segments)
    rows = [np.zeros(m) if r.on_segments is None else r.on_segments for r in block.rows]
    return np.array(rows).reshape(len(rows), m)


class WashBranches:
    """The branches of a block.

    Parameters
    ----------
    block : Block
        The account.
    inner : Block, optional
        The block with every loss washed, cut in the order of the slopes it then has; when left out its pieces are
        those of ``block``.
    """

    def __init__(self, block: Block, inner: Block | None = None) -> None:
        self.block, self.given = block, inner
        self._washing: list[tuple[int, WashedRow]] = [
            (j, row.washing) for j, row in enumerate(block.rows) if row.washing is not None
        ]

    @cached_property
    def _rows(self) -> FloatArray:
        return on_segments(self.block)

    @cached_property
    def inner(self) -> Block:
        """The washed part of every sale and buy in its slope, and in the rows."""
        if self.given is not None:
            return self.given
        n = len(self.block.active_lower)
        sold, bought = (washed(self.block, np.full(n, int(c))) for c in (Choice.SELL, Choice.BUY))
        slope = np.where(self.block.segments.sell, sold.segments.slope, bought.segments.slope)
        rows = tuple(
            a
            if a.on_segments is None or b.on_segments is None
            else replace(a, on_segments=np.where(self.block.segments.sell, a.on_segments, b.on_segments))
            for a, b in zip(sold.rows, bought.rows, strict=True)
        )
        return replace(self.block, segments=replace(self.block.segments, slope=slope), rows=rows, wash=None)

    @cached_property
    def inner_rows(self) -> FloatArray:
        """Coefficients of the rows on the pieces of `inner`."""
        return on_segments(self.inner)

    @cached_property
    def inner_sides(self) -> tuple[Side, Side]:
        """Sales and buys of `inner`."""
        return sides_of(self.inner.segments)

    @cached_property
    def out(self) -> Block:
        """The block with every name sold out."""
        return washed(self.block, np.full(len(self.block.active_lower), int(Choice.EXIT)))

    @cached_property
    def out_rows(self) -> FloatArray:
        """Coefficients of the rows on the pieces of `out`."""
        return on_segments(self.out)

    def beyond(self, prices: FloatArray) -> tuple[FloatArray, FloatArray]:
        """What prices of rows charge beyond the widths of sales: on segments (m,), and for each name (n,)."""
        return self._charged(prices, [w.beyond for _, w in self._washing])

    def others(self, prices: FloatArray) -> Iterator[tuple[FloatArray, FloatArray]]:
        """The same for all other branches of the rows that have a price."""
        priced = [bool(prices[j] > 0) for j, _ in self._washing]
        options = [(w.beyond, *w.others) if p else (w.beyond,) for p, (_, w) in zip(priced, self._washing, strict=True)]
        if np.prod([len(o) for o in options]) > _COMBINATIONS:
            yield np.zeros(len(self.block.segments)), np.zeros(len(self.block.active_lower))
            return
        for at, branches in enumerate(product(*options)):
            if at:  # the first is `beyond`
                yield self._charged(prices, list(branches))

    def bought_whole(self, prices: FloatArray) -> FloatArray:
        """What buying beyond its width costs each name, prices of rows included, shape (n,)."""
        wash, total = self.block.wash, np.zeros(len(self.block.active_lower))
        for j, washing in self._washing:
            total = total + prices[j] * washing.bought_whole
        return total if wash is None else np.asarray(total + wash.buy_price * wash.buy_width, dtype=np.float64)

    def counted(self, choice: Choice) -> tuple[FloatArray, FloatArray]:
        """What the rows count under a choice: on the segments of its pieces (r, m), and for each name (n, r)."""
        on, whole = self._rows, np.zeros((len(self.block.active_lower), len(self.block.rows)))
        if self.given is not None and choice in (Choice.SELL, Choice.BUY):
            return self.inner_rows, whole
        on = on.copy() if self._washing else on
        for j, w in self._washing:
            if choice == Choice.SELL:
                on[j] += w.within
            elif choice == Choice.BUY:
                on[j] += w.bought
            elif choice == Choice.SELL_BEYOND:
                on[j] += w.beyond.on
                whole[:, j] = w.beyond.whole
            elif choice == Choice.BUY_BEYOND:
                whole[:, j] = w.bought_whole
        return on, whole

    def in_any_order(self, best: Best, side: Side, segments: Segments, slope: FloatArray, dearer: float) -> Best:
        """The best of a side whose lots other prices put in another order, at no more than it could cost then.

        Pieces carry the trading cost of the order in which they were cut: what another order could save is taken off.
        """
        s, name = slope[side.segment], side.name
        wrong = np.zeros(len(best.value), dtype=np.bool_)
        wrong[name[1:][(s[1:] < s[:-1] - _DISORDER) & (name[1:] == name[:-1])]] = True
        mine = wrong[side.owner]
        if not mine.any():
            return best
        cash = segments.cash_cost[side.segment]
        spread = np.maximum.reduceat(cash, side.first) - np.minimum.reduceat(cash, side.first)
        value = best.value.copy()
        value[side.owner] -= np.where(mine, dearer * spread * np.maximum.reduceat(side.end, side.first), 0.0)
        return replace(best, value=value)

    def _charged(self, prices: FloatArray, branches: list[WashedBranch]) -> tuple[FloatArray, FloatArray]:
        on, whole = np.zeros(len(self.block.segments)), np.zeros(len(self.block.active_lower))
        for (j, _), branch in zip(self._washing, branches, strict=True):
            on, whole = on + prices[j] * branch.on, whole + prices[j] * branch.whole
        return on, whole
