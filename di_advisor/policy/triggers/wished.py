"""Triggers of what the mandate itself asks for: its factor bands, and the ESG measures that its wishes name.

Problem: an exposure or a score that no wish names is no reason to trade, and what matters of one that is named stands
in the wish. Decision: both are silent without such a wish, so that every policy that ships can watch them; an
exposure counts as a share of its own band, and a worsened measure in standard deviations across names, because
measures come on scales of every kind. Limits: names below ``least_weight`` of the account do not count.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from di_advisor.domain.esg_table import Direction
from di_advisor.domain.mandate import Band
from di_advisor.policy.day_facts import DayFacts
from di_advisor.policy.triggers.trigger import ONCE, SMOOTH, Gate, Reading, TriggerState
from di_advisor.policy.triggers.words import bps, listed

__all__ = ["FactorBandUsed", "WishedMeasureWorse"]

_ROUNDING = 1e-9
_APART = "|"


@dataclass(frozen=True, slots=True)
class FactorBandUsed:
    """The active exposure that is farthest out in the mandate's band of its factor, against ``share_min`` of the band.

    An exposure at the band's end has used 1 of it; beyond is more. A factor that the risk model does not have counts
    for nothing and is named.
    """

    share_min: float = 1.0
    gate: Gate = SMOOTH
    name: str = "factor drift"

    def read(self, facts: DayFacts, state: TriggerState) -> Reading:  # noqa: ARG002  as every trigger
        """Largest share used; the factors at or beyond the threshold."""
        risk, bands = facts.signals.market.risk, facts.mandate.factor_bands
        if not bands:
            return Reading(None, self.share_min, "of the band", "The mandate has no band of a factor.")
        known = {f: i for i, f in enumerate(risk.factors) if f in bands}
        if not known:
            return Reading(None, self.share_min, "of the band", f"The risk model has none of {listed(sorted(bands))}.")
        drift = risk.exposures.T @ facts.active()
        used = {f: _used(float(drift[i]), bands[f]) for f, i in known.items()}
        order = sorted(used, key=lambda f: (-used[f], f))
        largest, band = order[0], bands[order[0]]
        over = tuple(f for f in order if used[f] >= self.share_min)
        sentence = f"Exposure to {largest} is {drift[known[largest]]:+.3f} against the target, "
        sentence += f"in a band of {band.lower:+.3g} to {band.upper:+.3g}"
        lacking = sorted(set(bands) - set(known))
        sentence += f"; the risk model has no {listed(lacking)}." if lacking else "."
        return Reading(used[largest], self.share_min, "of the band", sentence, over)


@dataclass(frozen=True, slots=True)
class WishedMeasureWorse:
    """The largest worsening, among names held, of a measure that the mandate's wishes name, in standard deviations.

    As with `EsgDowngrade`, the first day only takes figures down, and a figure that worsened stays counted against its
    level before until the trigger is heard or the figure recovers.

    Attributes
    ----------
    deviations_min : float
        Standard deviations of the measure across all names of the day.
    least_weight : float
        Names held at less do not count.
    """

    deviations_min: float = 1.0
    least_weight: float = 0.0005
    gate: Gate = ONCE
    name: str = "ESG downgrade"

    def read(self, facts: DayFacts, state: TriggerState) -> Reading:
        """Largest worsening; the names at or beyond the threshold, the worst first."""
        market = facts.signals.market
        wished = _wished(facts)
        measures = [m for m in wished if m in market.esg]
        if not measures:
            why = f"There are no figures of {listed(list(wished))}." if wished else "The mandate has no ESG wish."
            return Reading(None, self.deviations_min, "deviations", why, known=state.known)
        ids = market.universe.security_ids
        weight = facts.signals.account.held_usd() / facts.value_usd
        now: dict[str, float] = {}
        fell: dict[str, float] = {}
        for measure in measures:
            values = market.esg[measure]
            seen = np.isfinite(values)
            spread = float(values[seen].std()) if seen.any() else 0.0
            for i in np.flatnonzero(seen & (weight >= self.least_weight)).tolist():
                key = f"{measure}{_APART}{ids[i]}"
                now[key] = float(values[i])
                if key in state.known and spread > 0:
                    worse = _sign(facts, measure, wished[measure]) * (state.known[key] - now[key]) / spread
                    if worse > _ROUNDING:
                        fell[key] = worse
        worst = sorted(fell, key=lambda k: (-fell[k], k))
        figure = fell[worst[0]] if worst else 0.0
        heard = figure >= self.deviations_min
        kept = {k: v if heard or k not in fell else state.known[k] for k, v in now.items()}
        names = tuple(dict.fromkeys(_ticker(facts, k) for k in worst if fell[k] >= self.deviations_min))
        return Reading(
            figure, self.deviations_min, "deviations", self._sentence(facts, state, now, worst, figure), names, kept
        )

    def _sentence(
        self, facts: DayFacts, state: TriggerState, now: dict[str, float], worst: list[str], figure: float
    ) -> str:
        if not state.known:
            return f"{len(now):,} ESG figures are taken down for the first time."
        if not worst:
            return f"No ESG figure of a name held at {bps(self.least_weight)} or more worsened."
        key = worst[0]
        return (
            f"{key.partition(_APART)[0]} of {_ticker(facts, key)} worsened from {state.known[key]:g} to {now[key]:g}, "
            f"by {figure:.2f} standard deviations, against {self.deviations_min:g}."
        )


def _used(active: float, band: Band) -> float:
    """Share of the band's side that an exposure uses; a side of no width is used up at once."""
    end = band.upper if active >= 0 else band.lower
    if active == 0 or math.isinf(end):
        return 0.0
    return active / end if active * end > 0 else math.inf


def _wished(facts: DayFacts) -> dict[str, Direction | None]:
    """Measures that the wishes name, with the direction where a wish says it."""
    return {wish.measure: wish.direction for wish in facts.mandate.esg}


def _sign(facts: DayFacts, measure: str, direction: Direction | None) -> float:
    """+1 where higher is better, by the wish or else by the data; higher where neither says."""
    scale = facts.signals.market.esg_scale.get(measure)
    return (direction or (Direction.HIGHER_IS_BETTER if scale is None else scale.direction)).sign


def _ticker(facts: DayFacts, key: str) -> str:
    return facts.ticker_of(key.rpartition(_APART)[2])
