"""How many trees: as many as later days ask for, where a recipe asks for that instead of the fixed number.

Problem: a fixed number of trees is too few for one history and too many for another. Decision: the last fifth of
the training days is held out, law and trees learn from the days before it, and growing stops when the held-out
error has not fallen for ``patience`` trees; all training days are then fitted anew with the number of trees at
which it was lowest. Nothing outside the training days is looked at: each fold of the gate stops on its own.

Limits: off unless asked for, because it did not help where it was measured. On orders with known truth its distance
to the true cost is 1.006 to 1.008 times that with 60 trees at 2,500 orders, 1.019 to 1.023 at 5,000 and 0.998 to 1.012
at 20,000 (`benchmarks.cost_model --patience 20`, seeds 0, 12 and 13, ten draws each): noise of 27 bps a trade hides
which tree was the last good one, and the gate already shrinks what is too much. A history whose last fifth holds fewer
than `FEWEST_CHECKED` orders keeps the fixed number: so few errors choose at random.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.errors import InputError
from di_models.cost.residual import ROUNDS, after_each_tree, dataset, tree_settings

__all__ = ["FEWEST_CHECKED", "MOST_TREES", "Stopping", "later_days", "stopping_of", "trees_needed", "usable_patience"]

MOST_TREES = 300
"""Growing ends here, whatever the error does."""

FEWEST_CHECKED = 500
"""Held-out orders below which nothing is chosen by them."""

_CHECKED = 0.2
_FEWEST_DAYS = 5

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Stopping:
    """How the number of trees came about.

    Attributes
    ----------
    trees : int
        In the model, 0 where the gate is shut.
    patience : int
        Trees without a better held-out error after which growing ended.
    checked_orders, checked_days : int
        Held out to tell; none where they would have been too few, and the number is the fixed one.
    """

    trees: int
    patience: int
    checked_orders: int
    checked_days: int

    @property
    def sentence(self) -> str:
        """The number and its reason, in one sentence."""
        if not self.checked_orders:
            return f"{self.trees} trees, a fixed number: too few orders to hold some out."
        held_out = f"{self.checked_orders:,} orders of the last {self.checked_days:,} days"
        if not self.trees:
            return f"No trees: the gate is shut; {held_out} would have told when to stop."
        end = "the most there may be" if self.trees >= MOST_TREES else f"no better for {self.patience} more"
        return f"{self.trees} trees, where the error of {held_out} was lowest ({end})."


def usable_patience(asked: int | None, day: NDArray[Any]) -> int | None:
    """The patience that is asked for, where the last days hold enough orders to tell when to stop; None elsewhere.

    Raises
    ------
    InputError
        If it is less than one tree.
    """
    if asked is None:
        return None
    if asked < 1:
        raise InputError(f"The patience is {asked} trees.", hint="Give at least 1, or leave it out.")
    split = later_days(day)
    return asked if split is not None and len(split[1]) >= FEWEST_CHECKED else None


def stopping_of(asked: int | None, used: int | None, day: NDArray[Any], trees: int) -> Stopping | None:
    """How a model's number of trees came about: patience asked for and used, day of each order, number of trees."""
    if asked is None:
        return None
    split = later_days(day) if used is not None else None
    if split is None:
        return Stopping(trees, asked, 0, 0)
    return Stopping(trees, asked, len(split[1]), len(np.unique(day[split[1]])))


def later_days(day: NDArray[Any]) -> tuple[Rows, Rows] | None:
    """Rows of the earlier and of the last fifth of the days, a day never split; None where there are under five days.

    Parameters
    ----------
    day : ndarray of shape (m,)
        Day of each order.
    """
    days = np.unique(day)
    if len(days) < _FEWEST_DAYS:
        return None
    later = day >= days[-max(1, round(_CHECKED * len(days)))]
    return np.flatnonzero(~later), np.flatnonzero(later)


def trees_needed(  # noqa: PLR0913 - the parts of one search
    columns: FloatArray,
    residual: FloatArray,
    weight: FloatArray,
    split: tuple[Rows, Rows],
    *,
    patience: int,
    seed: int,
    told: Callable[[int, int], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> int:
    """Number of trees, from 1 to `MOST_TREES`, at which the weighted squared error of the later rows is lowest.

    Parameters
    ----------
    columns, residual, weight
        As of `train_trees`, shapes (m, 7), (m,) and (m,); the residual is of a law fitted on the earlier rows.
    split : pair of ndarray of int
        Earlier and later rows, from `later_days`.
    patience : int
        Trees without a better error after which it ends.
    seed : int
        Everything random follows from it.
    told, cancel : callable, optional
        As of `train_trees`.

    Raises
    ------
    UnfinishedError
        If it was cancelled.
    """
    import lightgbm

    earlier, later = split
    learnt = dataset(columns[earlier], residual[earlier], weight[earlier])
    checked = learnt.create_valid(columns[later], residual[later], weight=weight[later])
    booster = lightgbm.train(
        tree_settings(len(earlier), seed, columns.shape[1]) | {"metric": "l2"},
        learnt,
        num_boost_round=MOST_TREES,
        valid_sets=[checked],
        callbacks=[after_each_tree(MOST_TREES, told, cancel), lightgbm.early_stopping(patience, verbose=False)],
    )
    return int(booster.best_iteration) or ROUNDS
