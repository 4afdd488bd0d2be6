"""What the trained cost model is compared with: from the mean to trees without a law.

Each rival takes orders to learn from and orders to predict, and returns bps. All of them are told the same: size,
spread, volatility, span, time of day and venue. The prior of the comparison is deliberately wrong, so that a model that
only repeats it is seen.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.domain.trade_history import TradeHistory
from di_models.cost.features import Conditions, Levels
from di_models.cost.law import CostLaw, LawPrior, fit_law, schedule_variance
from di_models.cost.learned import LearnedCostModel, untrained
from di_models.cost.residual import Trees, relative_residual, train_trees

__all__ = ["EARLY", "RIVALS", "WRONG_PRIOR", "Rival", "stopped_early"]

WRONG_PRIOR = LawPrior(CostLaw(spread_capture=0.5, impact=0.8, exponent=0.5), 0.25, 0.5, 0.05)
"""Its impact is 45 % too high on average, and its spread part 10 % too low."""

Rival = Callable[[TradeHistory, TradeHistory, int], FloatArray]

_AS_STATED = (1.0,)
_MONOTONE = [1, 1, 1, 1, 0, 0, 0]


def _law_rows(history: TradeHistory) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    given = Conditions.of(history)
    variance = schedule_variance(
        given.size_of_adv, given.half_spread_bps, given.volatility_daily_bps, given.volume_span
    )
    return given.size_of_adv, given.half_spread_bps, given.volatility_daily_bps, variance


def _mean(seen: TradeHistory, asked: TradeHistory, seed: int) -> FloatArray:
    del seed
    return np.full(len(asked), seen.cost_bps.mean())


def _prior(seen: TradeHistory, asked: TradeHistory, seed: int) -> FloatArray:
    del seen, seed
    return untrained(WRONG_PRIOR).predict(asked)


def _least_squares(seen: TradeHistory, asked: TradeHistory, *, weighted: bool) -> FloatArray:
    from scipy.optimize import least_squares

    size, spread, sigma, variance = _law_rows(seen)
    scale = 1.0 / np.sqrt(variance) if weighted else np.ones(len(size))
    cost = seen.cost_bps

    def law(theta: FloatArray) -> CostLaw:
        return CostLaw(float(theta[0]), float(np.exp(theta[1])), float(theta[2]))

    def rows(theta: FloatArray) -> FloatArray:
        return (cost - law(theta).cost_bps(size, spread, sigma)) * scale

    found = least_squares(rows, np.array([0.5, np.log(0.8), 0.5]), bounds=((0.0, -4.0, 0.2), (2.0, 3.0, 1.2)))
    return law(found.x).cost_bps(*_law_rows(asked)[:3])


def _unweighted(seen: TradeHistory, asked: TradeHistory, seed: int) -> FloatArray:
    del seed
    return _least_squares(seen, asked, weighted=False)


def _weighted(seen: TradeHistory, asked: TradeHistory, seed: int) -> FloatArray:
    del seed
    return _least_squares(seen, asked, weighted=True)


def _map(seen: TradeHistory, asked: TradeHistory, seed: int) -> FloatArray:
    del seed
    return fit_law(seen.cost_bps, *_law_rows(seen), WRONG_PRIOR, _AS_STATED).law.cost_bps(*_law_rows(asked)[:3])


def _boosted(
    seen: TradeHistory, asked: TradeHistory, target: FloatArray, weight: FloatArray | None, settings: dict[str, object]
) -> FloatArray:
    import lightgbm

    given = Conditions.of(seen)
    levels = Levels.of(given)
    fixed = {"deterministic": True, "force_row_wise": True, "num_threads": 1, "verbosity": -1}
    data = lightgbm.Dataset(levels.matrix(given), target, weight=weight, categorical_feature=[5, 6])
    booster = lightgbm.train(settings | fixed, data, num_boost_round=150)
    return np.asarray(booster.predict(levels.matrix(Conditions.of(asked)), num_threads=1), dtype=np.float64)


def _raw(seen: TradeHistory, asked: TradeHistory, seed: int) -> FloatArray:
    return _boosted(seen, asked, seen.cost_bps, None, _settings(len(seen), seed))


def _monotone(seen: TradeHistory, asked: TradeHistory, seed: int) -> FloatArray:
    size, spread, sigma, variance = _law_rows(seen)
    scale = WRONG_PRIOR.law.cost_bps(size, spread, sigma)
    settings = _settings(len(seen), seed) | {"monotone_constraints": _MONOTONE}
    found = _boosted(seen, asked, seen.cost_bps / scale, scale**2 / variance, settings)
    return found * WRONG_PRIOR.law.cost_bps(*_law_rows(asked)[:3])


def _settings(orders: int, seed: int) -> dict[str, object]:
    """As mild as those of the trees behind the law, so that no rival loses by its settings."""
    return {
        "objective": "regression",
        "num_leaves": 7,
        "learning_rate": 0.03,
        "lambda_l2": 10.0,
        "min_data_in_leaf": max(20, orders // 40),
        "seed": seed,
    }


def _ungated(seen: TradeHistory, asked: TradeHistory, seed: int) -> FloatArray:
    size, spread, sigma, variance = _law_rows(seen)
    law = fit_law(seen.cost_bps, size, spread, sigma, variance, WRONG_PRIOR, _AS_STATED).law
    given = Conditions.of(seen)
    levels, middle = Levels.of(given), law.cost_bps(size, spread, sigma)
    trees = train_trees(levels.matrix(given), *relative_residual(seen.cost_bps, middle, variance), seed=seed)
    added = trees.predict(levels.matrix(Conditions.of(asked)))
    return law.cost_bps(*_law_rows(asked)[:3]) * Trees.factor(1.0, added)


def _ours(seen: TradeHistory, asked: TradeHistory, seed: int) -> FloatArray:
    return LearnedCostModel(WRONG_PRIOR, seed=seed).fit(seen).predict(asked)


EARLY = "ours, stopped early"
"""Name of ours with `stopped_early`."""


def stopped_early(patience: int) -> Rival:
    """Ours with as many trees as the last training days ask for."""

    def rival(seen: TradeHistory, asked: TradeHistory, seed: int) -> FloatArray:
        return LearnedCostModel(WRONG_PRIOR, seed=seed, patience=patience).fit(seen).predict(asked)

    return rival


RIVALS: dict[str, Rival] = {
    "mean": _mean,
    "prior": _prior,
    "NLS": _unweighted,
    "NLS weighted": _weighted,
    "MAP": _map,
    "LightGBM": _raw,
    "monotone": _monotone,
    "MAP + trees": _ungated,
    "ours": _ours,
}
"""By column of the table; the last is the model of this project."""
