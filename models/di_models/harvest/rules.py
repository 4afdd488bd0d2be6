"""Rules of thumb that harvest at a threshold: what the program is compared with.

Problem: a model must show that it beats what anyone can do without it. Decision: each rule is one function of loss,
age and years left, valued by the same pass as the best policy. Limits: none of them knows the client, but for the
cost and the rates in "any loss".
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.harvest import ClientProfile
from di_advisor.domain.market import FloatArray
from di_advisor.units import percent_from_fraction
from di_models.harvest.program import LotMarket, Rule

__all__ = ["any_loss", "loss_beyond", "never", "rules_of_thumb", "volatility_threshold"]

_MONTH_YEARS = 31 / 365
"""31 days, the wash-sale wait, as a share of a year."""


def never(loss: FloatArray, age_days: FloatArray, years_left: float) -> NDArray[np.bool_]:  # noqa: ARG001 - a Rule
    """No harvest at all."""
    return np.zeros(np.broadcast_shapes(loss.shape, age_days.shape), dtype=np.bool_)


def loss_beyond(threshold: float) -> Rule:
    """Harvest where the loss is more than a share of basis."""

    def rule(loss: FloatArray, age_days: FloatArray, years_left: float) -> NDArray[np.bool_]:  # noqa: ARG001 - a Rule
        return np.broadcast_to(loss > threshold, np.broadcast_shapes(loss.shape, age_days.shape))

    return rule


def any_loss(profile: ClientProfile, market: LotMarket) -> Rule:
    """Harvest where today's tax saving is more than the cost."""

    def rule(loss: FloatArray, age_days: FloatArray, years_left: float) -> NDArray[np.bool_]:  # noqa: ARG001 - a Rule
        rate = np.where(age_days < 364, profile.short_use_rate, profile.long_use_rate)
        return np.asarray(rate * (loss / (1.0 - loss)) > market.harvest_cost)

    return rule


def volatility_threshold(volatility_per_year: float, multiple: float = 1.0) -> float:
    """Loss, as a share of basis, of a fall by a multiple of the volatility of 31 days."""
    return 1.0 - math.exp(-multiple * volatility_per_year * math.sqrt(_MONTH_YEARS))


def rules_of_thumb(profile: ClientProfile, market: LotMarket) -> Mapping[str, Rule]:
    """The rules of the comparison, by name."""
    return {
        "never": never,
        "any loss": any_loss(profile, market),
        **{f"-{percent_from_fraction(t):.0f} %": loss_beyond(t) for t in (0.05, 0.10, 0.20)},
        "volatility": loss_beyond(volatility_threshold(market.volatility_per_year)),
    }
