"""A plan's problem without one of its trades, taken from layouts in which every name is without one.

Problem: each trade's question closes one lot, or the purchases of one name; cutting and laying out a name anew for
each takes as long as the answer. Decision: names do not see each other's segments, so that all names are changed at
once: one layout without purchases, one in which nothing is traded, and one for the first, second, ... lot of each
name. Limits: where a name's segments hang on other names (washed losses that rows count, own terms for a cone
solver, segments that were not cut from the terms) there are no such layouts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.problem import Block, Problem
from di_advisor.formulate.rules import Locked
from di_advisor.formulate.segments import Segments, cut
from di_advisor.formulate.separable import add_up
from di_advisor.propose.recut import with_segments
from di_advisor.solve.choices import Choice, Choices
from di_advisor.solve.one_name import Around, Changed, Layout
from di_advisor.solve.prices import Prices
from di_advisor.solve.quadratic import HotPath

__all__ = ["ByName", "Way"]

_FIELDS = tuple(f.name for f in fields(Segments))
_SAME = 1e-12


@dataclass(frozen=True)
class Way:
    """A way to do without a trade: the problem, and what its name's best trade would change at the plan's prices."""

    changed: Changed
    worth: float


class ByName:
    """A plan's problem, laid out for questions about single trades.

    Parameters
    ----------
    problem : Problem
        The plan's; one that `suits`.
    choices : ndarray of int, shape (n,)
        The plan's.
    prices : Prices
        The plan's.
    hot : HotPath
        Shared with the programs.
    """

    def __init__(self, problem: Problem, choices: Choices, prices: Prices, hot: HotPath) -> None:
        self.problem, self.choices, self.prices = problem, choices, prices
        self._around = Around(problem.block, choices, hot)
        self._known: dict[str, tuple[Layout, FloatArray]] = {}
        self._rank, self._count = _ranks(problem)

    @staticmethod
    def suits(problem: Problem) -> bool:
        """Whether names can be changed one by one: their segments, and what rows count on them, are cut from terms."""
        block = problem.block
        if problem.is_opaque or not Around.suits(block):
            return False
        again = _without_lots(problem, np.zeros(len(block.holdings.lot_name), dtype=np.bool_))
        return again is not None and _alike(again, block)

    def idle(self, name: int) -> Way | None:
        """The problem in which a name does not trade; None where it must."""
        nothing = np.full_like(self.choices, int(Choice.NOTHING))
        return self._way(name, "idle", lambda: self._laid(self.problem.block, nothing))

    def without_purchases(self, name: int) -> Way | None:
        """The problem in which a name is not bought, its choice kept; None where it must be."""
        block = self.problem.block
        return self._way(name, "buys", lambda: self._laid(block, self.choices, shut=~block.segments.sell))

    def without_lot(self, lot: int) -> Way | None:
        """The problem in which a lot is not sold; its name, if sold out, is then sold in part.

        None where the name has no other lot to sell, or is stuck outside its limits.
        """
        name, rank = int(self.problem.block.holdings.lot_name[lot]), int(self._rank[lot])
        if rank < 0 or self._count[name] < 2:
            return None
        in_part = np.where(self.choices == Choice.EXIT, int(Choice.SELL), self.choices)

        def laid() -> Layout:
            block = _without_lots(self.problem, self._rank == rank)
            return self._laid(self.problem.block if block is None else block, in_part)

        return self._way(name, f"lot {rank}", laid)

    def _laid(self, block: Block, choices: Choices, *, shut: NDArray[np.bool_] | None = None) -> Layout:
        return Layout.of(block, choices, self._around.matrix, shut=shut)

    def _way(self, name: int, which: str, laid: Callable[[], Layout]) -> Way | None:
        if which not in self._known:
            layout = laid()
            self._known[which] = layout, layout.worth(self.prices)
        layout, worth = self._known[which]
        changed = self._around.with_name(name, layout)
        return None if changed is None else Way(changed, float(worth[name]))


def _ranks(problem: Problem) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which of its name's lots to sell each lot is, shape (L,), -1 where it may not be; how many a name has, (n,)."""
    holdings = problem.block.holdings
    sellable = np.flatnonzero(_locks(problem).sell_max > 0)
    by_name = sellable[np.argsort(holdings.lot_name[sellable], kind="stable")]
    count = np.bincount(holdings.lot_name[sellable], minlength=len(holdings.held))
    rank = np.full(len(holdings.lot_name), -1)
    rank[by_name] = np.arange(len(by_name)) - np.repeat(np.cumsum(count) - count, count)
    return rank, count


def _locks(problem: Problem) -> Locked:
    return next(r for r in problem.rules if isinstance(r, Locked))


def _without_lots(problem: Problem, closed: NDArray[np.bool_]) -> Block | None:
    """The plan's block, cut anew without some lots to sell; None where its terms have no price by lot."""
    block, locks = problem.block, _locks(problem)
    total = add_up((t.separable() for t in problem.terms), len(closed), len(block.holdings.held))
    if total.lot_slope is None or total.traded is None:
        return None
    at_loss = np.zeros(len(closed), dtype=np.bool_)
    at_loss[block.segments.lot[block.segments.loss]] = True
    segments = cut(
        block.holdings.lot_name,
        np.where(closed, 0.0, locks.sell_max),
        total.lot_slope,
        at_loss,
        locks.buy_max,
        total.traded,
        total.linear,
    )
    return with_segments(problem, block, segments.tilted(total.name_slope))


def _alike(one: Block, other: Block) -> bool:
    """Whether two blocks have the same segments and rows, to round-off."""
    if len(one.segments) != len(other.segments) or len(one.rows) != len(other.rows):
        return False
    pairs = [(getattr(one.segments, f), getattr(other.segments, f)) for f in _FIELDS]
    for a, b in zip(one.rows, other.rows, strict=True):
        if (a.rule, a.lower, a.upper, a.reserve) != (b.rule, b.lower, b.upper, b.reserve):
            return False
        if (a.on_segments is None) != (b.on_segments is None):
            return False
        if a.on_segments is not None:
            pairs.append((a.on_segments, b.on_segments))
    return all(bool(np.allclose(a, b, rtol=_SAME, atol=_SAME)) for a, b in pairs)
