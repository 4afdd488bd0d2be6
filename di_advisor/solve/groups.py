"""Identical groups of several names: all of them sell losses, or any of them buys, and never both."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.solve.choices import Choice

__all__ = ["BUYING", "SELLING", "Groups", "least_of_all", "shared_groups"]

SELLING = (Choice.NOTHING, Choice.SELL, Choice.SELL_GAINS, Choice.EXIT, Choice.SELL_BEYOND)
"""Choices that go with a loss sold in the group."""

BUYING = (Choice.NOTHING, Choice.BUY, Choice.SELL_GAINS, Choice.BUY_BEYOND)
"""Choices that go with a buy in the group; a name without losses may also be sold out."""

Groups = list[NDArray[np.int64]]


def shared_groups(groups: NDArray[np.int64]) -> Groups:
    """Members of each identical group that has more than one."""
    counts = np.bincount(groups, minlength=1)
    return [np.flatnonzero(groups == g) for g in np.flatnonzero(counts > 1)]


def least_of_all(value: FloatArray, shared: Groups, losses: NDArray[np.bool_]) -> float:
    """Sum over names of the least value, each group on one side only.

    Parameters
    ----------
    value : ndarray of shape (n, c)
        Value of each name under each choice.
    shared : list of ndarray
        Members of groups.
    losses : ndarray of bool, shape (n,)
        Names that hold losses that may be sold.
    """
    least = value.min(axis=1)
    total = float(least.sum())
    columns = value.shape[1]
    for members in shared:
        mine = value[members]
        sold = mine[:, [c for c in SELLING if c < columns]].min(axis=1).sum()
        bought = mine[:, [c for c in BUYING if c < columns]].min(axis=1)
        if columns > Choice.EXIT:
            bought = np.where(losses[members], bought, np.minimum(bought, value[members, Choice.EXIT]))
        together = least[members].sum()
        if np.isfinite(together):
            total += min(float(sold), float(bought.sum())) - float(together)
    return total
