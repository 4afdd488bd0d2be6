"""Choices read off prices or off a plan, with one side for all members of an identical group."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.problem import Block
from di_advisor.solve.choices import Choice, Choices

__all__ = ["Groups", "choose", "feasible_choices", "one_side", "shared_groups"]

_SELLING = np.array([Choice.NOTHING, Choice.SELL, Choice.SELL_GAINS])
_BUYING = np.array([Choice.NOTHING, Choice.BUY, Choice.SELL_GAINS])

Groups = list[NDArray[np.int64]]


def shared_groups(groups: NDArray[np.int64]) -> Groups:
    """Members of each identical group that has more than one."""
    counts = np.bincount(groups, minlength=1)
    return [np.flatnonzero(groups == g) for g in np.flatnonzero(counts > 1)]


def choose(block: Block, value: FloatArray, shared: Groups) -> Choices:
    """Each name's best choice at given values, shape (n, 4).

    Without minimum trades a name that holds no loss has nothing to choose: BUY leaves it free to
    sell gains or stand still, so it is always taken.
    """
    best = np.asarray(value.argmin(axis=1), dtype=np.int64)
    if not block.min_trade.any():
        best = np.where(best == Choice.SELL, best, int(Choice.BUY))
        best = np.where(block.segments.names_with_losses(len(best)), best, int(Choice.BUY))
    for members in shared:
        selling, buying = value[members][:, _SELLING], value[members][:, _BUYING]
        side, best_of = (
            (_SELLING, selling) if selling.min(axis=1).sum() < buying.min(axis=1).sum() else (_BUYING, buying)
        )
        best[members] = side[best_of.argmin(axis=1)]
    return best


def one_side(block: Block, choices: Choices, value: FloatArray, shared: Groups) -> Choices:
    """Choices in which no identical group is both sold at a loss and bought; the better side is kept."""
    losses = block.segments.names_with_losses(len(choices))
    after = choices.copy()
    for members in shared:
        mine = after[members]
        if not (((mine == Choice.SELL) & losses[members]).any() and (mine == Choice.BUY).any()):
            continue
        selling, buying = value[members][:, _SELLING], value[members][:, _BUYING]
        if selling.min(axis=1).sum() < buying.min(axis=1).sum():
            after[members] = _SELLING[selling.argmin(axis=1)]
        else:
            after[members] = _BUYING[buying.argmin(axis=1)]
    return after


def feasible_choices(block: Block, trade: FloatArray, shared: Groups) -> Choices:
    """Choices that follow the net trades of a plan, shape (n,)."""
    choices = np.where(trade >= 0, int(Choice.BUY), int(Choice.SELL))
    small = (block.min_trade > 0) & (np.abs(trade) < 0.5 * block.min_trade)
    choices = np.where(small, int(Choice.NOTHING), choices)
    losses = block.segments.names_with_losses(len(choices))
    for members in shared:
        mine = choices[members]
        if trade[members].sum() >= 0:
            mine = np.where(mine == Choice.SELL, np.where(losses[members], Choice.NOTHING, Choice.SELL_GAINS), mine)
        else:
            mine = np.where(mine == Choice.BUY, Choice.NOTHING, mine)
        choices[members] = mine
    return np.asarray(choices, dtype=np.int64)
