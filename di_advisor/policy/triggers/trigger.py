"""What a trigger is: a reading of the day, and a gate that turns readings into "fired".

Problem: a figure that hovers at its threshold must not call for a rebalance every other day, and one that stays
above it must not call every day. Decision: a trigger only reads a figure; `judge` holds the rest, the same for
all: it switches on at the threshold and off only below ``release`` times it (hysteresis), and after it fired it
rests for ``cooldown_days``. What it must remember is a frozen value that goes in and comes out. Limits: one
figure a trigger; names are those behind the figure.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final, Protocol

from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.errors import InputError
from di_advisor.policy.day_facts import DayFacts

__all__ = ["ONCE", "SMOOTH", "Firing", "Gate", "Reading", "Trigger", "TriggerState", "judge"]


@dataclass(frozen=True, slots=True)
class Gate:
    """When a trigger switches off again, and how long it rests.

    Attributes
    ----------
    release : float
        Share of the threshold below which a trigger that is on switches off, in (0, 1].
    cooldown_days : int
        Calendar days after it fired on which it does not fire again; 0 lets it fire daily while it is on.
    """

    release: float = 0.8
    cooldown_days: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.release <= 1:
            raise InputError(f"The release is {self.release}.", hint="It is a share of the threshold in (0, 1].")
        if self.cooldown_days < 0:
            raise InputError(f"The cool-down is {self.cooldown_days} days.", hint="Give 0 or more.")


SMOOTH: Final = Gate()
"""For figures that drift."""

ONCE: Final = Gate(release=1.0)
"""For what happens on a day and is over on the next."""


@dataclass(frozen=True)
class TriggerState:
    """What a trigger remembers from one day to the next.

    Attributes
    ----------
    on : bool
        Whether its figure reached the threshold and has not been released since.
    last_fired : date or None
        When it fired last.
    known : Mapping of str to float
        Figures of the day before, by security id, for triggers that look at changes.
    """

    on: bool = False
    last_fired: date | None = None
    known: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "known", FrozenMap(dict(self.known)))

    def to_dict(self) -> dict[str, Any]:
        """Plain values for a file."""
        last = None if self.last_fired is None else self.last_fired.isoformat()
        return {"on": self.on, "last_fired": last, "known": dict(self.known)}

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> TriggerState:
        """From what `to_dict` gave.

        Raises
        ------
        InputError
            If a value is not what it should be.
        """
        try:
            last = given.get("last_fired")
            known = {str(k): float(v) for k, v in dict(given.get("known", {})).items()}
            return cls(given.get("on", False) is True, None if last is None else date.fromisoformat(last), known)
        except (TypeError, ValueError, AttributeError) as e:
            raise InputError(
                f"The state of a trigger cannot be read: {e}.", hint="Remove the file of states to start anew."
            ) from e


@dataclass(frozen=True)
class Reading:
    """A trigger's figure today.

    Attributes
    ----------
    figure : float or None
        None where it cannot be known; the trigger then does not fire.
    threshold : float
        In the figure's unit.
    unit : str
        "weight", "USD", "names", "days", "per year", ...
    sentence : str
        With the figures; not escaped.
    names : tuple of str
        Tickers behind the figure, the largest first.
    known : Mapping of str to float
        What the trigger wants to remember.
    """

    figure: float | None
    threshold: float
    unit: str
    sentence: str
    names: tuple[str, ...] = ()
    known: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Firing:
    """A trigger's reading with what became of it.

    Attributes
    ----------
    trigger : str
        Its name.
    reading : Reading
        Figure, threshold, sentence, names.
    on, fired : bool
        Whether it is on, and whether it calls for a rebalance today (on, and not resting).
    rests_until : date or None
        Last day of its rest, where that is why it did not fire.
    """

    trigger: str
    reading: Reading
    on: bool
    fired: bool
    rests_until: date | None = None


class Trigger(Protocol):
    """One reason to rebalance."""

    @property
    def name(self) -> str:
        """What it is called; distinct within a policy."""
        ...

    @property
    def gate(self) -> Gate:
        """Hysteresis and rest."""
        ...

    def read(self, facts: DayFacts, state: TriggerState) -> Reading:
        """The figure of the day."""
        ...


def judge(trigger: Trigger, facts: DayFacts, state: TriggerState) -> tuple[Firing, TriggerState]:
    """Whether a trigger fires today, and what it remembers for tomorrow.

    Parameters
    ----------
    trigger : Trigger
        What is watched.
    facts : DayFacts
        The day.
    state : TriggerState
        As it came out yesterday.
    """
    reading, gate = trigger.read(facts, state), trigger.gate
    figure = -math.inf if reading.figure is None else reading.figure
    on = figure >= reading.threshold * (gate.release if state.on else 1.0)
    until = None
    if state.last_fired is not None and gate.cooldown_days:
        until = state.last_fired + timedelta(days=gate.cooldown_days)
    resting = until is not None and facts.as_of <= until
    fired = on and not resting
    after = TriggerState(on, facts.as_of if fired else state.last_fired, reading.known)
    return Firing(trigger.name, reading, on, fired, until if on and resting else None), after
