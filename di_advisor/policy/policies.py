"""Policies: which triggers are watched, how they are combined, and how often a rebalance may be called for.

A policy is a frozen value; `decide` is a pure function of policy, day and state. Four ship: `periodic`
(monthly, quarterly, annual by the exchange's calendar), `threshold` (distance and losses, at most weekly),
`opportunistic` (every reason, daily) and `rested` (every reason, with rests as long as wash windows). All of them act
at once where the mandate's cap on tracking error is broken. Another is a `Policy` with other triggers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Final

from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.errors import InputError
from di_advisor.policy.day_facts import DayFacts
from di_advisor.policy.sessions import Cadence
from di_advisor.policy.triggers import (
    CalendarDue,
    CashOutside,
    CorporateAction,
    DividendReceived,
    ExcludedHeld,
    FactorBandUsed,
    Firing,
    Gate,
    LearnedValue,
    LossAvailable,
    NameDrift,
    OverCap,
    Reconstitution,
    SectorDrift,
    TrackingErrorAbove,
    Trigger,
    TriggerState,
    TurnsLongTerm,
    WashWindowEnds,
    WishedMeasureWorse,
    fixed_thresholds,
    judge,
)
from di_advisor.ports import RebalanceValueModel
from di_advisor.registry import rebalance_value_model

__all__ = [
    "POLICIES",
    "AllOf",
    "AnyOf",
    "Combination",
    "Decision",
    "Policy",
    "PolicyState",
    "Weighted",
    "concluded",
    "decide",
    "learned",
    "opportunistic",
    "periodic",
    "policy_named",
    "rested",
    "threshold",
    "unheard",
]


_CAP: Final = ("cap",)
_WINDOW_DAYS: Final = 31
"""From a trade to the first day on which no wash window of it is left."""


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One trigger that fires is enough."""

    def met(self, firings: Sequence[Firing]) -> bool:
        """Whether any fired."""
        return any(f.fired for f in firings)


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every trigger must fire."""

    def met(self, firings: Sequence[Firing]) -> bool:
        """Whether all fired, and there are some."""
        return bool(firings) and all(f.fired for f in firings)


@dataclass(frozen=True)
class Weighted:
    """Weights of those that fired must sum to ``least``; a trigger without a weight counts 1."""

    least: float
    weights: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "weights", FrozenMap(dict(self.weights)))

    def met(self, firings: Sequence[Firing]) -> bool:
        """Whether the sum is reached."""
        fired = [f.trigger for f in firings if f.fired]
        return bool(fired) and sum(self.weights.get(name, 1.0) for name in fired) >= self.least


Combination = AnyOf | AllOf | Weighted


@dataclass(frozen=True)
class Policy:
    """When to act.

    Attributes
    ----------
    name : str
        What it is called.
    triggers : tuple of Trigger
        With distinct names.
    combined : AnyOf, AllOf or Weighted
        How many must fire.
    at_most_every_days : int
        Calendar days from one call, or the last rebalance, to the next; 0 lets it call daily.
    at_once : tuple of str
        Triggers of which one is enough, whatever else is combined and however lately the last call was.

    Raises
    ------
    InputError
        If there is no trigger, two share a name, a weight or ``at_once`` names none, or a figure is no number.
    """

    name: str
    triggers: tuple[Trigger, ...]
    combined: Combination = AnyOf()
    at_most_every_days: int = 0
    at_once: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self._check_figures()
        names = [t.name for t in self.triggers]
        if not names or len(set(names)) != len(names):
            raise InputError(f"Policy {self.name} has the triggers {names}.", hint="Give some, with distinct names.")
        strangers = sorted(set(self.combined.weights) - set(names)) if isinstance(self.combined, Weighted) else []
        if strangers:
            raise InputError(
                f"Weights name {', '.join(strangers)}, no trigger.", hint=f"There are: {', '.join(names)}."
            )
        if unknown := sorted(set(self.at_once) - set(names)):
            raise InputError(f"At once is {', '.join(unknown)}, no trigger.", hint=f"There are: {', '.join(names)}.")
        if self.at_most_every_days < 0:
            raise InputError(f"At most every {self.at_most_every_days} days.", hint="Give 0 or more.")

    def _check_figures(self) -> None:
        """A threshold that is no number would never be reached, and nobody would see it."""
        for trigger in self.triggers:
            for name in getattr(trigger, "__dataclass_fields__", {}):
                value = getattr(trigger, name)
                if isinstance(value, float) and math.isnan(value):
                    raise InputError(f"{name} of the trigger {trigger.name!r} is {value}.", hint="Give a number.")
        least = self.combined.least if isinstance(self.combined, Weighted) else 0.0
        weights = self.combined.weights.values() if isinstance(self.combined, Weighted) else ()
        if math.isnan(least) or any(math.isnan(w) for w in weights):
            raise InputError(f"The weights of {self.name} are no numbers.", hint="Give numbers.")


@dataclass(frozen=True)
class PolicyState:
    """What a policy remembers of an account.

    Attributes
    ----------
    triggers : Mapping of str to TriggerState
        By the trigger's name.
    last_called : date or None
        When it called for a rebalance last.
    """

    triggers: Mapping[str, TriggerState] = field(default_factory=dict)
    last_called: date | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "triggers", FrozenMap(dict(self.triggers)))

    def to_dict(self) -> dict[str, Any]:
        """Plain values for a file."""
        last = None if self.last_called is None else self.last_called.isoformat()
        return {"last_called": last, "triggers": {k: t.to_dict() for k, t in self.triggers.items()}}

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> PolicyState:
        """From what `to_dict` gave.

        Raises
        ------
        InputError
            If a value is not what it should be.
        """
        try:
            last, triggers = given.get("last_called"), dict(given.get("triggers", {}))
            called = None if last is None else date.fromisoformat(last)
        except (TypeError, ValueError, AttributeError) as e:
            raise InputError(f"The state of a policy cannot be read: {e}.", hint="Remove the file of states.") from e
        return cls({k: TriggerState.from_dict(t) for k, t in triggers.items()}, called)


@dataclass(frozen=True)
class Decision:
    """What a policy says of a day.

    Attributes
    ----------
    due : bool
        Whether to rebalance.
    firings : tuple of Firing
        Every trigger, in the policy's order.
    held_back : str
        Why it is not due although enough triggers fired; empty otherwise.
    """

    due: bool
    firings: tuple[Firing, ...]
    held_back: str = ""

    @property
    def reasons(self) -> tuple[str, ...]:
        """Sentences of the triggers that fired."""
        return tuple(f.reading.sentence for f in self.firings if f.fired)


def decide(policy: Policy, facts: DayFacts, state: PolicyState) -> tuple[Decision, PolicyState]:
    """What a policy says of an account today, and what it remembers for tomorrow.

    A call that the policy's own rest holds back leaves the triggers as they were fired yesterday: their rest
    begins when they are heard.
    """
    judged = [(t.name, *judge(t, facts, state.triggers.get(t.name, TriggerState()))) for t in policy.triggers]
    decision = concluded(policy, [f for _, f, _ in judged], facts, state)
    after = {
        name: new if decision.due or not firing.fired else unheard(new, state.triggers.get(name, TriggerState()))
        for name, firing, new in judged
    }
    return decision, PolicyState(after, facts.as_of if decision.due else state.last_called)


def concluded(policy: Policy, firings: Sequence[Firing], facts: DayFacts, state: PolicyState) -> Decision:
    """What a policy says when its triggers have said what they say."""
    urgent = any(f.fired for f in firings if f.trigger in policy.at_once)
    met = urgent or policy.combined.met(firings)
    known = [d for d in (state.last_called, facts.last_rebalance) if d is not None and d < facts.as_of]
    held_back = ""
    if met and known and policy.at_most_every_days and not urgent:
        next_day = max(known) + timedelta(days=policy.at_most_every_days)
        if facts.as_of < next_day:
            held_back = (
                f"At most every {policy.at_most_every_days} days: the last was on {max(known)}, the next can be "
            )
            held_back += f"on {next_day}."
    return Decision(met and not held_back, tuple(firings), held_back)


def unheard(new: TriggerState, before: TriggerState) -> TriggerState:
    """What a trigger remembers that fired and was not heard: its rest has not begun, its figures are still news."""
    return TriggerState(new.on, before.last_fired, before.known)


def periodic(cadence: Cadence) -> Policy:
    """By the calendar: the first session of each month, quarter or year; between them only over the cap."""
    return Policy(cadence.value, (CalendarDue(cadence), OverCap()), at_once=_CAP)


def threshold() -> Policy:
    """Distance from the target, losses, cash and the mandate's wishes beyond fixed thresholds, at most every 7 days."""
    wished = (FactorBandUsed(), WishedMeasureWorse())
    return Policy("threshold", (*fixed_thresholds(), *wished, OverCap()), at_most_every_days=7, at_once=_CAP)


def opportunistic() -> Policy:
    """Every reason, daily; losses from a tenth of the usual threshold on, resting 5 days after each call."""
    triggers: tuple[Trigger, ...] = (
        LossAvailable(least_usd=250.0, least_weight=0.0002, gate=Gate(cooldown_days=5)),
        TurnsLongTerm(gate=Gate(release=1.0, cooldown_days=5)),
        WashWindowEnds(),
        TrackingErrorAbove(gate=Gate(cooldown_days=5)),
        NameDrift(gate=Gate(cooldown_days=5)),
        SectorDrift(gate=Gate(cooldown_days=5)),
        CashOutside(gate=Gate(cooldown_days=1)),
        DividendReceived(),
        Reconstitution(),
        CorporateAction(),
        ExcludedHeld(gate=Gate(release=1.0, cooldown_days=5)),
        FactorBandUsed(gate=Gate(cooldown_days=5)),
        WishedMeasureWorse(),
        OverCap(),
    )
    return Policy("opportunistic", triggers, at_once=_CAP)


def rested() -> Policy:
    """Every reason of `opportunistic`, but not before the wash windows of the last call are over.

    A sale at a loss keeps its name from being bought, and a purchase keeps its name from being sold at a loss, for 30
    days: who acts daily meets the locks of yesterday, who acts after 31 days meets none.
    """
    return replace(opportunistic(), name="rested", at_most_every_days=_WINDOW_DAYS)


def learned(model: RebalanceValueModel, *, tracking_error_max: float = 0.02) -> Policy:
    """Monthly, and before that where a model's lower bound of the value of acting is above zero, or for safety.

    The model compares today with a common later review, so the policy is one that has such a review.

    Parameters
    ----------
    model : RebalanceValueModel
        Such as ``registry.rebalance_value_model()``.
    tracking_error_max : float
        Ex ante, a year, at which the policy acts without asking the model.
    """
    triggers: tuple[Trigger, ...] = (
        CalendarDue(Cadence.MONTHLY),
        LearnedValue(model),
        TrackingErrorAbove(tracking_error_max),
        CashOutside(),
        ExcludedHeld(),
        OverCap(),
    )
    return Policy("ml", triggers, at_most_every_days=7, at_once=_CAP)


POLICIES: Final = ("threshold", "opportunistic", "rested", *(c.value for c in Cadence))
"""Names that `policy_named` knows without a model; besides them ``ml``, where a model is installed."""


def policy_named(name: str) -> Policy:
    """A policy that ships.

    Raises
    ------
    InputError
        If there is none of the name.
    PluginError, StoreError
        If it is ``ml`` and its model is not installed, or not what was written.
    """
    if name == "threshold":
        return threshold()
    if name == "opportunistic":
        return opportunistic()
    if name == "rested":
        return rested()
    if name == "ml":
        return learned(rebalance_value_model())
    if name in set(Cadence):
        return periodic(Cadence(name))
    raise InputError(f"There is no policy {name!r}.", hint=f"There are: {', '.join((*POLICIES, 'ml'))}.")
