"""Choices read off prices or off a plan, with one side for all members of an identical group."""

from __future__ import annotations

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.problem import Block
from di_advisor.solve.choices import Choice, Choices, is_any
from di_advisor.solve.groups import BUYING, SELLING, Groups, shared_groups
from di_advisor.solve.prices import NameValues, PricedNames

__all__ = ["Groups", "choose", "feasible_choices", "one_side", "shared_groups", "within_limits"]


def choose(names: PricedNames, values: NameValues, shared: Groups) -> Choices:
    """Each name's best choice at given values, one side for a group, within the limits on numbers."""
    best = _widened(names, np.asarray(values.value.argmin(axis=1), dtype=np.int64))
    for members in shared:
        best[members] = _on_one_side(values.value[members])
    return within_limits(names, best, values, shared)


def within_limits(names: PricedNames, choices: Choices, values: NameValues, shared: Groups) -> Choices:
    """Choices near the given ones that keep the limits on numbers, and one side for a group."""
    if not names.counting.limited:
        return choices
    after = names.counting.kept(choices, values.plain)
    return names.counting.kept(one_side(names.block, after, values.value, shared), values.plain) if shared else after


def _widened(names: PricedNames, best: Choices) -> Choices:
    """Choices that forbid less than they need to.

    Without minimum trades a name that holds no loss has nothing to choose: BUY leaves it free to
    sell gains or stand still, so it is taken wherever that counts as nothing more.
    """
    block = names.block
    if block.min_trade.any() or block.trades_max is not None:
        return best
    wider = is_any(best, Choice.NOTHING, Choice.SELL_GAINS)
    wider |= (best == Choice.SELL) & ~block.segments.names_with_losses(len(best))
    if block.names_max is not None:
        wider &= names.counting.held_now
    return np.where(wider, int(Choice.BUY), best)


def _on_one_side(value: FloatArray) -> Choices:
    """The best choices of the members of a group that all sell losses or all buy, at values (members, c)."""
    columns = value.shape[1]
    selling, buying = ([c for c in side if c < columns] for side in (SELLING, BUYING))
    sold, bought = value[:, selling], value[:, buying]
    sells = sold.min(axis=1).sum() < bought.min(axis=1).sum()
    side, best = (selling, sold.argmin(axis=1)) if sells else (buying, bought.argmin(axis=1))
    return np.asarray(np.array(side)[best], dtype=np.int64)


def one_side(block: Block, choices: Choices, value: FloatArray, shared: Groups) -> Choices:
    """Choices in which no identical group is both sold at a loss and bought; the better side is kept."""
    losses = block.segments.names_with_losses(len(choices))
    after = choices.copy()
    for members in shared:
        mine = after[members]
        at_loss = is_any(mine, Choice.SELL, Choice.EXIT, Choice.SELL_BEYOND) & losses[members]
        if at_loss.any() and is_any(mine, Choice.BUY, Choice.BUY_BEYOND).any():
            after[members] = _on_one_side(value[members])
    return after


def feasible_choices(block: Block, trade: FloatArray, shared: Groups) -> Choices:
    """Choices that follow the net trades of a plan, shape (n,)."""
    choices = np.where(trade >= 0, int(Choice.BUY), int(Choice.SELL))
    small = (block.min_trade > 0) & (np.abs(trade) < 0.5 * block.least_of(trade))
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
