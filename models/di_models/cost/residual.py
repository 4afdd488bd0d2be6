"""What trees may add to the law, behind a gate that opens only where they help out of sample.

Problem: trees on a few hundred orders double the law's error. Decision: few, small and much shrunk trees
of LightGBM learn the *relative* residual ``(cost - m) / m`` with weights ``m^2 / v``, costs further than two
standard deviations from the law drawn in to two, because costs have fat tails; their out-of-fold
predictions f (folds by day, the law fitted anew in each) are tested on the residuals. The share lambda of
f that is used is the weighted least-squares slope, shrunk by its own error (James and Stein 1961):
``lambda0 max(0, 1 - (se / lambda0)^2)``, inside [0, 1]; the cost becomes ``m clip(1 + lambda f, 1/4, 4)``.

The trees are constrained to rise with spread and volatility, so that the product does; in size they
are free, and the curve's fit makes it convex. Deterministic: one thread, rows in order, a seed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.errors import UnfinishedError

__all__ = [
    "FEWEST_ORDERS",
    "ROUNDS",
    "Gate",
    "Trees",
    "after_each_tree",
    "cancelled",
    "dataset",
    "folds_by_day",
    "gate_of",
    "relative_residual",
    "train_trees",
    "tree_settings",
]

FEWEST_ORDERS = 500
"""Below this the law alone speaks: at 200 orders trees behind the gate never helped, and sometimes cost 5 %."""

ROUNDS = 60
"""Trees of one fit, where no recipe asks to stop by later days (`di_models.cost.stopping`)."""

_LEAVES = 4
_SHRINKING = 30.0
_FURTHEST_SD = 2.0
_MONOTONE = (0, 0, 1, 1, 0)
"""By column of numbers of `Levels.matrix`: rises with half-spread and volatility. The columns after them are words."""

_LOWEST, _HIGHEST = 0.25, 4.0


@dataclass(frozen=True, slots=True)
class Gate:
    """How much of the trees is used, and why.

    Attributes
    ----------
    share : float
        lambda, from 0 (the law alone) to 1.
    slope, standard_error : float
        Out-of-fold slope of the residuals on the trees' predictions, before shrinking.
    """

    share: float
    slope: float
    standard_error: float


@dataclass(frozen=True)
class Trees:
    """A LightGBM booster as its own text, so that what is stored is what predicts."""

    text: str

    def booster(self) -> Any:  # noqa: ANN401 - LightGBM has no stubs
        """The booster."""
        import lightgbm

        return lightgbm.Booster(model_str=self.text)

    @property
    def count(self) -> int:
        """How many trees."""
        return int(self.booster().num_trees())

    def predict(self, columns: FloatArray) -> FloatArray:
        """Relative residual of each row of `Levels.matrix`."""
        return np.asarray(self.booster().predict(columns, num_threads=1), dtype=np.float64)

    def contributions(self, columns: FloatArray) -> FloatArray:
        """Exact contributions of each column, and the mean last, shape (m, k + 1); rows sum to `predict`."""
        return np.asarray(self.booster().predict(columns, pred_contrib=True, num_threads=1), dtype=np.float64)

    @staticmethod
    def factor(share: float, predicted: FloatArray) -> FloatArray:
        """What the law's cost is multiplied by."""
        return np.asarray(np.clip(1.0 + share * predicted, _LOWEST, _HIGHEST))


def cancelled() -> UnfinishedError:
    """What is raised where a training run was cancelled."""
    return UnfinishedError("Training was cancelled.", hint="Nothing was kept; train again to start over.")


def tree_settings(orders: int, seed: int, columns: int) -> dict[str, Any]:
    """LightGBM's settings for so many orders and columns."""
    return {
        "objective": "regression",
        "num_leaves": _LEAVES,
        "min_data_in_leaf": max(20, orders // 40),
        "learning_rate": 0.03,
        "lambda_l2": _SHRINKING,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "feature_fraction": 0.8,
        "monotone_constraints": [*_MONOTONE, *(0 for _ in range(columns - len(_MONOTONE)))],
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "seed": seed,
        "verbosity": -1,
    }


def dataset(columns: FloatArray, residual: FloatArray, weight: FloatArray) -> Any:  # noqa: ANN401 - LightGBM has no stubs
    """LightGBM's own form of rows; shapes (m, k), (m,) and (m,)."""
    import lightgbm

    words = list(range(len(_MONOTONE), columns.shape[1]))
    return lightgbm.Dataset(columns, residual, weight=weight, categorical_feature=words, free_raw_data=False)


def after_each_tree(
    most: int, told: Callable[[int, int], None] | None, cancel: Callable[[], bool] | None
) -> Callable[[Any], None]:
    """A callback that asks whether to stop, raising `UnfinishedError`, and tells the trees so far, of how many."""

    def after_each(state: Any) -> None:  # noqa: ANN401 - LightGBM's callback environment
        if cancel is not None and cancel():
            raise cancelled()
        if told is not None:
            told(state.iteration + 1, most)

    return after_each


def train_trees(
    columns: FloatArray,
    residual: FloatArray,
    weight: FloatArray,
    *,
    seed: int,
    rounds: int = ROUNDS,
    told: Callable[[int, int], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> Trees:
    """Train the trees on relative residuals.

    Parameters
    ----------
    columns : ndarray of shape (m, k)
        From `Levels.matrix`.
    residual, weight : ndarray of shape (m,)
        From `relative_residual`.
    seed : int
        Everything random follows from it.
    rounds : int
        How many trees.
    told : callable, optional
        Told the number of trees so far, of how many.
    cancel : callable, optional
        Asked after each tree.

    Raises
    ------
    UnfinishedError
        If it was cancelled; nothing is kept.
    """
    import lightgbm

    booster = lightgbm.train(
        tree_settings(len(residual), seed, columns.shape[1]),
        dataset(columns, residual, weight),
        num_boost_round=rounds,
        callbacks=[after_each_tree(rounds, told, cancel)],
    )
    return Trees(booster.model_to_string())


def relative_residual(cost_bps: FloatArray, law_bps: FloatArray, variance: FloatArray) -> tuple[FloatArray, FloatArray]:
    """What trees learn, ``(cost - m) / m`` with the distance drawn in to two standard deviations, and its weight.

    All of shape (m,); ``law_bps`` is m, ``variance`` v.
    """
    furthest = _FURTHEST_SD * np.sqrt(variance)
    return np.asarray(np.clip(cost_bps - law_bps, -furthest, furthest) / law_bps), np.asarray(law_bps**2 / variance)


def gate_of(residual: FloatArray, predicted: FloatArray, weight: FloatArray) -> Gate:
    """The gate from out-of-fold predictions, all of shape (m,)."""
    size = float((weight * predicted * predicted).sum())
    if size <= 0:
        return Gate(0.0, 0.0, float("inf"))
    slope = float((weight * predicted * residual).sum()) / size
    error = float(np.sqrt((weight**2 * predicted**2 * (residual - slope * predicted) ** 2).sum())) / size
    if slope <= 0:
        return Gate(0.0, slope, error)
    share = slope * max(0.0, 1.0 - (error / slope) ** 2)
    return Gate(float(np.clip(share, 0.0, 1.0)), slope, error)


def folds_by_day(day: NDArray[Any], most: int = 5) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Training and test rows of each fold; a day is never split."""
    from sklearn.model_selection import GroupKFold

    count = min(most, len(np.unique(day)))
    rows = np.zeros(len(day))
    return [(np.asarray(a), np.asarray(b)) for a, b in GroupKFold(count).split(rows, groups=day)]
