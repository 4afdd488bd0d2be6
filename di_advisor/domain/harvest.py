"""Harvesting: what a model is told of a client and of lots, and what it answers.

Problem: a loss taken today saves tax and starts a new lot, and gives up the right to take it later. What that
is worth depends on the client at least as much as on the lot. Decision: `ClientProfile` holds what is the
same for all lots of a client, `LotStates` the lots, `HarvestWorth` the answer lot by lot in dollars, with
its parts and with what a rule of thumb would do. Limits: rates are marginal and constant over the horizon;
the use of losses is not limited by gains.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.errors import InputError

__all__ = ["ClientProfile", "HarvestWorth", "LotStates"]


@dataclass(frozen=True, slots=True)
class ClientProfile:
    """What of a client decides on harvesting; rates are fractions.

    Attributes
    ----------
    short_use_rate, long_use_rate : float
        What a dollar of short-term and of long-term loss saves: the marginal rate of what it is set against.
    short_exit_rate, long_exit_rate : float
        Tax on a gain, today or at the horizon, by the lot's age then.
    step_up_share : float
        Share of the position that is never taxed (step-up at death, gift to charity), in [0, 1].
    horizon_years : float
        Until the position is sold.
    discount_per_year : float
        Rate at which later taxes are discounted.
    """

    short_use_rate: float
    long_use_rate: float
    short_exit_rate: float = 0.408
    long_exit_rate: float = 0.238
    step_up_share: float = 0.0
    horizon_years: float = 10.0
    discount_per_year: float = 0.07

    def __post_init__(self) -> None:
        for name in ("short_use_rate", "long_use_rate", "short_exit_rate", "long_exit_rate"):
            if not 0 <= getattr(self, name) < 1:
                raise InputError(
                    f"The rate {name} of a client is {getattr(self, name)}.",
                    hint="Rates are fractions in [0, 1): 0.238 for 23.8 percent.",
                )
        if not 0 <= self.step_up_share <= 1:
            raise InputError(f"The step-up share is {self.step_up_share}.", hint="It is a share in [0, 1].")
        if not 0 < self.horizon_years <= 60:
            raise InputError(f"The horizon is {self.horizon_years} years.", hint="Give more than 0 and at most 60.")
        if not -0.5 < self.discount_per_year < 0.5:
            raise InputError(
                f"The discount rate is {self.discount_per_year} a year.", hint="It is a fraction: 0.05 for 5 percent."
            )


@dataclass(frozen=True)
class LotStates:
    """Lots as a harvest model sees them; arrays of shape (L,).

    Attributes
    ----------
    value_usd : ndarray
        Market value.
    gain_usd : ndarray
        Gain that a sale would realise, negative for a loss.
    age_days : ndarray of int
        Days held so far.
    days_to_long_term : ndarray of int
        Days until a sale is long-term; 0 where it is already.
    volatility_per_year : ndarray
        Of the lot's name, as a fraction.
    """

    value_usd: FloatArray
    gain_usd: FloatArray
    age_days: NDArray[np.int64]
    days_to_long_term: NDArray[np.int64]
    volatility_per_year: FloatArray

    def __post_init__(self) -> None:
        size = len(self.value_usd)
        for name in ("gain_usd", "age_days", "days_to_long_term", "volatility_per_year"):
            if len(getattr(self, name)) != size:
                raise InputError(f"{name} is not aligned to the {size} lots.", hint="One entry for each lot.")
        if size and not (np.all(self.value_usd > 0) and np.all(np.isfinite(self.volatility_per_year))):
            raise InputError(
                "A lot has no positive value, or its name no volatility.",
                hint="Leave such lots out; they are not sold.",
            )

    def basis_over_price(self) -> FloatArray:
        """Adjusted basis over market value, shape (L,); above 1 is a loss."""
        return np.asarray(1.0 - self.gain_usd / self.value_usd, dtype=np.float64)


@dataclass(frozen=True)
class HarvestWorth:
    """What selling each whole lot today is worth against the next review; arrays of shape (L,), USD.

    ``tax_now_usd + restart_usd - given_up_usd`` is the advantage of selling now, before today's trading cost.

    Attributes
    ----------
    tax_now_usd : ndarray
        Tax that the sale saves today: a loss at the client's use rates; negative for a gain, at the exit rates.
    restart_usd : ndarray
        What the lot bought in its place is worth: later taxes and harvests of a lot with today's basis.
    given_up_usd : ndarray
        What the lot would be worth if kept and dealt with optimally from the next review on.
    continuation_usd : ndarray
        What the optimizer is told: the advantage without today's tax, which it counts itself, and less the model's
        margin where it is positive. On lots with a gain it is the later tax that selling now spares; where only
        losses are to be harvested it may take away all of today's tax, and never makes the advantage positive.
    says_sell : ndarray of bool
        Whether the model would sell, before today's trading cost.
    rule_says_sell : ndarray of bool
        Whether the rule of thumb beside it would.
    rule : str
        That rule, in words.
    provenance : str
        Which model, which settings.
    """

    tax_now_usd: FloatArray
    restart_usd: FloatArray
    given_up_usd: FloatArray
    continuation_usd: FloatArray
    says_sell: NDArray[np.bool_]
    rule_says_sell: NDArray[np.bool_]
    rule: str
    provenance: str

    def advantage_usd(self) -> FloatArray:
        """Value of selling now against later as the optimizer is told it, and today's tax; not today's cost."""
        return np.asarray(self.tax_now_usd + self.continuation_usd, dtype=np.float64)
