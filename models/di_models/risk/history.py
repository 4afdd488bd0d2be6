"""Daily returns aligned to the universe, cut at the market's date, with outliers pulled in.

Problem: histories hold names that are not asked for, lack names that are, and contain bad prints (a
spin-off booked both as split and as dividend is a return of +61 %). Decision: keep the universe's
names in its order, nothing later than the market's date, and winsorise each day's return around the
day's median at so many of the name's own trailing standard deviations, known the day before. The
day's median is left alone, so that a crash of the whole market is not an outlier. Limits: a true
jump beyond the bound is counted as the bound.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray, Market, ReturnHistory
from di_advisor.errors import IncompleteDataError
from di_models.risk.series import evidence, lagged, row_median, weighted_sum

__all__ = ["AlignedReturns", "aligned_returns"]

_VOLATILITY_HALF_LIFE_DAYS = 63.0
_PRIOR_DAYS = 10.0
_MIN_DAYS = 40


@dataclass(frozen=True)
class AlignedReturns:
    """Returns of the universe's names, in its order.

    Attributes
    ----------
    dates : ndarray of datetime64[D], shape (t,)
        Trading days, ascending, none after the market's date.
    values : ndarray of shape (t, n)
        Simple total returns, winsorised; 0 where not observed.
    observed : ndarray of bool, shape (t, n)
        What was observed.
    """

    dates: NDArray[np.datetime64]
    values: FloatArray
    observed: NDArray[np.bool_]


def aligned_returns(
    market: Market, returns: ReturnHistory, *, window_days: int, outlier_sigmas: float
) -> AlignedReturns:
    """Align, cut and winsorise a history.

    Parameters
    ----------
    market : Market
        Universe and date.
    returns : ReturnHistory
        Any names in any order; names that the universe does not hold are left out.
    window_days : int
        Trading days kept, the latest ones.
    outlier_sigmas : float
        Bound in the name's trailing standard deviations.

    Raises
    ------
    IncompleteDataError
        If fewer than 40 days are left on which at least two names traded.
    """
    known = returns.until(market.as_of)
    n = len(market.universe)
    column = {security_id: j for j, security_id in enumerate(known.security_ids)}
    source = np.array([column.get(s, -1) for s in market.universe.security_ids], dtype=np.int64)
    held = source >= 0
    values = np.zeros((len(known.dates), n))
    observed = np.zeros((len(known.dates), n), dtype=np.bool_)
    values[:, held] = known.total_return[:, source[held]]
    observed[:, held] = known.observed[:, source[held]]

    trading = observed.sum(axis=1) >= 2
    dates, values, observed = (a[trading][-window_days:] for a in (known.dates, values, observed))
    if len(dates) < _MIN_DAYS:
        raise IncompleteDataError(
            f"The risk model has {len(dates)} days of returns up to {market.as_of} for the {n} names of its universe.",
            hint=f"Give at least {_MIN_DAYS} trading days (two years or more serve well), or your own exposures and"
            " covariance (di_models.risk.supplied_risk).",
            days=len(dates),
            needed=_MIN_DAYS,
        )
    return AlignedReturns(dates, _winsorised(values, observed, outlier_sigmas), observed)


def _winsorised(values: FloatArray, observed: NDArray[np.bool_], outlier_sigmas: float) -> FloatArray:
    centre = row_median(np.where(observed, values, np.nan))
    away = np.where(observed, values - centre, 0.0)
    typical = np.median(np.abs(away[observed])) * 1.4826 + 1e-6
    # A first pass at a wide fixed bound keeps one bad print from widening its own successors' bounds.
    squared = np.minimum(away**2, (outlier_sigmas * 3.0 * typical) ** 2)
    weight = lagged(evidence(observed, _VOLATILITY_HALF_LIFE_DAYS))
    total = lagged(weighted_sum(squared, _VOLATILITY_HALF_LIFE_DAYS))
    sigma = np.sqrt((total + _PRIOR_DAYS * typical**2) / (weight + _PRIOR_DAYS))
    bound = outlier_sigmas * sigma
    return np.where(observed, centre + np.clip(away, -bound, bound), 0.0)
