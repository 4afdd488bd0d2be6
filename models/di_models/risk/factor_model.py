"""The factor risk model: market, sectors and styles by cross-sectional regression.

Problem: the covariance of 500 names has 125,000 entries and there are a thousand days of returns. An
optimiser finds and uses whatever is wrong in it.

Decision: the cross-sectional model of the Barra tradition (Grinold and Kahn, *Active Portfolio
Management*; Menchero, Orr and Wang 2011), in six steps, each a module here:

1. `history`: align to the universe, cut at the market's date, winsorise outliers.
2. `exposures`: market, sectors, standardised styles, known before each return (`descriptors` from
   prices, or the user's own characteristics).
3. `regression`: daily factor returns by weighted least squares, sector returns summing to zero.
4. `covariance`: exponentially weighted, fast volatilities, slow correlations, Newey-West, regime.
5. `specific`: own specific volatility shrunk to the structure of names like it.
6. `gauge`: remove the collinearity of market and sectors from F without changing any covariance.

`X F X' + diag(s)` is positive semidefinite by construction: F is a congruence of a clipped matrix and
s is an exponential.

Limits: one country and currency; sectors as of today.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from di_advisor.domain.market import ExposureHistory, FloatArray, Market, ReturnHistory
from di_advisor.domain.risk import FactorRisk
from di_models.risk.covariance import factor_covariance_per_year
from di_models.risk.exposures import dated_exposures, refresh_rows
from di_models.risk.history import aligned_returns
from di_models.risk.regression import regress
from di_models.risk.specific import specific_variance_per_year

__all__ = ["FactorRiskModel"]


@dataclass(frozen=True, slots=True)
class FactorRiskModel:
    """Estimates `FactorRisk` from returns, sectors and, if given, characteristics.

    Parameters
    ----------
    window_days : int
        Trading days of history used at most.
    refresh_days : int
        Exposures are refreshed every so many days.
    volatility_half_life, correlation_half_life : float
        Of factor returns, in days.
    specific_half_life : float
        Of specific returns, in days.
    regime_half_life : float
        Of the level adjustment, in days.
    newey_west_lags : int
        Lags of the correction for serial correlation.
    outlier_sigmas : float
        Bound of the winsorisation of returns.
    """

    window_days: int = 1260
    refresh_days: int = 5
    volatility_half_life: float = 63.0
    correlation_half_life: float = 252.0
    specific_half_life: float = 63.0
    regime_half_life: float = 21.0
    newey_west_lags: int = 1
    outlier_sigmas: float = 10.0

    def estimate(self, market: Market, returns: ReturnHistory, exposures: ExposureHistory | None = None) -> FactorRisk:
        """Risk of the market's universe, from history up to ``market.as_of`` only.

        Parameters
        ----------
        market : Market
            Universe, sectors and sizes.
        returns : ReturnHistory
            Daily total returns; later dates than ``market.as_of`` are not looked at.
        exposures : ExposureHistory, optional
            Dated characteristics; one that is named like a derived descriptor replaces it.

        Returns
        -------
        FactorRisk
            Aligned to ``market.universe``.

        Raises
        ------
        IncompleteDataError
            If fewer than 40 trading days are known.
        """
        history = aligned_returns(market, returns, window_days=self.window_days, outlier_sigmas=self.outlier_sigmas)
        rows = refresh_rows(len(history.dates), every=self.refresh_days, warm_up=126)
        dated = dated_exposures(market, history, exposures, rows)
        fitted = regress(history, dated)
        today = dated.values[-1]
        covariance = factor_covariance_per_year(
            fitted.factor,
            volatility_half_life=self.volatility_half_life,
            correlation_half_life=self.correlation_half_life,
            lags=self.newey_west_lags,
            regime_half_life=self.regime_half_life,
        )
        specific = specific_variance_per_year(
            fitted.residual,
            history.observed[fitted.first_row :],
            today,
            half_life=self.specific_half_life,
            regime_half_life=self.regime_half_life,
        )
        names = (
            "market",
            *(f"sector {s}" for s in dated.sectors),
            *(f"style {s}" for s in dated.styles),
        )
        return FactorRisk(
            universe=market.universe,
            factors=names,
            exposures=today,
            factor_covariance_per_year=regular_gauge(covariance, len(dated.sectors)),
            specific_variance_per_year=specific,
            provenance=f"factor model of {len(names)} factors from {len(history.dates)} days to {history.dates[-1]}",
        )


def regular_gauge(covariance: FloatArray, sectors: int) -> FloatArray:
    """The same covariance of every name, from a factor covariance without its zero eigenvalue.

    The sector columns of each name sum to its market column, so moving a random amount c from the
    market's return to every sector's changes no name's return. The regression fixes c by asking that
    the sectors sum to zero, which leaves F singular. Adding an independent c, small beside the
    other eigenvalues, makes F regular and leaves ``X F X'`` exactly as it was.

    Parameters
    ----------
    covariance : ndarray of shape (k, k)
        Market first, then the sectors.
    sectors : int
        Number of sector columns.
    """
    if sectors == 0:
        return covariance
    direction = np.zeros(len(covariance))
    direction[0] = -1.0
    direction[1 : 1 + sectors] = 1.0
    rest = np.linalg.eigvalsh(covariance)[1:]
    return np.asarray(covariance + float(rest[0]) * np.outer(direction, direction) / (1 + sectors), dtype=np.float64)
