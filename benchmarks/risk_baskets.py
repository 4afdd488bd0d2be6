"""What a risk model is for: how closely a basket of few names built with it tracked the index afterwards.

Problem: a model can be unbiased and still know little. Decision: at each quarter's start the same random names are
weighted twice to the smallest predicted tracking error, once with the model under test and once with the shrunk
sample covariance of Ledoit and Wolf (2004) over the same three years; both baskets are held for the quarter and their
realised tracking errors compared. Limits: weights are constant within the quarter; no trading cost.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from benchmarks.risk_bias import closest_basket, covariance_root, index_weights, quarters
from di_advisor.domain.market import FloatArray, Market, ReturnHistory
from di_advisor.domain.risk import FactorRisk
from di_advisor.units import TRADING_DAYS_PER_YEAR

__all__ = ["realised_tracking_errors"]

_WINDOW_DAYS = 756
_NAMES = 100
_BASKETS = 3


def realised_tracking_errors(
    returns: ReturnHistory,
    market_at: Callable[[int], Market],
    estimate: Callable[[Market], FactorRisk],
    *,
    first_row: int,
    seed: int,
) -> tuple[float, float]:
    """Realised tracking errors per year of baskets built with a model, and with the Ledoit-Wolf covariance.

    Parameters
    ----------
    returns : ReturnHistory
        What came true.
    market_at, estimate : callable
        Market at the close of a row; risk of a market from what was known then.
    first_row : int
        Baskets are formed at the ends of the quarters from here on.
    seed : int
        Of the names.
    """
    rng = np.random.default_rng(seed)
    column = {s: j for j, s in enumerate(returns.security_ids)}
    quarter = quarters(returns.dates)
    ends = [r for r in range(first_row, len(quarter) - 1) if quarter[r] != quarter[r + 1]]
    squares: tuple[list[FloatArray], list[FloatArray]] = ([], [])
    for row in ends:
        market = market_at(row)
        at = np.array([column[s] for s in market.universe.security_ids])
        index = index_weights(market)
        held = slice(row + 1, row + 1 + int((quarter[row + 1 :] == quarter[row + 1]).sum()))
        roots = (covariance_root(estimate(market)), _ledoit_wolf_root(returns, row, at))
        for _ in range(_BASKETS):
            chosen = rng.choice(len(at), size=_NAMES, replace=False)
            for root, found in zip(roots, squares, strict=True):
                active = closest_basket(root, index, chosen) - index
                found.append((returns.total_return[held][:, at] @ active) ** 2)
    ours, theirs = (float(np.sqrt(np.concatenate(s).mean() * TRADING_DAYS_PER_YEAR)) for s in squares)
    return ours, theirs


def _ledoit_wolf_root(returns: ReturnHistory, row: int, at: NDArray[np.int64]) -> FloatArray:
    from sklearn.covariance import ledoit_wolf

    past = returns.total_return[max(row + 1 - _WINDOW_DAYS, 0) : row + 1][:, at]
    covariance, _ = ledoit_wolf(past)
    return np.asarray(np.linalg.cholesky(covariance).T, dtype=np.float64)
