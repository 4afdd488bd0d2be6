"""Bias statistic of a risk model: realised returns in units of the volatility that was predicted for them.

Problem: a model may be right about a random basket and wrong about the portfolio an optimiser builds with it.
Decision: at each quarter's start portfolios of four families are formed with what was known, held, and judged day by
day: the statistic is the root mean square of (return of the day / volatility predicted at the last estimation before
it), 1 where the model is right, above 1 where it promises too little risk. Families:

- ``long_only``: random baskets of 30 to 100 names, total return;
- ``random``: the same baskets against the size-weighted index;
- ``active``: random active weights, tilts of the index along each style and into each sector;
- ``optimised``: baskets of 100 random names with the smallest predicted tracking error, the index without 150
  random names at the smallest predicted tracking error, and random forecasts through the inverse covariance.

Limits: weights are constant within a quarter; the days of a quarter share their regime, so quarters scatter more
than independent days would.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from di_advisor.domain.market import FloatArray, Market, ReturnHistory
from di_advisor.domain.risk import FactorRisk
from di_advisor.units import TRADING_DAYS_PER_YEAR

__all__ = ["FAMILIES", "BiasRecord", "closest_basket", "covariance_root", "index_weights", "quarters", "walk_forward"]

FAMILIES = ("long_only", "random", "active", "optimised")


@dataclass(frozen=True)
class BiasRecord:
    """Standardised daily returns.

    Attributes
    ----------
    dates : ndarray of datetime64[D], shape (d,)
        Days judged.
    z : dict of str to ndarray of shape (d, p)
        By family: return over predicted daily volatility of p portfolios.
    tracking_error : dict of str to ndarray of shape (d, p)
        By family: predicted volatility per year.
    """

    dates: NDArray[np.datetime64]
    z: dict[str, FloatArray]
    tracking_error: dict[str, FloatArray] = field(default_factory=dict)

    def pooled(self, family: str) -> float:
        """Bias statistic over all days and portfolios."""
        return float(np.sqrt(np.mean(self.z[family] ** 2)))

    def by_quarter(self, family: str) -> dict[str, float]:
        """Bias statistic of each calendar quarter."""
        quarter = quarters(self.dates)
        return {str(q): float(np.sqrt(np.mean(self.z[family][quarter == q] ** 2))) for q in np.unique(quarter)}

    def quarters_inside(self, family: str, low: float = 0.8, high: float = 1.2) -> float:
        """Share of the quarters whose statistic lies in an interval."""
        values = np.array(list(self.by_quarter(family).values()))
        return float(np.mean((values >= low) & (values <= high)))


def walk_forward(
    returns: ReturnHistory,
    market_at: Callable[[int], Market],
    estimate: Callable[[Market], FactorRisk],
    *,
    rows: NDArray[np.int64],
    seed: int,
) -> BiasRecord:
    """Estimate on each of ``rows`` and judge the days up to the next one.

    Parameters
    ----------
    returns : ReturnHistory
        What came true, t days.
    market_at : callable
        Market at the close of a row.
    estimate : callable
        Risk of a market, from what was known then.
    rows : ndarray of int
        Rows of the history on which the model is estimated, ascending; the last one only ends the span.
    seed : int
        Of the random portfolios.
    """
    rng = np.random.default_rng(seed)
    column = {s: j for j, s in enumerate(returns.security_ids)}
    z: dict[str, list[FloatArray]] = {f: [] for f in FAMILIES}
    predicted: dict[str, list[FloatArray]] = {f: [] for f in FAMILIES}
    held: dict[str, FloatArray] = {}
    quarter = ""
    for row, after in itertools.pairwise(rows):
        market = market_at(int(row))
        risk = estimate(market)
        at = np.array([column[s] for s in market.universe.security_ids])
        index = np.zeros(len(column))
        index[at] = index_weights(market)
        now = str(quarters(returns.dates[[row + 1]])[0])
        if now != quarter:
            quarter, held = now, _portfolios(risk, index[at], at, len(column), rng)
        days = slice(int(row) + 1, int(after) + 1)
        for family in FAMILIES:
            weights = _held_weights(held[family], at, index, family)
            volatility = np.array([risk.tracking_error(w[at]) for w in weights])
            z[family].append((returns.total_return[days] @ weights.T) / (volatility / np.sqrt(TRADING_DAYS_PER_YEAR)))
            predicted[family].append(np.broadcast_to(volatility, z[family][-1].shape))
    span = slice(int(rows[0]) + 1, int(rows[-1]) + 1)
    stacked = {f: np.vstack(z[f]) for f in FAMILIES}
    return BiasRecord(returns.dates[span], stacked, {f: np.vstack(predicted[f]) for f in FAMILIES})


def covariance_root(risk: FactorRisk) -> FloatArray:
    """Matrix R of shape (k + n, n) with ``R'R`` the covariance."""
    return np.vstack([_factor_root(risk).T, np.diag(np.sqrt(risk.specific_variance_per_year))])


def closest_basket(root: FloatArray, index: FloatArray, chosen: NDArray[np.int64]) -> FloatArray:
    """Long-only weights in the chosen names, with the smallest tracking error to the index.

    Parameters
    ----------
    root : ndarray of shape (r, n)
        ``R'R`` is the covariance of n names.
    index : ndarray of shape (n,)
        Weights to track.
    chosen : ndarray of int
        Positions of the names that may be held.
    """
    heavy = 10.0 * float(np.sqrt((root**2).sum(axis=0)).max())
    left = np.vstack([root[:, chosen], np.full((1, len(chosen)), heavy)])
    weights = np.zeros(len(index))
    weights[chosen] = nnls(left, np.append(root @ index, heavy))[0]
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def quarters(dates: NDArray[np.datetime64]) -> NDArray[np.str_]:
    """Calendar quarter of each date, as 2022Q1."""
    months = dates.astype("datetime64[M]").astype(int)
    return np.array([f"{1970 + m // 12}Q{m % 12 // 3 + 1}" for m in months])


def index_weights(market: Market) -> FloatArray:
    """Weights by market capitalisation, shape (n,)."""
    assert market.market_cap_usd is not None
    return np.asarray(market.market_cap_usd / market.market_cap_usd.sum(), dtype=np.float64)


def _held_weights(held: FloatArray, at: NDArray[np.int64], index: FloatArray, family: str) -> FloatArray:
    """Weights among today's names; baskets are rescaled, and taken against today's index unless long only."""
    today = np.zeros_like(held)
    today[:, at] = held[:, at]
    funded = today.sum(axis=1, keepdims=True) > 0.5
    today = np.where(funded, today / np.where(funded, today.sum(axis=1, keepdims=True), 1.0), today)
    return today if family == "long_only" else today - np.where(funded, index, 0.0)


def _portfolios(
    risk: FactorRisk, index: FloatArray, at: NDArray[np.int64], width: int, rng: np.random.Generator
) -> dict[str, FloatArray]:
    """Portfolios by family, shape (p, width); rows that sum to 1 are baskets, to 0 active weights."""
    n = len(at)
    baskets = []
    for k in range(20):
        chosen = rng.choice(n, size=min(30 + 4 * k, n // 2), replace=False)
        weights = np.zeros(n)
        weights[chosen] = index[chosen] if k % 2 else 1.0
        baskets.append(weights / weights.sum())
    active = []
    for k in range(10):
        noise = rng.standard_normal(n) * (np.sqrt(index) if k % 2 else 1.0)
        active.append(noise - noise.mean())
    sector = risk.universe.sector_of
    groups = [index * (sector == s) for s in range(len(risk.universe.sectors)) if (sector == s).sum() >= 5]
    styles = [index * np.exp(0.5 * x) for f, x in zip(risk.factors, risk.exposures.T, strict=True) if f[:5] == "style"]
    active += [w / w.sum() for w in groups + styles]
    root = covariance_root(risk)
    optimised = [closest_basket(root, index, rng.choice(n, size=min(100, n // 2), replace=False)) for _ in range(4)]
    optimised += [_without(risk, index, rng.choice(n, size=3 * n // 10, replace=False)) for _ in range(4)]
    optimised += [_forecast_portfolio(risk, rng.standard_normal(n)) for _ in range(4)]
    families = {"long_only": baskets, "random": baskets, "active": active, "optimised": optimised}
    out = {}
    for family, rows in families.items():
        out[family] = np.zeros((len(rows), width))
        out[family][:, at] = rows
    return out


def _without(risk: FactorRisk, index: FloatArray, barred: NDArray[np.int64]) -> FloatArray:
    """The index without some names, at the smallest predicted tracking error; signs are free."""
    free = np.setdiff1d(np.arange(len(index)), barred)
    fixed = np.zeros(len(index))
    fixed[barred] = -index[barred]
    pull = -risk.gradient(fixed)[free] / 2.0
    ones = np.ones(len(free))
    a = _inverse_times(risk, free, np.column_stack([pull, ones]))
    slack = -fixed.sum()
    fixed[free] = a[:, 0] + a[:, 1] * (slack - a[:, 0].sum()) / a[:, 1].sum()
    return index + fixed


def _forecast_portfolio(risk: FactorRisk, forecast: FloatArray) -> FloatArray:
    """Zero-sum active weights proportional to the inverse covariance times a forecast."""
    everyone = np.arange(len(forecast))
    a = _inverse_times(risk, everyone, np.column_stack([forecast, np.ones(len(forecast))]))
    weights = a[:, 0] - a[:, 1] * a[:, 0].sum() / a[:, 1].sum()
    return np.asarray(weights / np.abs(weights).sum(), dtype=np.float64)


def _factor_root(risk: FactorRisk) -> FloatArray:
    values, vectors = np.linalg.eigh(risk.factor_covariance_per_year)
    return np.asarray(risk.exposures @ vectors * np.sqrt(np.maximum(values, 0.0)), dtype=np.float64)


def _inverse_times(risk: FactorRisk, names: NDArray[np.int64], right: FloatArray) -> FloatArray:
    """``V^-1 right`` among some names, by the Woodbury identity."""
    root = _factor_root(risk)[names]
    inverse = 1.0 / risk.specific_variance_per_year[names][:, None]
    small = np.eye(root.shape[1]) + root.T @ (inverse * root)
    return np.asarray(inverse * (right - root @ np.linalg.solve(small, root.T @ (inverse * right))), dtype=np.float64)
