"""Minimum trades: from a plan that ignores them to choices that keep them.

Trades already large enough keep their side. The small ones are settled in passes: at the prices of
the current plan each small trade compares doing nothing with trading the minimum, the clearest
half is fixed, the rest stays loose so that the rules can still be met, and the plan is solved again.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.solve.choices import Choice, Choices
from di_advisor.solve.feasible import Groups, one_side
from di_advisor.solve.prices import PricedNames
from di_advisor.solve.quadratic import ConvexAnswer

__all__ = ["settle_minimum_trades"]

_ZERO = 1e-8
_PASSES = 8

SolveWith = Callable[[Choices, FloatArray], ConvexAnswer]


def settle_minimum_trades(
    names: PricedNames, sides: Choices, plan: ConvexAnswer, solve: SolveWith, shared: Groups
) -> Choices | None:
    """Choices under which every trade is zero or at least the minimum.

    Parameters
    ----------
    names : PricedNames
        Scalar problems with the true minimum trades.
    sides : ndarray of int, shape (n,)
        Side of each name in the plan.
    plan : ConvexAnswer
        Solved without minimum trades.
    solve : callable
        Solves given choices and minimum trades.
    shared : list of ndarray
        Members of identical groups.

    Returns
    -------
    ndarray of int or None
        None when no pass found choices that leave a plan.
    """
    block = names.block
    least = block.min_trade
    choices, loose = sides.copy(), np.zeros_like(least)
    settled = np.zeros(len(sides), dtype=np.bool_)
    answer = plan
    share = 0.5
    for turn in range(_PASSES):
        trade = answer.active - block.holdings.active
        open_names = ~settled
        large = open_names & (np.abs(trade) >= block.least_of(trade) * (1 - 1e-9))
        small = np.flatnonzero(open_names & ~large)
        choices = _take_side(choices, trade, large)
        trial, minimum = choices.copy(), np.where(settled | large, least, loose)
        take = small[_clearest(names, answer, small, share if turn < _PASSES - 1 else 1.0)]
        trial[take] = _nothing_or_minimum(names, answer, take)
        minimum[take] = least[take]
        trial = one_side(block, trial, _values(names, answer), shared)
        again = solve(trial, minimum)
        if again.status != "solved" or again.prices is None:
            share *= 0.5
            if share < 1 / 64:
                return None
            continue
        choices, answer = trial, again
        settled[take] = True
        settled |= large
        if settled.all() or not len(small):
            return choices
        share = min(1.0, share * 2)
    return None


def _take_side(choices: Choices, trade: FloatArray, large: NDArray[np.bool_]) -> Choices:
    after = choices.copy()
    after[large & (trade < 0) & (choices == Choice.BUY)] = Choice.SELL_GAINS
    return after


def _values(names: PricedNames, answer: ConvexAnswer) -> FloatArray:
    return names.values(names.sanitised(answer.known_prices)).value


def _clearest(names: PricedNames, answer: ConvexAnswer, small: NDArray[np.int64], share: float) -> NDArray[np.int64]:
    """Positions in ``small`` whose choice is clearest, a share of them (at least one)."""
    value = _values(names, answer)[small]
    best = np.sort(np.where(np.isfinite(value), value, 1e3), axis=1)
    regret = best[:, 1] - best[:, 0]
    count = max(1, int(np.ceil(len(small) * share))) if len(small) else 0
    return np.argsort(-regret, kind="stable")[:count]


def _nothing_or_minimum(names: PricedNames, answer: ConvexAnswer, take: NDArray[np.int64]) -> Choices:
    value = _values(names, answer)[take]
    return np.asarray(value.argmin(axis=1), dtype=np.int64)
