"""The factor risk model: market, sectors and styles by cross-sectional regression.

Problem: the covariance of 500 names has 125,000 entries and there are a thousand days of returns; an
optimiser finds whatever is wrong in it and leans on it.

Decision: the cross-sectional model of the Barra tradition (Grinold and Kahn, *Active Portfolio
Management*, 2000; Menchero, Orr and Wang 2011), in steps that are a module each:

1. `history`: align to the universe, cut at the market's date, pull in outliers.
2. `exposures`: market, sectors, standardised styles, known before each return (`descriptors` from
   returns, or the user's own characteristics).
3. `regression`: daily factor returns by weighted least squares, sector returns summing to zero.
4. `covariance` and `volatility`: slow correlations, volatilities from a blend of memories.
5. `specific`: a shared level times a name's place in it, shrunk to names like it.
6. `residual_factors`: what still moves together, as a few further factors.

skfolio 1.12's `CharacteristicsFactorModel` was looked at first and takes the same road: cross-sectional
regression on lagged exposures, zero-sum sectors, exponentially weighted covariance with a regime
multiplier. It is not used: fed with the same exposures it promises optimised portfolios too little risk
(`benchmarks/risk_skfolio.py`), leaves out names until they have a history, and gives correlated specific
returns as a sparse matrix, which the solver's factor form cannot take. models/README.md has the figures.

``X F X' + diag(s)`` is positive semidefinite by construction: F is a sum of squares stretched from
both sides plus a rank-one square, s is an exponential.

Limits: one country, one currency; sectors as of today; a jump in volatility is known the day after.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from di_advisor.domain.market import ExposureHistory, FloatArray, Market, ReturnHistory
from di_advisor.domain.risk import FactorRisk
from di_advisor.errors import InputError
from di_advisor.units import TRADING_DAYS_PER_YEAR
from di_models.risk.covariance import factor_covariance_per_year, regular_gauge
from di_models.risk.exposures import dated_exposures, refresh_rows
from di_models.risk.history import aligned_returns
from di_models.risk.regression import regress
from di_models.risk.residual_factors import residual_loadings
from di_models.risk.specific import specific_variance_per_year

__all__ = ["FactorRiskModel"]

_WARM_UP_DAYS = 126


@dataclass(frozen=True, slots=True)
class FactorRiskModel:
    """Estimates `FactorRisk` from returns, sectors and, if given, characteristics.

    The defaults are for names of a large or mid-cap index and for horizons of days to a few months.

    Parameters
    ----------
    window_days : int
        Trading days of history used at most.
    refresh_days : int
        Exposures are refreshed every so many days.
    correlation_half_life : float
        Memory of correlations, in days.
    specific_half_life : float
        Memory of a name's specific volatility relative to the others', in days.
    residual_factors : int
        Further factors at most; 0 for none.
    outlier_sigmas : float
        Bound of a day's return around the day's median, in the name's own trailing volatilities.

    Raises
    ------
    InputError
        If a parameter is out of range.
    """

    window_days: int = 4 * TRADING_DAYS_PER_YEAR
    refresh_days: int = 5
    correlation_half_life: float = float(TRADING_DAYS_PER_YEAR)
    specific_half_life: float = 126.0
    residual_factors: int = 4
    outlier_sigmas: float = 10.0

    def __post_init__(self) -> None:
        least = {
            "window_days": 40,
            "refresh_days": 1,
            "correlation_half_life": 5,
            "specific_half_life": 5,
            "residual_factors": 0,
            "outlier_sigmas": 3,
        }
        for name, bound in least.items():
            value = getattr(self, name)
            if not (np.isfinite(value) and value >= bound):
                raise InputError(
                    f"{name} of the factor risk model is {value}.",
                    hint=f"Use a finite figure of at least {bound}.",
                    field=name,
                )

    def estimate(self, market: Market, returns: ReturnHistory, exposures: ExposureHistory | None = None) -> FactorRisk:
        """Risk of the market's universe, from history up to ``market.as_of`` only.

        Parameters
        ----------
        market : Market
            Universe of n names, sectors and sizes (dollar volume where there is no market capitalisation).
        returns : ReturnHistory
            Daily total returns; later dates than ``market.as_of`` are not looked at.
        exposures : ExposureHistory, optional
            Dated characteristics; one that is named like a derived descriptor replaces it.

        Returns
        -------
        FactorRisk
            Aligned to ``market.universe``. Factors are ``"market"``, ``"sector <name>"``,
            ``"style <name>"`` and ``"residual <number>"``.

        Raises
        ------
        IncompleteDataError
            If fewer than 40 trading days are known.
        """
        history = aligned_returns(market, returns, window_days=self.window_days, outlier_sigmas=self.outlier_sigmas)
        rows = refresh_rows(len(history.dates), every=self.refresh_days, warm_up=_WARM_UP_DAYS)
        dated = dated_exposures(market, history, exposures, rows)
        fitted = regress(history, dated)
        seen = history.observed[fitted.first_row :]
        today = dated.values[-1]
        covariance = factor_covariance_per_year(fitted.factor, correlation_half_life=self.correlation_half_life)
        specific = specific_variance_per_year(fitted.residual, seen, today, half_life=self.specific_half_life)
        loadings = residual_loadings(
            fitted.residual,
            seen,
            most=self.residual_factors,
            half_life=self.correlation_half_life,
            window_days=int(3 * self.correlation_half_life),
        )
        names = (
            "market",
            *(f"sector {name}" for name in dated.sectors),
            *(f"style {name}" for name in dated.styles),
            *(f"residual {number + 1}" for number in range(loadings.shape[1])),
        )
        # Columns of mean square 1, as the styles have; their scale moves into the factor's variance.
        further = np.sqrt(specific)[:, None] * loadings
        scale = np.sqrt((further**2).mean(axis=0))
        return FactorRisk(
            universe=market.universe,
            factors=names,
            exposures=np.hstack([today, further / scale]),
            factor_covariance_per_year=_with_independent(regular_gauge(covariance, len(dated.sectors)), scale**2),
            specific_variance_per_year=specific * (1.0 - (loadings**2).sum(axis=1)),
            provenance=(
                f"factor model, {len(names)} factors of {len(market.universe)} names from {len(history.dates)} days"
                f" to {history.dates[-1]}"
            ),
        )


def _with_independent(covariance: FloatArray, variances: FloatArray) -> FloatArray:
    """Add factors of given variances, independent of the others and of each other."""
    k = len(covariance)
    wider = np.diag(np.concatenate([np.zeros(k), variances]))
    wider[:k, :k] = covariance
    return wider
