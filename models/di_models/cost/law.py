"""The cost law and its fit: half-spread plus power law, pulled towards published constants.

    m = k h + Y s x^p (x / (x + x0))^(1 - p)     bps, average cost of a scheduled order

x the order over the average daily volume, h the half-spread and s the volatility of a day in bps. The
fit is a maximum a posteriori estimate: rows ``(cost - m) / sqrt(v)`` with the variance of a linear
schedule, ``v = s^2 tau / 3 + h^2`` (tau the planned span as a fraction of the day's volume), and one row
for each constant that holds it to its prior, all under a soft absolute loss, because costs have fat
tails. With few orders the posterior is mostly prior, and says so.

Limits: average cost, not peak impact; sizes beyond about 10 % of a day's volume are outside what the
published fits saw. The square-root law in general: Almgren, Thum, Hauptmann and Li (2005), Toth et al.
(2011), Bucci et al. (2018, linear below a crossover x0).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.errors import InputError

__all__ = ["CostLaw", "LawFit", "LawPrior", "fit_law", "schedule_variance"]

_SPAN_AT_LEAST = 0.01
_USUAL_PARTICIPATION = 0.06
_LOWER = (0.0, -4.0, 0.2)
_UPPER = (2.0, 3.0, 1.2)


@dataclass(frozen=True, slots=True)
class CostLaw:
    """The law with its constants.

    Attributes
    ----------
    spread_capture : float
        k, the part of the half-spread that is paid.
    impact : float
        Y, average cost of a day's volume in daily volatilities.
    exponent : float
        p of the size.
    crossover : float
        x0: linear impact below it; 0 switches it off.
    """

    spread_capture: float = 0.8
    impact: float = 0.55
    exponent: float = 0.5
    crossover: float = 0.0

    def cost_bps(self, size: FloatArray, half_spread_bps: FloatArray, volatility_daily_bps: FloatArray) -> FloatArray:
        """Predicted average cost, bps, of the arrays' common shape; ``size`` is the order over ADV."""
        power = size**self.exponent
        if self.crossover > 0:
            power = power * (size / (size + self.crossover)) ** (1.0 - self.exponent)
        return np.asarray(self.spread_capture * half_spread_bps + self.impact * volatility_daily_bps * power)


@dataclass(frozen=True, slots=True)
class LawPrior:
    """What the constants are held to, and how firmly (standard deviations; of the logarithm for the impact)."""

    law: CostLaw = CostLaw()
    spread_capture_sd: float = 0.25
    log_impact_sd: float = 0.5
    exponent_sd: float = 0.05

    def __post_init__(self) -> None:
        for name in ("spread_capture_sd", "log_impact_sd", "exponent_sd"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value > 0):
                raise InputError(
                    f"{name} of the cost law's prior is {value}.",
                    hint="A standard deviation is more than 0; a small one holds the constant where it is.",
                    field=name,
                )


@dataclass(frozen=True, slots=True)
class LawFit:
    """A fitted law.

    Attributes
    ----------
    law : CostLaw
        At the posterior's mode.
    prior : LawPrior
        What it was held to.
    standard_errors : tuple of three floats
        Of spread capture, logarithm of the impact, and exponent.
    prior_share : tuple of three floats
        Share of the posterior's information on each that is the prior's: 1 says that nothing was learnt.
    orders : int
        How many it was fitted on.
    """

    law: CostLaw
    prior: LawPrior
    standard_errors: tuple[float, float, float]
    prior_share: tuple[float, float, float]
    orders: int


def schedule_variance(
    size: FloatArray, half_spread_bps: FloatArray, volatility_daily_bps: FloatArray, span: FloatArray
) -> FloatArray:
    """Variance of an order's cost around its expectation, bps squared.

    That of a linear schedule over ``span`` of the day's volume, plus the spread's. Where no span was
    planned the usual participation of 6 % is assumed.
    """
    known = np.where(np.isfinite(span), span, size / _USUAL_PARTICIPATION)
    tau = np.clip(known, _SPAN_AT_LEAST, 1.0)
    return np.asarray(volatility_daily_bps**2 * tau / 3.0 + half_spread_bps**2)


def fit_law(
    cost_bps: FloatArray,
    size: FloatArray,
    half_spread_bps: FloatArray,
    volatility_daily_bps: FloatArray,
    variance: FloatArray,
    prior: LawPrior | None = None,
) -> LawFit:
    """Fit the law to m orders.

    Parameters
    ----------
    cost_bps : ndarray of shape (m,)
        Measured cost against the arrival price.
    size, half_spread_bps, volatility_daily_bps : ndarray of shape (m,)
        As in `CostLaw.cost_bps`.
    variance : ndarray of shape (m,)
        From `schedule_variance`, larger where the arrival price is a poor one.
    prior : LawPrior, optional
        The published constants when left out.

    Returns
    -------
    LawFit
        The prior itself where there is no order.
    """
    from scipy.optimize import least_squares

    prior = prior or LawPrior()
    start = np.array([prior.law.spread_capture, np.log(prior.law.impact), prior.law.exponent])
    spread = np.array([prior.spread_capture_sd, prior.log_impact_sd, prior.exponent_sd])
    if not len(cost_bps):
        return LawFit(prior.law, prior, tuple(spread.tolist()), (1.0, 1.0, 1.0), 0)
    scale = 1.0 / np.sqrt(variance)

    def law_at(theta: FloatArray) -> CostLaw:
        return CostLaw(float(theta[0]), float(np.exp(theta[1])), float(theta[2]), prior.law.crossover)

    def rows(theta: FloatArray) -> FloatArray:
        predicted = law_at(theta).cost_bps(size, half_spread_bps, volatility_daily_bps)
        return np.concatenate([(cost_bps - predicted) * scale, (theta - start) / spread])

    found = least_squares(
        rows, np.clip(start, _LOWER, _UPPER), bounds=(_LOWER, _UPPER), loss="soft_l1", x_scale=spread, method="trf"
    )
    slopes = np.asarray(found.jac, dtype=np.float64)
    posterior = np.linalg.inv(slopes.T @ slopes)
    share = np.minimum(np.diag(posterior) / spread**2, 1.0)
    errors = np.sqrt(np.diag(posterior))
    return LawFit(law_at(found.x), prior, _three(errors), _three(share), len(cost_bps))


def _three(values: FloatArray) -> tuple[float, float, float]:
    return float(values[0]), float(values[1]), float(values[2])
