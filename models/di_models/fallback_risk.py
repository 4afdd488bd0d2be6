"""Risk without a history: volatilities as given, correlations as assumed.

Problem: a user has today's prices and volatilities, but no returns, and still needs to know which
active weights offset each other. Decision: every two names are assumed to correlate by the same
amount, two names of one sector by more (a market factor and one factor for each sector); volatility
comes from the market's own figures. Positive semidefinite by construction, because it is a sum of
squares. Limits: it is an assumption and says so in its provenance. It knows no styles, betas follow
volatility, and tracking errors from it are rough; use an estimated model where there are returns.

The defaults lie between the quiet and the turbulent years of large US shares (mean pairwise
correlation 0.13 in 2017, 0.29 in 2018 and 2019, 0.42 in 2022).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from di_advisor.domain.market import ExposureHistory, Market, ReturnHistory
from di_advisor.domain.risk import FactorRisk
from di_advisor.errors import InputError

__all__ = ["VolatilityRiskModel"]


@dataclass(frozen=True, slots=True)
class VolatilityRiskModel:
    """Single-index and sector model with assumed correlations; the port `RiskModel`.

    Attributes
    ----------
    correlation : float
        Assumed correlation of two names of different sectors, in [0, 1).
    sector_correlation : float
        Assumed correlation of two names of one sector, at least ``correlation`` and below 1.
    """

    correlation: float = 0.30
    sector_correlation: float = 0.45

    def __post_init__(self) -> None:
        if not 0 <= self.correlation <= self.sector_correlation < 1:
            raise InputError(
                f"The assumed correlations are {self.correlation} and {self.sector_correlation} within a sector.",
                hint="Use 0 <= correlation <= sector_correlation < 1.",
            )

    def estimate(
        self,
        market: Market,
        returns: ReturnHistory | None = None,  # noqa: ARG002  # the port's argument; nothing is estimated here
        exposures: ExposureHistory | None = None,  # noqa: ARG002
    ) -> FactorRisk:
        """Risk from the market's volatilities; returns and exposures are not looked at.

        Parameters
        ----------
        market : Market
            n names with volatilities and sectors; a name without sector has the market factor only.
        returns, exposures : optional
            Not used.

        Returns
        -------
        FactorRisk
            One factor for the market and one for each sector. Exposures are volatility over the mean
            volatility, so that the average name has an exposure of 1.

        Raises
        ------
        InputError
            If a name has a volatility of zero, or the market is empty.
        """
        universe = market.universe
        volatility = market.volatility_per_year
        still = [s.ticker for s, v in zip(universe.securities, volatility, strict=True) if not v > 0]
        if still or not len(universe):
            raise InputError(
                f"The volatility of {', '.join(still[:5]) or 'an empty market'} is zero; no risk follows from it.",
                hint="Give every name its volatility per year, a fraction such as 0.30.",
                securities=still,
            )
        mean = float(volatility.mean())
        relative = volatility / mean
        in_sector = np.zeros((len(universe), len(universe.sectors)))
        known = universe.sector_of >= 0
        in_sector[known, universe.sector_of[known]] = relative[known]
        within = self.sector_correlation - self.correlation
        variance = mean * mean * np.array([self.correlation] + [within] * len(universe.sectors))
        own_part = 1.0 - self.correlation - within * known
        return FactorRisk(
            universe=universe,
            factors=("market", *universe.sectors),
            exposures=np.column_stack([relative, in_sector]),
            factor_covariance_per_year=np.diag(variance),
            specific_variance_per_year=own_part * volatility * volatility,
            provenance=(
                f"assumed correlations, not estimated: {self.correlation:g} between names, "
                f"{self.sector_correlation:g} within a sector; volatilities as given on {market.as_of}"
            ),
        )
