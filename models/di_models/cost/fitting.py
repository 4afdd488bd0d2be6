"""One fit's parts: rows, the trees grown beside their law, and what folds say of both out of sample.

Decision: every fold fits law and trees anew on its own days only, the number of trees included, so that the gate
judges what it will let through. Limits: words of venues and algorithms are those of the whole history.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_models.cost.features import Conditions, Levels
from di_models.cost.law import LawFit, LawPrior, fit_law
from di_models.cost.residual import ROUNDS, Gate, Trees, cancelled, gate_of, relative_residual, train_trees
from di_models.cost.stopping import later_days, trees_needed

__all__ = ["Growing", "OutOfFold", "Rows", "Steps", "law_cost"]


def law_cost(fit: LawFit, given: Conditions) -> FloatArray:
    """The law's cost of each order, bps, shape (m,)."""
    return fit.law.cost_bps(given.size_of_adv, given.half_spread_bps, given.volatility_daily_bps)


@dataclass(frozen=True)
class Rows:
    """m orders as they are learnt from: features, costs in bps, variances of those, days."""

    given: Conditions
    cost: FloatArray
    variance: FloatArray
    day: NDArray[Any]

    def take(self, rows: NDArray[np.int64]) -> Rows:
        """Some of them."""
        return Rows(self.given.take(rows), self.cost[rows], self.variance[rows], self.day[rows])

    def law(self, prior: LawPrior | None) -> LawFit:
        """The law of these orders."""
        g = self.given
        return fit_law(self.cost, g.size_of_adv, g.half_spread_bps, g.volatility_daily_bps, self.variance, prior)

    def residual(self, fit: LawFit) -> tuple[FloatArray, FloatArray]:
        """What trees learn beside a law, and its weight, shape (m,) each."""
        return relative_residual(self.cost, law_cost(fit, self.given), self.variance)


class Steps:
    """Tells each number of trees once, in order; a fit counts as `ROUNDS`, however many trees it grows."""

    def __init__(self, told: Callable[[int, int], None] | None, total: int) -> None:
        self._told, self._total, self._done = told, total, 0

    def _tell(self, done: int) -> None:
        if self._told is not None and done > self._done:
            self._done = done
            self._told(done, self._total)

    def upto(self, fits: int) -> None:
        """So many fits are done, with or without trees."""
        self._tell(fits * ROUNDS)

    def each_after(self, fits: int) -> Callable[[int, int], None]:
        """What the next fit tells its trees to."""
        return lambda done, of: self._tell(fits * ROUNDS + done * ROUNDS // of)


@dataclass(frozen=True)
class Growing:
    """How trees are grown beside a law.

    Attributes
    ----------
    levels : Levels
        Words that they know.
    seed : int
        Everything random follows from it.
    cancel : callable or None
        Asked after each tree.
    patience : int or None
        For stopping by the last days; None grows a fixed number.
    """

    levels: Levels
    seed: int
    cancel: Callable[[], bool] | None
    patience: int | None

    def on(self, rows: Rows, fit: LawFit, told: Callable[[int, int], None]) -> Trees:
        """Trees of some orders beside their law; raises `UnfinishedError` where it was cancelled."""
        columns = self.levels.matrix(rows.given)
        split = None if self.patience is None else later_days(rows.day)
        if self.patience is None or split is None:
            return train_trees(columns, *rows.residual(fit), seed=self.seed, told=told, cancel=self.cancel)
        rounds = trees_needed(
            columns,
            *rows.residual(rows.take(split[0]).law(fit.prior)),
            split,
            patience=self.patience,
            seed=self.seed,
            told=lambda done, of: told(done, 2 * of),
            cancel=self.cancel,
        )
        return train_trees(
            columns,
            *rows.residual(fit),
            seed=self.seed,
            rounds=rounds,
            told=lambda done, of: told(of + done, 2 * of),
            cancel=self.cancel,
        )


class OutOfFold:
    """Out-of-fold law and trees of a history."""

    def __init__(self, rows: Rows, prior: LawPrior | None, growing: Growing, *, trees: bool) -> None:
        self.rows, self.prior, self.growing, self.trees = rows, prior, growing, trees
        self.law = np.zeros(len(rows.cost))
        self.added = np.zeros(len(rows.cost))

    def run(self, folds: list[tuple[NDArray[np.int64], NDArray[np.int64]]], steps: Steps) -> Gate:
        """Fit each fold, predict what it left out, and open the gate as far as that allows."""
        cancel = self.growing.cancel
        for before, (train, test) in enumerate(folds):
            if cancel is not None and cancel():
                raise cancelled()
            learnt, held_out = self.rows.take(train), self.rows.given.take(test)
            fit = learnt.law(self.prior)
            self.law[test] = law_cost(fit, held_out)
            if self.trees:
                trees = self.growing.on(learnt, fit, steps.each_after(before))
                self.added[test] = trees.predict(self.growing.levels.matrix(held_out))
            steps.upto(before + 1)
        residual, weight = relative_residual(self.rows.cost, self.law, self.rows.variance)
        return gate_of(residual, self.added, weight)

    def cost(self, share: float) -> FloatArray:
        """Out-of-fold predictions with this share of the trees."""
        return self.law * Trees.factor(share, self.added)
