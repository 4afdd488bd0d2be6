"""Triggers: one small class a reason to rebalance, each with its figure, threshold, sentence and names."""

from di_advisor.policy.triggers.drift import FactorDrift, NameDrift, OverCap, SectorDrift, TrackingErrorAbove
from di_advisor.policy.triggers.esg import EsgDowngrade, ExcludedHeld
from di_advisor.policy.triggers.events import (
    CalendarDue,
    CashOutside,
    CorporateAction,
    DividendReceived,
    Reconstitution,
)
from di_advisor.policy.triggers.fixed import fixed_thresholds, would_act
from di_advisor.policy.triggers.harvest import Counted, LossAvailable, TurnsLongTerm, WashWindowEnds
from di_advisor.policy.triggers.learned import LearnedValue
from di_advisor.policy.triggers.trigger import Firing, Gate, Reading, Trigger, TriggerState, judge
from di_advisor.policy.triggers.wished import FactorBandUsed, WishedMeasureWorse

__all__ = [
    "CalendarDue",
    "CashOutside",
    "CorporateAction",
    "Counted",
    "DividendReceived",
    "EsgDowngrade",
    "ExcludedHeld",
    "FactorBandUsed",
    "FactorDrift",
    "Firing",
    "Gate",
    "LearnedValue",
    "LossAvailable",
    "NameDrift",
    "OverCap",
    "Reading",
    "Reconstitution",
    "SectorDrift",
    "TrackingErrorAbove",
    "Trigger",
    "TriggerState",
    "TurnsLongTerm",
    "WashWindowEnds",
    "WishedMeasureWorse",
    "fixed_thresholds",
    "judge",
    "would_act",
]
