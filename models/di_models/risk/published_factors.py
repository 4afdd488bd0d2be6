"""Exposures of securities to published factors: time-series regressions, shrunk, with standard errors.

Problem: an advisor wants a tilt to value, or a band on it, and has no fundamentals; a beta from two years
of days is as noisy as betas differ between names. Decision: each name's excess returns are regressed on all
factors together over the days that both have (Fama and French 2015), by least squares, with the usual
standard errors; then each beta is drawn towards the mean of all names by how uncertain it is (Vasicek 1973):
the prior's spread is what the betas' variance leaves after their mean squared error. Both are kept.
`exposure_history` does this on past days with what was known then, as `FactorRiskModel` takes it, so that
the factors can be named in tilts and bands. Limits: errors are taken as independent and of one variance;
daily prices of names that trade rarely lag, which pulls betas down; published factors are of all American
companies and are revised.

Sources: Fama and French, *A five-factor asset pricing model*, JFE 116 (2015); Vasicek, *A note on using
cross-sectional information in Bayesian estimation of security betas*, JF 28 (1973).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.factor_returns import FactorReturnTable, Frequency
from di_advisor.domain.market import ExposureHistory, FloatArray, ReturnHistory
from di_advisor.domain.universe import Universe
from di_advisor.errors import IncompleteDataError, InputError
from di_advisor.units import TRADING_DAYS_PER_YEAR

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FactorExposures", "exposure_history", "factor_exposures"]

RISK_FREE: Final = "RF"
_WINDOW_DAYS: Final = 2 * TRADING_DAYS_PER_YEAR
_MIN_DAYS: Final = TRADING_DAYS_PER_YEAR // 2
_FEW_NAMES: Final = 5
_SINGULAR: Final = 1e-10


@dataclass(frozen=True)
class FactorExposures:
    """Exposures of n names to k factors, as known on a day.

    Attributes
    ----------
    as_of : date
        Last day that was used.
    security_ids, factors : tuple of str
        n and k names.
    beta : ndarray of shape (n, k)
        Shrunk; NaN for names with too few days.
    least_squares, standard_error : ndarray of shape (n, k)
        Before shrinkage, and how uncertain.
    own_weight : ndarray of shape (n, k)
        Share of the name's own estimate in ``beta``; the rest is the mean of all names.
    alpha_per_day, residual_volatility_per_year, r_squared : ndarray of shape (n,)
        Of the least squares.
    days : ndarray of int, shape (n,)
        Days that were used.
    """

    as_of: date
    security_ids: tuple[str, ...]
    factors: tuple[str, ...]
    beta: FloatArray
    least_squares: FloatArray
    standard_error: FloatArray
    own_weight: FloatArray
    alpha_per_day: FloatArray
    residual_volatility_per_year: FloatArray
    r_squared: FloatArray
    days: NDArray[np.int64]

    def characteristics(self, universe: Universe) -> dict[str, FloatArray]:
        """Shrunk exposures as characteristics of a market, "beta HML" and so on; NaN where not known."""
        at = {s: i for i, s in enumerate(self.security_ids)}
        rows = np.array([at.get(s, -1) for s in universe.security_ids], dtype=np.int64)
        found = np.where((rows >= 0)[:, None], self.beta[rows], np.nan)
        return {_style(f): np.asarray(found[:, j]) for j, f in enumerate(self.factors)}

    def to_frame(self) -> pd.DataFrame:
        """One row a name and factor: beta, what it was before, its error, its own weight, days."""
        import pandas as pd

        n, k = self.beta.shape
        return pd.DataFrame(
            {
                "security_id": np.repeat(self.security_ids, k),
                "factor": np.tile(self.factors, n),
                "beta": self.beta.ravel(),
                "least_squares": self.least_squares.ravel(),
                "standard_error": self.standard_error.ravel(),
                "own_weight": self.own_weight.ravel(),
                "days": np.repeat(self.days, k),
            }
        )


def factor_exposures(
    returns: ReturnHistory,
    table: FactorReturnTable,
    *,
    as_of: date,
    window_days: int = _WINDOW_DAYS,
    min_days: int = _MIN_DAYS,
) -> FactorExposures:
    """Exposures as known at the close of a day.

    Parameters
    ----------
    returns : ReturnHistory
        Daily total returns of n names; later days are not looked at.
    table : FactorReturnTable
        Daily returns of the factors and of ``RF``, fractions.
    as_of : date
        The day.
    window_days : int
        Days used at most, the latest that both have.
    min_days : int
        Days that a name needs.

    Raises
    ------
    InputError
        If the table is not daily, lacks ``RF`` or any factor, or its factors are not independent.
    IncompleteDataError
        If fewer than ``min_days`` days are in both, or no name has as many.
    """
    if table.frequency is not Frequency.DAILY:
        raise InputError(f"{table.name} is {table.frequency.value}.", hint="Daily returns need daily factors.")
    factors = tuple(f for f in table.factors if f != RISK_FREE)
    risk_free = table.column(RISK_FREE)
    if not factors or min_days <= len(factors) + 1:
        raise InputError(
            f"{len(factors)} factors and at least {min_days} days make no regression.",
            hint="Give at least one factor, and several times as many days as factors.",
        )
    known = np.isfinite(table.values).all(axis=1) & (table.dates <= np.datetime64(as_of, "D"))
    _, mine, theirs = np.intersect1d(returns.dates, table.dates[known], return_indices=True)
    mine, theirs = mine[-window_days:], theirs[-window_days:]
    if len(mine) < min_days:
        raise IncompleteDataError(
            f"Returns and {table.name} share {len(mine)} days up to {as_of}, and {min_days} are needed.",
            hint="Load a longer history, or a newer table of factors.",
            days=len(mine),
        )
    x = np.column_stack([table.column(f)[known][theirs] for f in factors])
    design = np.column_stack([np.ones(len(x)), x])
    scale = np.sqrt((design**2).mean(axis=0))
    if np.linalg.svd(design / np.where(scale > 0, scale, 1.0), compute_uv=False)[-1] < _SINGULAR * len(x) ** 0.5:
        raise InputError(f"The factors {', '.join(factors)} are not independent.", hint="Leave out one of them.")
    excess = returns.total_return[mine] - risk_free[known][theirs][:, None]
    observed = returns.observed[mine]
    fit = _least_squares(design, excess, observed, min_days)
    beta, own_weight = _shrunk(fit.coefficient[:, 1:], fit.error[:, 1:])
    return FactorExposures(
        as_of=returns.dates[mine[-1]].astype(date),
        security_ids=returns.security_ids,
        factors=factors,
        beta=beta,
        least_squares=fit.coefficient[:, 1:],
        standard_error=fit.error[:, 1:],
        own_weight=own_weight,
        alpha_per_day=fit.coefficient[:, 0],
        residual_volatility_per_year=fit.residual * TRADING_DAYS_PER_YEAR**0.5,
        r_squared=fit.r_squared,
        days=observed.sum(axis=0),
    )


def exposure_history(
    returns: ReturnHistory,
    table: FactorReturnTable,
    days: Sequence[date],
    *,
    window_days: int = _WINDOW_DAYS,
    min_days: int = _MIN_DAYS,
) -> ExposureHistory:
    """Shrunk exposures on several days, each from what was known then, for `FactorRiskModel`.

    Parameters
    ----------
    returns, table, window_days, min_days
        As for `factor_exposures`.
    days : sequence of date
        Ascending.

    Raises
    ------
    InputError
        As for `factor_exposures`; also if the days do not ascend.
    """
    if not days or any(a >= b for a, b in pairwise(days)):
        raise InputError("The days of an exposure history ascend.", hint="Give at least one, each later than before.")
    dated = [factor_exposures(returns, table, as_of=d, window_days=window_days, min_days=min_days) for d in days]
    return ExposureHistory(
        dates=np.array(days, dtype="datetime64[D]"),
        security_ids=returns.security_ids,
        names=tuple(_style(f) for f in dated[0].factors),
        values=np.stack([e.beta for e in dated]),
    )


def _style(factor: str) -> str:
    """Name of a style: not "size" or "momentum", which the risk model derives itself from returns."""
    return f"beta {factor}"


@dataclass(frozen=True)
class _Fit:
    coefficient: FloatArray
    error: FloatArray
    residual: FloatArray
    r_squared: FloatArray


def _least_squares(design: FloatArray, y: FloatArray, observed: NDArray[np.bool_], min_days: int) -> _Fit:
    """One regression a name; names that were observed on the same days are solved together."""
    n, p = y.shape[1], design.shape[1]
    coefficient, error = np.full((n, p), np.nan), np.full((n, p), np.nan)
    residual, r_squared = np.full(n, np.nan), np.full(n, np.nan)
    packed = np.packbits(observed, axis=0)
    _, group = np.unique(packed, axis=1, return_inverse=True)
    for g in range(int(group.max()) + 1 if n else 0):
        names = np.flatnonzero(group.ravel() == g)
        seen = observed[:, names[0]]
        if int(seen.sum()) < min_days:
            continue
        x, mine = design[seen], y[np.ix_(seen, names)]
        # Through the orthogonal factor, which squares no condition number.
        q, r = np.linalg.qr(x)
        solved = np.linalg.solve(r, q.T @ mine)
        inverse = np.linalg.inv(r)
        left = mine - x @ solved
        variance = (left**2).sum(axis=0) / (len(x) - p)
        coefficient[names] = solved.T
        error[names] = np.sqrt(variance[:, None] * (inverse**2).sum(axis=1)[None, :])
        residual[names] = np.sqrt(variance)
        spread = ((mine - mine.mean(axis=0)) ** 2).sum(axis=0)
        r_squared[names] = 1.0 - (left**2).sum(axis=0) / np.where(spread > 0, spread, np.nan)
    if not np.isfinite(coefficient).any():
        raise IncompleteDataError(
            f"No name was observed on {min_days} of the days.", hint="Load a longer history, or ask for fewer days."
        )
    return _Fit(coefficient, error, residual, r_squared)


def _shrunk(estimate: FloatArray, error: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Estimates drawn towards their mean, and the weight of each name's own, both of shape (n, k)."""
    known = np.asarray(np.isfinite(estimate).all(axis=1), dtype=np.bool_)
    if int(known.sum()) < _FEW_NAMES:
        # A handful of names says nothing about how betas are spread.
        return estimate.copy(), np.where(known[:, None], 1.0, np.nan) * np.ones_like(estimate)
    mean = estimate[known].mean(axis=0)
    spread = estimate[known].var(axis=0, ddof=1) - (error[known] ** 2).mean(axis=0)
    spread = np.maximum(spread, 0.0)
    total = spread[None, :] + error**2
    own_weight = np.where(total > 0, spread[None, :] / np.where(total > 0, total, 1.0), 1.0)
    own_weight = np.where(known[:, None], own_weight, np.nan)
    return np.asarray(mean + own_weight * (estimate - mean)), np.asarray(own_weight)
