"""Triggers of ESG: a measure that fell since yesterday, and names held that a screen takes out today."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from di_advisor.domain.esg_table import Direction
from di_advisor.policy.day_facts import DayFacts
from di_advisor.policy.triggers.trigger import ONCE, Gate, Reading, TriggerState
from di_advisor.policy.triggers.words import bps, listed
from di_advisor.signals.screens import screened

__all__ = ["EsgDowngrade", "ExcludedHeld"]


@dataclass(frozen=True, slots=True)
class EsgDowngrade:
    """The largest worsening of a measure among names held, against ``points`` of its own unit.

    The first day only takes down the figures: nothing is known before it. A figure that worsened stays counted
    against its level before until the trigger fires or the figure recovers.
    """

    measure: str
    points: float = 10.0
    direction: Direction = Direction.HIGHER_IS_BETTER
    gate: Gate = ONCE

    @property
    def name(self) -> str:
        """With the measure's name: several may be watched."""
        return f"ESG downgrade: {self.measure}"

    def read(self, facts: DayFacts, state: TriggerState) -> Reading:
        """Largest worsening; the names at or beyond the threshold."""
        market = facts.signals.market
        if self.measure not in market.esg:
            return Reading(None, self.points, "points", f"There is no measure {self.measure}.", known=state.known)
        values, held = market.esg[self.measure], facts.signals.account.held_usd() > 0
        sign = 1.0 if self.direction is Direction.HIGHER_IS_BETTER else -1.0
        now = {
            market.universe.security_ids[i]: float(values[i])
            for i in np.flatnonzero(held & np.isfinite(values)).tolist()
        }
        fell = {k: sign * (state.known[k] - v) for k, v in now.items() if k in state.known}
        worst = sorted((k for k in fell if fell[k] > 0), key=lambda k: (-fell[k], k))
        figure = fell[worst[0]] if worst else 0.0
        names = tuple(facts.ticker_of(k) for k in worst if fell[k] >= self.points)
        kept = {
            k: v if k not in fell or fell[k] <= 0 or figure >= self.points else state.known[k] for k, v in now.items()
        }
        if not state.known:
            sentence = f"{self.measure} of {len(now):,} names is taken down for the first time."
        elif worst:
            sentence = f"{self.measure} of {facts.ticker_of(worst[0])} worsened by {figure:g}, against {self.points:g}."
        else:
            sentence = f"{self.measure} of no name held worsened."
        return Reading(figure, self.points, "points", sentence, names, kept)


@dataclass(frozen=True, slots=True)
class ExcludedHeld:
    """Weight held in names that a screen or the mandate takes out today, against ``least_weight``.

    Names that may leave along a glide path do not count.
    """

    least_weight: float = 0.0001
    gate: Gate = ONCE
    name: str = "new exclusion"

    def read(self, facts: DayFacts, state: TriggerState) -> Reading:  # noqa: ARG002
        """Their weight; the names, the largest first."""
        market = facts.signals.market
        weight = facts.signals.account.held_usd() / facts.value_usd
        out = np.array([i in facts.mandate.do_not_hold for i in market.universe.security_ids], dtype=np.bool_)
        screens = []
        for screen in screened([e for e in facts.mandate.exclusions if e.glide is None], market):
            out |= screen.out
            screens += [screen.exclusion.screen] if (weight[screen.out] > 0).any() else []
        total = float(weight[out].sum())
        names = facts.tickers(i for i in np.argsort(-weight, kind="stable").tolist() if out[i] and weight[i] > 0)
        sentence = f"{bps(total)} of the account are in {len(names):,} excluded names, against {bps(self.least_weight)}"
        sentence += f" ({listed(names)})" if names else ""
        return Reading(
            total, self.least_weight, "weight", f"{sentence}{f': {listed(screens)}' if screens else ''}.", names
        )
