"""Where and how to work an order: venues, algorithms, order types and schedules, ranked where they can be told apart.

Effects of venues and algorithms are measured by `di_models.cost.ways`, order types with what they leave unfilled by
`di_models.cost.order_type_costs`, schedules and the closing auction by `di_models.cost.schedules`. Where 90 % intervals
overlap nothing is ranked first, and it is said about how many orders would settle it.

Limits: the desk chose how to work its orders, so that a way used for hard orders only looks dear; size, spread,
volatility and speed are allowed for, nothing else is. It is a measured recommendation, not an experiment.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.order_types import OrderType
from di_advisor.domain.trade_history import TradeHistory
from di_advisor.errors import InputError
from di_models.cost.features import Conditions
from di_models.cost.learned import LearnedCostModel
from di_models.cost.order_type_costs import TypeCost, TypedOrder, best_type, costs_by_type, part_left, type_costs
from di_models.cost.schedules import Schedule, auction_told, not_told_apart, pace_sentence, schedules_of
from di_models.cost.ways import Cost, Effect, Evidence, best_of, costs_of, effects_of, law_parts

__all__ = ["Effect", "Route", "Router", "Schedule"]

_NEEDED = ("size_of_adv", "half_spread_bps", "volatility_daily_bps")
_ALSO = ("time_of_day",)
_SLOW, _FAST = 0.04, 0.09
_MOST = {"slow": _SLOW, "usual": _FAST}
"""Participation below which a pace lies."""


@dataclass(frozen=True)
class Route:
    """What is recommended for one order.

    Attributes
    ----------
    venues, algos, order_types, paces : tuple of (str, float, float, float)
        Way, predicted cost and its 90 % interval (of the mean), in bps, cheapest first; order types with what
        completing their remainder costs.
    schedules : tuple of Schedule
        From slow to fast; the first of them that costs least with its risk is `schedule`.
    schedule : Schedule
        The one with the lowest cost plus priced risk.
    best : mapping of str to str
        "venue", "algorithm", "order type" and "pace" to the way that is ranked first; without what cannot be told.
    sentences : tuple of str
        The recommendation in plain words, also where nothing can be told apart.
    simulated : bool
        Whether it rests on invented orders.
    """

    venues: tuple[Cost, ...]
    algos: tuple[Cost, ...]
    order_types: tuple[Cost, ...]
    paces: tuple[Cost, ...]
    schedules: tuple[Schedule, ...]
    schedule: Schedule
    best: Mapping[str, str]
    sentences: tuple[str, ...]
    simulated: bool


@dataclass(frozen=True)
class Router:
    """Effects of ways of working, measured on a history beside a model.

    Attributes
    ----------
    model : LearnedCostModel
        Trained; its law predicts what an order costs on average.
    venues, algos, paces : mapping of str to Effect
        By name; paces are "slow" (below 4 % of the volume), "usual" and "fast" (above 9 %), as planned.
    order_types : mapping of str to TypeCost
        By name; empty where the history does not tell them.
    simulated : bool
        Whether the history, or that of the model, was invented.
    """

    model: LearnedCostModel
    venues: Mapping[str, Effect]
    algos: Mapping[str, Effect]
    simulated: bool
    order_types: Mapping[str, TypeCost] = field(default_factory=dict)
    paces: Mapping[str, Effect] = field(default_factory=dict)

    @classmethod
    def of(cls, model: LearnedCostModel, history: TradeHistory) -> Router:
        """Measure the effects on a history that the model was trained on."""
        given = Conditions.of(history)
        seen = Evidence.of(model, given, history.cost_bps, history.day)
        return cls(
            model,
            effects_of("venue", given.venue, seen),
            effects_of("algo", given.algo, seen),
            history.simulated or model.simulated_,
            type_costs(history, given, seen),
            effects_of("pace", _paces(given), seen),
        )

    def route(self, order: Mapping[str, float], *, risk_aversion_per_bps: float = 0.01) -> Route:
        """Rank the ways of working one order.

        Parameters
        ----------
        order : mapping
            ``size_of_adv``, ``half_spread_bps``, ``volatility_daily_bps``, each a number; ``time_of_day``, a fraction
            of the trading day, may be left out: noon is taken for the risk until the close.
        risk_aversion_per_bps : float
            Price of waiting (Almgren and Chriss 2000): expected cost plus this times its variance is least. At
            0.01 a standard deviation of 10 bps is worth 1 bp.

        Raises
        ------
        InputError
            If a figure is missing, not known, not a number, or outside its range.
        """
        one = _one(order)
        parts = {name: float(part[0]) for name, part in law_parts(self.model, one).items()}
        size = float(one.size_of_adv[0])
        left = float(part_left(one.time_of_day)[0]) if np.isfinite(one.time_of_day[0]) else 1.0
        paces = {name: each for name, each in self.paces.items() if size / _MOST.get(name, math.inf) < left}
        types = costs_by_type(self.order_types, TypedOrder.of(self.model, one, size))
        verdicts = {
            "venue": best_of("venue", parts, self.venues),
            "algorithm": best_of("algorithm", parts, self.algos),
            "pace": best_of("pace", parts, paces),
        }
        if len(paces) < len(self.paces):
            late = ", ".join(sorted(set(self.paces) - set(paces)))
            still = verdicts["pace"][1] if len(paces) > 1 else ""
            verdicts["pace"] = (verdicts["pace"][0], f"The day is too short for the pace {late}. {still}".strip())
        kind, said = best_type(self.order_types, types, size)
        told, on_auction = auction_told(self.model, one, self.order_types)
        schedules = schedules_of(self.model, one, self.order_types, auction=told)
        best = min(schedules, key=lambda each: each.cost_bps + risk_aversion_per_bps * each.risk_bps**2)
        sentences = [verdicts["venue"][1], verdicts["algorithm"][1], *said, verdicts["pace"][1], on_auction]
        sentences.append(pace_sentence(best, schedules))
        if alike := not_told_apart(best, schedules, risk_aversion_per_bps):
            sentences.append(alike)
        if not self.model.fit_.orders:
            sentences.append("Nothing was learnt yet: this is the prior.")
        if self.simulated:
            sentences.append("Simulated: this rests on invented orders until your own fills are loaded.")
        chosen = {name: way for name, (way, _) in verdicts.items()} | {"order type": kind}
        return Route(
            venues=costs_of(parts, self.venues),
            algos=costs_of(parts, self.algos),
            order_types=types,
            paces=costs_of(parts, paces),
            schedules=schedules,
            schedule=best,
            best={name: way for name, way in chosen.items() if way},
            sentences=tuple(sentences),
            simulated=self.simulated,
        )


def _one(order: Mapping[str, float]) -> Conditions:
    missing = [name for name in _NEEDED if name not in order]
    unknown = sorted(set(map(str, order)) - {*_NEEDED, *_ALSO})
    if missing or unknown:
        raise InputError(
            f"The order lacks {', '.join(missing) or 'nothing'}; not known: {', '.join(unknown) or 'none'}.",
            hint=f"Give {', '.join(_NEEDED)}, each as a number, and {', '.join(_ALSO)} where it is known.",
            missing=missing,
            unknown=unknown,
        )
    figures = {}
    for name, value in order.items():
        try:
            figures[name] = float(value)
        except (TypeError, ValueError) as e:
            raise InputError(f"{name} of the order is {value!r}, no number.", hint="Give a number.", field=name) from e
    time = figures.get("time_of_day", math.nan)
    if "time_of_day" in figures and not 0.0 <= time < 1.0:
        raise InputError(
            f"time_of_day of the order is {time}.",
            hint="It is a fraction of the trading day: 0 at the open, below 1.",
            field="time_of_day",
        )
    return Conditions.of({name: np.array([value]) for name, value in figures.items()})


def _paces(given: Conditions) -> NDArray[np.str_]:
    """Planned participation in words; empty where no span was planned, and for the auction, which has none."""
    rate = given.participation
    words = np.select([rate < _SLOW, rate > _FAST], ["slow", "fast"], "usual")
    told = np.isfinite(given.volume_span) & (given.order_type != OrderType.CLOSE_AUCTION)
    return np.where(told, words, "")
