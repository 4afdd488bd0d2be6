"""What a model may know of an account when it is asked what rebalancing now is worth, and what it answers.

Problem: the same facts must reach a model in training (replays) and in use (a policy), in the same order and units.
Decision: one frozen row of plain figures, every field a feature by its name; amounts are fractions of the account's
value, so that a model carries over between sizes as far as its costs do. Limits: nothing in it says who is taxed; a
model is made for stated rates and says so.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from di_advisor.domain.market import FloatArray

__all__ = ["FEATURES", "RebalanceState", "RebalanceWorth"]


@dataclass(frozen=True, slots=True)
class RebalanceState:
    """An account on a day, before anything is done.

    Attributes
    ----------
    tracking_error : float
        Ex ante, a year.
    tracking_error_of_cap : float
        The same over the mandate's cap; 0 without one.
    active_share : float
        Half the sum of absolute active weights.
    largest_active : float
        Largest absolute active weight of a name.
    short_loss, long_loss : float
        Losses that may be taken today, by term, over the account's value.
    deep_loss : float
        Those of them in lots that stand 5 % of their basis or more below it.
    locked_loss : float
        Losses that a lock forbids to take.
    short_gain, long_gain : float
        Gains that a sale would realise, by term.
    loss_turning_long, gain_turning_long : float
        Short-term losses and gains that are long-term within 30 days.
    cost_to_target : float
        Predicted cost of trading all the way to the target, over the value.
    cash_outside : float
        How far cash lies outside the mandate's range, as a weight.
    locked_weight : float
        Target weight of names that may not be bought.
    windows_ending : float
        Target weight of names whose lock ends within 10 days.
    reconstitution_days : float
        Days to the next announced change of the target, at most 92.
    reconstitution_turnover : float
        One-way turnover of that change.
    quarter_end_days, year_end_days : float
        Calendar days to the last day of the quarter, of the year.
    rebalance_days : float
        Days since the last rebalance, at most 366.
    index_volatility : float
        Of the target, a year, by the risk model.
    specific_volatility : float
        Mean over the target of the names' own, a year.
    fixed_thresholds : float
        1 where the fixed thresholds of the policy "threshold" would act on a first look, else 0.
    """

    tracking_error: float
    tracking_error_of_cap: float
    active_share: float
    largest_active: float
    short_loss: float
    long_loss: float
    deep_loss: float
    locked_loss: float
    short_gain: float
    long_gain: float
    loss_turning_long: float
    gain_turning_long: float
    cost_to_target: float
    cash_outside: float
    locked_weight: float
    windows_ending: float
    reconstitution_days: float
    reconstitution_turnover: float
    quarter_end_days: float
    year_end_days: float
    rebalance_days: float
    index_volatility: float
    specific_volatility: float
    fixed_thresholds: float

    def row(self) -> FloatArray:
        """The figures, in the order of `FEATURES`."""
        return np.array([getattr(self, name) for name in FEATURES], dtype=np.float64)


FEATURES: Final = tuple(f.name for f in fields(RebalanceState))
"""Names of the figures, in their order."""


@dataclass(frozen=True, slots=True)
class RebalanceWorth:
    """A model's answer, as fractions of the account's value.

    Attributes
    ----------
    value : float
        Of rebalancing today against the review after ``wait_sessions``, after tax, cost and a charge for risk.
    lower : float
        Lower bound of the mean over days like this one.
    baseline : float
        What the fixed thresholds alone say: the mean of days on which they would act, or of those on which not.
    wait_sessions : int
        What today is compared with.
    """

    value: float
    lower: float
    baseline: float
    wait_sessions: int
