"""The fixed thresholds: distance from the target, losses and cash, as the policy "threshold" watches them.

Limits: a first look at a day, without memory of earlier ones (hysteresis and rests are the policy's).
"""

from __future__ import annotations

from di_advisor.policy.day_facts import DayFacts
from di_advisor.policy.triggers.drift import NameDrift, SectorDrift, TrackingErrorAbove
from di_advisor.policy.triggers.esg import ExcludedHeld
from di_advisor.policy.triggers.events import CashOutside
from di_advisor.policy.triggers.harvest import LossAvailable
from di_advisor.policy.triggers.trigger import Trigger, TriggerState, judge

__all__ = ["fixed_thresholds", "would_act"]


def fixed_thresholds() -> tuple[Trigger, ...]:
    """The triggers, with distinct names."""
    return (NameDrift(), SectorDrift(), TrackingErrorAbove(), LossAvailable(), CashOutside(), ExcludedHeld())


def would_act(facts: DayFacts) -> tuple[str, ...]:
    """Names of the triggers that fire on a first look at the day."""
    return tuple(t.name for t in fixed_thresholds() if judge(t, facts, TriggerState())[0].fired)
