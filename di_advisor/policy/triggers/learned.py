"""The trigger of a learned value: what a model says of rebalancing now, its lower bound, and its baseline beside it.

Limits: the model compares today with one wait of its own making, and is asked on every day that the policy looks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from di_advisor.policy.day_facts import DayFacts
from di_advisor.policy.triggers.fixed import would_act
from di_advisor.policy.triggers.state import rebalance_state
from di_advisor.policy.triggers.trigger import SMOOTH, Gate, Reading, TriggerState
from di_advisor.policy.triggers.words import listed, usd
from di_advisor.ports import RebalanceValueModel

__all__ = ["LearnedValue"]


@dataclass(frozen=True, slots=True)
class LearnedValue:
    """The lower bound of what rebalancing now is worth; fires where it is above ``least_usd``."""

    model: RebalanceValueModel
    least_usd: float = 0.0
    gate: Gate = SMOOTH
    name: str = "learned value"

    def read(self, facts: DayFacts, state: TriggerState) -> Reading:  # noqa: ARG002  as every trigger
        """The lower bound, USD; the sentence tells the value and what the fixed thresholds say."""
        found = self.model.rebalance_worth(rebalance_state(facts))
        value = facts.value_usd
        figure = float(found.lower) * value
        threshold = float(np.nextafter(self.least_usd, np.inf))
        if not np.isfinite(figure):
            return Reading(None, threshold, "USD", f"{self.model.provenance} does not say.")
        fixed = would_act(facts)
        sentence = f"{self.model.provenance}: rebalancing now is worth {usd(found.value * value)} more than after "
        sentence += f"{found.wait_sessions} sessions, at least {usd(figure)} over days like it, against "
        sentence += f"{usd(self.least_usd)}. Fixed thresholds: {usd(found.baseline * value)}, "
        sentence += f"they {f'would act ({listed(fixed)})' if fixed else 'would not act'}."
        return Reading(figure, threshold, "USD", sentence)
