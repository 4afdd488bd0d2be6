"""A learner of the value of acting now, which may only speak where it beats the fixed thresholds out of sample.

Problem: labels of rollouts are mostly luck (losses grow or vanish while one waits), and trees find patterns in luck.
Decision: the baseline is what the fixed thresholds know: the mean label of days on which the threshold of losses is
passed or not, and any threshold is or not (four cells, shrunk to the mean). Few, small, much shrunk trees of LightGBM
learn what is left; their out-of-fold predictions, folds of whole clusters of days, say what share of them is of use
(slope, shrunk by its own error, inside [0, 1]) and whether the sum of both has a smaller squared error than the
baseline, and than the plain mean: where the lower bound of either skill over clusters is not above zero, the share is
zero and the model is the baseline. The margin of the lower bound is conformal over clusters: in the wanted share of
them the mean of the predictions is above the mean of the labels by no more than it.

Limits: the bound is for the mean over days like the asked one, not for a single outcome; clusters are drawn as the
training's were. Deterministic: one thread, rows in order, a seed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.domain.rebalance_state import FEATURES
from di_advisor.errors import DamagedStoreError, InputError, UnfinishedError
from di_models.cost.residual import Trees

__all__ = ["FEWEST_CLUSTERS", "RebalanceLearner", "Skill", "clustered_skill"]

FEWEST_CLUSTERS: Final = 10
"""Of days, below which nothing is learned."""

_FOLDS = 5
_LEAST_DEEP_LOSS = 0.001
"""The fixed threshold of losses, over the value."""
_CELL_STRENGTH = 10.0
"""Days of the common mean that each cell starts with."""
_DRAWS = 2000
_RISES: Final = ("short_loss", "deep_loss")
_USED: Final = tuple(
    FEATURES.index(name)
    for name in (
        "short_loss",
        "deep_loss",
        "locked_loss",
        "short_gain",
        "tracking_error",
        "rebalance_days",
        "locked_weight",
        "windows_ending",
        "index_volatility",
        "active_share",
    )
)
"""Columns that trees may look at. With a few hundred rollouts all 24 are too many; those that hardly vary in the
sample's rollouts (long-term lots, cost, cash) and the calendar are left out."""
_BELOW: Final = 0.05
"""Share of bootstrap draws below the interval; the same above."""


@dataclass(frozen=True, slots=True)
class Skill:
    """One less the ratio of squared errors, with its interval over clusters of days (90 %)."""

    value: float
    lower: float
    upper: float


@dataclass(frozen=True)
class _Fitted:
    trees: Trees
    cells: tuple[float, ...]
    share: float
    margin: float
    gate: Skill
    rows: int
    clusters: int


class RebalanceLearner:
    """In the manner of scikit-learn: settings, then `fit`, then `predict`.

    Parameters
    ----------
    rounds, leaves, fewest : int
        Trees, leaves of each, and days that a leaf must hold.
    coverage : float
        Share of clusters for which the lower bound is to hold.
    seed : int
        Everything random follows from it.
    """

    def __init__(
        self, *, rounds: int = 150, leaves: int = 4, fewest: int = 15, coverage: float = 0.8, seed: int = 0
    ) -> None:
        self.rounds = rounds
        self.leaves = leaves
        self.fewest = fewest
        self.coverage = coverage
        self.seed = seed
        self._fitted: _Fitted | None = None
        self._booster: Any = None

    def get_params(self) -> dict[str, int | float]:
        """The settings."""
        return {name: getattr(self, name) for name in ("rounds", "leaves", "fewest", "coverage", "seed")}

    def fit(
        self,
        columns: FloatArray,
        label: FloatArray,
        cluster: NDArray[Any],
        *,
        cancel: Callable[[], bool] | None = None,
    ) -> RebalanceLearner:
        """Learn, with the gate and the margin from out-of-fold predictions.

        Parameters
        ----------
        columns : ndarray of shape (m, 24)
            Rows of `RebalanceState.row`.
        label : ndarray of shape (m,)
            Value of acting, a fraction of the account.
        cluster : ndarray of shape (m,)
            Days that share their luck: the same name for those of one month.
        cancel : callable, optional
            Asked after each tree.

        Raises
        ------
        InputError
            If shapes disagree, or there are too few clusters.
        UnfinishedError
            If it was cancelled; nothing is kept.
        """
        names, of = np.unique(cluster, return_inverse=True)
        if columns.shape != (len(label), len(FEATURES)) or len(of) != len(label):
            raise InputError(
                f"Columns of shape {columns.shape} for {len(label)} labels.", hint=f"Give {len(FEATURES)} columns."
            )
        if len(names) < FEWEST_CLUSTERS:
            raise InputError(
                f"There are {len(names)} clusters of days; at least {FEWEST_CLUSTERS} are needed.",
                hint="Roll out more months.",
            )
        base, extra = self._out_of_fold(columns, label, of, cancel)
        share = _share(extra, label - base, of)
        mean = np.full(len(label), label.mean())
        tests = [clustered_skill(label, base + share * extra, rival, of, seed=self.seed) for rival in (base, mean)]
        gate = min(tests, key=lambda skill: skill.lower)
        if not gate.lower > 0:
            share = 0.0
        said = base + share * extra
        cells = _cells(columns, label)
        trees = self._train(columns, label - _in_cells(columns, cells), cancel)
        margin = _margin(said - label, of, self.coverage)
        self._fitted = _Fitted(trees, cells, share, margin, gate, len(label), len(names))
        self._booster = None
        return self

    @property
    def share(self) -> float:
        """How much of the trees is used; 0 where the baseline alone speaks."""
        return self._known().share

    @property
    def margin(self) -> float:
        """From a prediction to its lower bound, a fraction of the account."""
        return self._known().margin

    @property
    def gate(self) -> Skill:
        """Skill of baseline and trees against the harder of baseline and plain mean, out of fold."""
        return self._known().gate

    def baseline(self, columns: FloatArray) -> FloatArray:
        """What the fixed thresholds say, shape (m,)."""
        return _in_cells(columns, self._known().cells)

    def predict(self, columns: FloatArray) -> FloatArray:
        """Value of acting today, shape (m,), a fraction of the account."""
        fitted = self._known()
        said = _in_cells(columns, fitted.cells)
        if fitted.share == 0.0:
            return said
        if self._booster is None:
            self._booster = fitted.trees.booster()
        return np.asarray(
            said + fitted.share * self._booster.predict(columns[:, _USED], num_threads=1), dtype=np.float64
        )

    def lower(self, columns: FloatArray) -> FloatArray:
        """Lower bound of the mean over such days, shape (m,)."""
        return np.asarray(self.predict(columns) - self.margin, dtype=np.float64)

    def contributions(self, columns: FloatArray) -> FloatArray:
        """Exact contributions of each feature to what is added to the baseline, and the mean last, shape (m, 25)."""
        fitted = self._known()
        found = fitted.share * fitted.trees.contributions(columns[:, _USED])
        out = np.zeros((len(columns), len(FEATURES) + 1))
        out[:, [*_USED, -1]] = found
        return out

    def out_of_fold(self, columns: FloatArray, label: FloatArray, cluster: NDArray[Any]) -> tuple[FloatArray, ...]:
        """Baseline and gated prediction of each row by models that did not see its cluster, for a card."""
        _, of = np.unique(cluster, return_inverse=True)
        base, extra = self._out_of_fold(columns, label, of, None)
        return base, base + self.share * extra

    def parts(self) -> tuple[dict[str, Any], str]:
        """The fitted model as plain facts and the text of its booster."""
        f = self._known()
        facts = {
            "features": list(FEATURES),
            "settings": self.get_params(),
            "cells": list(f.cells),
            "share": f.share,
            "margin": f.margin,
            "gate": [f.gate.value, f.gate.lower, f.gate.upper],
            "rows": f.rows,
            "clusters": f.clusters,
        }
        return facts, f.trees.text

    @classmethod
    def from_parts(cls, facts: Mapping[str, Any], trees: str) -> RebalanceLearner:
        """The model that `parts` took apart.

        Raises
        ------
        DamagedStoreError
            If it was written for other features.
        KeyError, TypeError, ValueError
            If facts are missing or of another kind; whoever reads a file says which.
        """
        if facts.get("features") != list(FEATURES):
            raise DamagedStoreError(
                "A stored model of rebalancing value was written for other features.",
                hint="Train it again with this version.",
            )
        model = cls(**facts["settings"])
        cells = tuple(float(c) for c in facts["cells"])
        counts = int(facts["rows"]), int(facts["clusters"])
        model._fitted = _Fitted(
            Trees(trees), cells, float(facts["share"]), float(facts["margin"]), Skill(*facts["gate"]), *counts
        )
        return model

    def _known(self) -> _Fitted:
        if self._fitted is None:
            raise InputError("This model of rebalancing value is not trained.", hint="Call fit, or load one.")
        return self._fitted

    def _out_of_fold(
        self, columns: FloatArray, label: FloatArray, of: NDArray[np.int64], cancel: Callable[[], bool] | None
    ) -> tuple[FloatArray, FloatArray]:
        """Baseline and what the trees add, for each row by a model that did not see its cluster."""
        fold = np.random.default_rng(self.seed).permutation(int(of.max()) + 1)[of] % _FOLDS
        base, extra = np.zeros(len(label)), np.zeros(len(label))
        for k in range(_FOLDS):
            out = fold == k
            cells = _cells(columns[~out], label[~out])
            trees = self._train(columns[~out], label[~out] - _in_cells(columns[~out], cells), cancel)
            base[out] = _in_cells(columns[out], cells)
            extra[out] = trees.predict(columns[out][:, _USED])
        return base, extra

    def _train(self, columns: FloatArray, target: FloatArray, cancel: Callable[[], bool] | None) -> Trees:
        import lightgbm

        def after_each(_: Any) -> None:  # noqa: ANN401 - LightGBM's callback environment
            if cancel is not None and cancel():
                raise UnfinishedError("Training was cancelled.", hint="Nothing was kept; train again to start over.")

        settings = {
            "objective": "regression",
            "num_leaves": self.leaves,
            "min_data_in_leaf": self.fewest,
            "learning_rate": 0.05,
            "lambda_l2": 10.0,
            "monotone_constraints": [1 if FEATURES[i] in _RISES else 0 for i in _USED],
            "feature_fraction": 0.5,
            "bagging_fraction": 0.7,
            "bagging_freq": 1,
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": 1,
            "seed": self.seed,
            "verbosity": -1,
        }
        data = lightgbm.Dataset(columns[:, _USED], target, free_raw_data=False)
        booster = lightgbm.train(settings, data, num_boost_round=self.rounds, callbacks=[after_each])
        return Trees(booster.model_to_string())


def clustered_skill(
    label: FloatArray, said: FloatArray, against: FloatArray, of: NDArray[np.int64], *, seed: int
) -> Skill:
    """Skill of one prediction against another, whole clusters drawn with replacement.

    Parameters
    ----------
    label, said, against : ndarray of shape (m,)
        What came, and the two predictions.
    of : ndarray of int, shape (m,)
        Cluster of each row, from 0 on.
    seed : int
        Of the bootstrap.
    """
    mine = np.bincount(of, weights=(label - said) ** 2)
    theirs = np.bincount(of, weights=(label - against) ** 2)
    drawn = np.random.default_rng(seed).integers(0, len(mine), size=(_DRAWS, len(mine)))
    ratio = mine[drawn].sum(axis=1) / np.maximum(theirs[drawn].sum(axis=1), 1e-300)
    low, high = np.quantile(1.0 - ratio, [_BELOW, 1.0 - _BELOW])
    return Skill(float(1.0 - mine.sum() / max(theirs.sum(), 1e-300)), float(low), float(high))


def _cell_of(columns: FloatArray) -> NDArray[np.int64]:
    deep = columns[:, FEATURES.index("deep_loss")] >= _LEAST_DEEP_LOSS
    act = columns[:, FEATURES.index("fixed_thresholds")] > 0
    return 2 * deep.astype(np.int64) + act


def _cells(columns: FloatArray, label: FloatArray) -> tuple[float, ...]:
    """Mean label of each cell, drawn towards that of all."""
    of, mean = _cell_of(columns), float(label.mean())
    total, count = np.bincount(of, weights=label, minlength=4), np.bincount(of, minlength=4)
    return tuple(((total + _CELL_STRENGTH * mean) / (count + _CELL_STRENGTH)).tolist())


def _in_cells(columns: FloatArray, cells: tuple[float, ...]) -> FloatArray:
    return np.asarray(np.array(cells)[_cell_of(columns)], dtype=np.float64)


def _share(extra: FloatArray, left: FloatArray, of: NDArray[np.int64]) -> float:
    """Least-squares slope of what is left on what trees say, shrunk by its clustered error (James and Stein 1961)."""
    square = float(extra @ extra)
    if not square > 0:
        return 0.0
    slope = float(extra @ left) / square
    if slope <= 0:
        return 0.0
    by_cluster = np.bincount(of, weights=extra * (left - slope * extra))
    error = math.sqrt(float(by_cluster @ by_cluster)) / square
    return min(slope * max(1.0 - (error / slope) ** 2, 0.0), 1.0)


def _margin(over: FloatArray, of: NDArray[np.int64], coverage: float) -> float:
    """Largest mean over-prediction in the wanted share of clusters, at least 0."""
    mean = np.sort(np.bincount(of, weights=over) / np.bincount(of))
    rank = min(math.ceil((len(mean) + 1) * coverage), len(mean))
    return max(float(mean[rank - 1]), 0.0)
