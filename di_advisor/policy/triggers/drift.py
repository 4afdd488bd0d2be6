"""Triggers of distance from the target: names, sectors, factors, tracking error.

Weights refer to the account's value without what is to be withdrawn, as everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from di_advisor.policy.day_facts import DayFacts
from di_advisor.policy.triggers.trigger import ONCE, SMOOTH, Gate, Reading, TriggerState
from di_advisor.policy.triggers.words import bps, listed

__all__ = ["FactorDrift", "NameDrift", "OverCap", "SectorDrift", "TrackingErrorAbove"]


@dataclass(frozen=True, slots=True)
class NameDrift:
    """The largest distance of a name's weight from its target, against ``active_max`` (a weight)."""

    active_max: float = 0.01
    gate: Gate = SMOOTH
    name: str = "name drift"

    def read(self, facts: DayFacts, state: TriggerState) -> Reading:  # noqa: ARG002  as every trigger
        """Largest active weight of a name; the names at or beyond the threshold."""
        active = facts.active()
        order = np.argsort(-np.abs(active), kind="stable")
        largest = int(order[0])
        names = facts.tickers(i for i in order.tolist() if abs(active[i]) >= self.active_max)
        side = "above" if active[largest] > 0 else "below"
        sentence = f"{facts.tickers([largest])[0]} stands {bps(abs(active[largest]))} {side} its target; "
        sentence += f"{len(names):,} name{'' if len(names) == 1 else 's'} at or beyond {bps(self.active_max)}."
        return Reading(float(abs(active[largest])), self.active_max, "weight", sentence, names)


@dataclass(frozen=True, slots=True)
class SectorDrift:
    """The largest active weight of a sector, against ``active_max`` (a weight)."""

    active_max: float = 0.02
    gate: Gate = SMOOTH
    name: str = "sector drift"

    def read(self, facts: DayFacts, state: TriggerState) -> Reading:  # noqa: ARG002
        """Largest active weight of a sector; the sectors at or beyond the threshold."""
        universe = facts.signals.market.universe
        if not universe.sectors:
            return Reading(None, self.active_max, "weight", "No sector is known.")
        size = len(universe.sectors) + 1
        drift = np.bincount(universe.sector_of + 1, weights=facts.active(), minlength=size)[1:]
        order = np.argsort(-np.abs(drift), kind="stable").tolist()
        largest = order[0]
        sectors = tuple(universe.sectors[i] for i in order if abs(drift[i]) >= self.active_max)
        side = "over" if drift[largest] > 0 else "under"
        sentence = f"{universe.sectors[largest]} is {bps(abs(drift[largest]))} {side} its weight in the target, "
        sentence += f"against {bps(self.active_max)}."
        return Reading(float(abs(drift[largest])), self.active_max, "weight", sentence, sectors)


@dataclass(frozen=True, slots=True)
class FactorDrift:
    """The largest active exposure to a factor of the risk model, against ``active_max`` (the factor's unit).

    Attributes
    ----------
    active_max : float
        Exposure against the target's; styles are in standard deviations across names.
    factors : tuple of str
        Those watched; all where empty.
    """

    active_max: float = 0.10
    factors: tuple[str, ...] = ()
    gate: Gate = SMOOTH
    name: str = "factor drift"

    def read(self, facts: DayFacts, state: TriggerState) -> Reading:  # noqa: ARG002
        """Largest active exposure; the factors at or beyond the threshold."""
        risk = facts.signals.market.risk
        drift = risk.exposures.T @ facts.active()
        watched = [i for i, f in enumerate(risk.factors) if not self.factors or f in self.factors]
        if not watched:
            return Reading(None, self.active_max, "exposure", "The risk model has none of the factors.")
        order = sorted(watched, key=lambda i: -abs(float(drift[i])))
        largest = order[0]
        over = tuple(risk.factors[i] for i in order if abs(drift[i]) >= self.active_max)
        sentence = f"Exposure to {risk.factors[largest]} is {drift[largest]:+.3f} against the target, "
        sentence += f"against a limit of {self.active_max:g}{f': {listed(over)}' if over else ''}."
        return Reading(float(abs(drift[largest])), self.active_max, "exposure", sentence, over)


@dataclass(frozen=True, slots=True)
class TrackingErrorAbove:
    """Ex-ante tracking error a year, against ``limit_per_year`` (a fraction)."""

    limit_per_year: float = 0.01
    gate: Gate = SMOOTH
    name: str = "tracking error"

    def read(self, facts: DayFacts, state: TriggerState) -> Reading:  # noqa: ARG002
        """Tracking error of what is held today; the names that add most to it."""
        risk, active = facts.signals.market.risk, facts.active()
        error = risk.tracking_error(active)
        share = risk.gradient(active) * active
        names = facts.tickers(i for i in np.argsort(-share, kind="stable").tolist()[:5] if share[i] > 0)
        sentence = f"Tracking error is {bps(error)} a year, against {bps(self.limit_per_year)}"
        sentence += f"; most of it from {listed(names)}." if names else "."
        return Reading(error, self.limit_per_year, "per year", sentence, names)


@dataclass(frozen=True, slots=True)
class OverCap:
    """Ex-ante tracking error a year, against the mandate's own cap; never fires where the mandate has none."""

    gate: Gate = ONCE
    name: str = "cap"

    def read(self, facts: DayFacts, state: TriggerState) -> Reading:  # noqa: ARG002
        """Tracking error of what is held today, where it is above the cap."""
        error, cap = facts.signals.market.risk.tracking_error(facts.active()), facts.mandate.tracking_error_max
        if cap is None:
            return Reading(None, np.inf, "per year", f"Tracking error is {bps(error)} a year; the mandate has no cap.")
        sentence = f"Tracking error is {bps(error)} a year, against the mandate's cap of {bps(cap)}."
        return Reading(error, float(np.nextafter(cap, np.inf)), "per year", sentence)
