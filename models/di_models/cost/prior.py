"""What a trade costs before anyone has trained a model: half-spread plus the square-root law.

Problem: a user without a history of fills still needs a cost for every trade, in dollars, convex in
its size. Decision: average cost as a fraction of the traded value, with the published shape and the
middle of the published constants,

    cost / value = k h + Y sigma_daily sqrt(value / ADV),

h the quoted half-spread, sigma_daily the volatility of a day, ADV the average daily dollar volume.

- ``Y = 0.55`` is *average cost* of a scheduled order, not peak impact (about 1.5 times as much).
  Fits of live orders lie close together: Almgren, Thum, Hauptmann and Li (2005) 0.37 to 0.65 by
  duration, Kissell's I-Star 0.49, Frazzini, Israel and Moskowitz (2018) about 0.54.
- ``k = 0.8`` because most marketable orders are improved on: effective half-spreads of real quotes
  and trades are 0.6 to 0.8 of the quoted ones.
- The total is ``k h v + Y sigma v^1.5 / sqrt(ADV)``: convex, increasing, zero at zero, and the same in
  bps after a split, because shares and prices do not enter.

Limits: it is a prior, and its provenance says "not calibrated". Size beyond about 10 % of ADV is
outside what the fits saw. Below some size impact is linear (Bucci et al. 2018); the law used here
overstates it there by tenths of a basis point. Commissions and regulatory fees are not in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from di_advisor.domain.cost_reasons import CostPart, CostPrediction
from di_advisor.domain.costs import CostCurves
from di_advisor.domain.market import Market
from di_advisor.errors import InputError
from di_advisor.units import BPS_PER_UNIT, TRADING_DAYS_PER_YEAR

__all__ = ["PriorCostModel"]


@dataclass(frozen=True, slots=True)
class PriorCostModel:
    """Half-spread and square-root law with published constants.

    Parameters
    ----------
    spread_capture : float
        k: the part of the quoted half-spread that is paid; a pure number of at least 0.
    impact : float
        Y: average cost of trading one day's volume, in daily volatilities; at least 0.

    Raises
    ------
    InputError
        If a constant is negative or not finite.
    """

    spread_capture: float = 0.8
    impact: float = 0.55

    def __post_init__(self) -> None:
        for name in ("spread_capture", "impact"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value >= 0):
                raise InputError(
                    f"{name} of the prior cost model is {value}.",
                    hint="Use a finite figure of at least 0: a negative one would pay for trading.",
                    field=name,
                )

    def curves(self, market: Market) -> CostCurves:
        """Cost curves of the market's universe, in USD of cost by USD traded.

        Parameters
        ----------
        market : Market
            Half-spreads, volatilities and dollar volumes of n names.

        Returns
        -------
        CostCurves
            ``linear`` and ``three_halves`` set, ``quadratic`` zero; provenance "prior, not calibrated".
        """
        sigma_daily = market.volatility_per_year / np.sqrt(TRADING_DAYS_PER_YEAR)
        return CostCurves(
            universe=market.universe,
            linear=self.spread_capture * market.half_spread_bps / BPS_PER_UNIT,
            three_halves=self.impact * sigma_daily / np.sqrt(market.adv_usd),
            quadratic=np.zeros(len(market.universe)),
            provenance=self._provenance(market),
        )

    def predict_order(
        self, market: Market, security_id: str, value_usd: float, *, coverage: float = 0.9
    ) -> CostPrediction:
        """The two parts of the law for one order (the port `CostReasons`); no interval, for nothing was calibrated.

        Raises
        ------
        UnknownSecurityError
            If the market does not know the name.
        """
        at = int(market.universe.index_of([security_id], where="The order")[0])
        spread = self.spread_capture * float(market.half_spread_bps[at])
        daily_bps = float(market.volatility_per_year[at]) / np.sqrt(TRADING_DAYS_PER_YEAR) * BPS_PER_UNIT
        size = value_usd / float(market.adv_usd[at])
        impact = self.impact * daily_bps * float(np.sqrt(size))
        parts = (
            CostPart(f"{self.spread_capture:g} of the half-spread of {market.half_spread_bps[at]:.2g} bps", spread),
            CostPart(
                f"impact: {self.impact:g} x a day's volatility of {daily_bps:.0f} bps x root of {size:.2g} ADV", impact
            ),
        )
        return CostPrediction(spread + impact, parts, None, coverage, self._provenance(market))

    def _provenance(self, market: Market) -> str:
        return (
            f"prior, not calibrated: {self.spread_capture:g} x half-spread + {self.impact:g} x daily volatility"
            f" x sqrt(value / ADV), market of {market.as_of}"
        )
