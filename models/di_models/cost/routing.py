"""Where and how to work an order: venues, algorithms and schedules ranked by predicted cost, if they can be told apart.

The effect of each way of working is a relative change of one part of the predicted cost: the half-spread,
the impact, or both, whichever tells its orders apart best (venues mostly differ in what they take of the
spread, algorithms in their impact). It is the regression of the orders' residuals on that part, weighted by
what each order tells, with an error by day clusters, and shrunk towards none by its own error (James and
Stein): a way that was used a few times has no effect worth naming. Two ways whose difference could be
chance are not ranked, and it is said about how many more orders would settle it.

Limits: the desk chose how to work its orders, so that a way used for hard orders only looks dear;
size, spread, volatility and speed are allowed for, nothing else is. It is a measured recommendation,
not an experiment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.domain.trade_history import TradeHistory
from di_advisor.errors import InputError
from di_models.cost.features import Conditions
from di_models.cost.law import schedule_variance
from di_models.cost.learned import LearnedCostModel

__all__ = ["Effect", "Route", "Router", "Schedule"]

_NINETY = 1.6449
_SLOWEST = 0.005
_FASTEST = 0.3
_SPANS = 6
_FEWEST = 20
_SAME = 0.01
_LEAST = 1e-9
_FURTHEST_SD = 2.0
_SLICES_A_DAY = 13


@dataclass(frozen=True, slots=True)
class Effect:
    """How much dearer one way of working is than the average, as a fraction of a part of the predicted cost.

    Attributes
    ----------
    way : str
        Such as "venue: Northlit".
    part : str
        Part of the cost that it changes: "spread", "impact" or "whole".
    relative, standard_error : float
        Effect before shrinking, and its error by day clusters.
    shrunk : float
        What is used.
    orders : int
        How many it rests on.
    """

    way: str
    part: str
    relative: float
    standard_error: float
    shrunk: float
    orders: int


@dataclass(frozen=True, slots=True)
class Schedule:
    """A planned span and what it is expected to cost and to risk.

    Attributes
    ----------
    span : float
        Fraction of the day's volume over which the order is worked.
    participation : float
        Size over span.
    slices : int
        Child orders of about half an hour's volume each.
    cost_bps, risk_bps : float
        Expected cost, and standard deviation while waiting.
    """

    span: float
    participation: float
    slices: int
    cost_bps: float
    risk_bps: float


@dataclass(frozen=True)
class Route:
    """What is recommended for one order.

    Attributes
    ----------
    venues, algos : tuple of (str, float, float, float)
        Way, predicted cost and its 90 % interval (of the mean), in bps, cheapest first.
    schedules : tuple of Schedule
        From slow to fast; the first of them that costs least with its risk is `schedule`.
    schedule : Schedule
        The one with the lowest cost plus priced risk.
    sentences : tuple of str
        The recommendation in plain words, also where nothing can be told apart.
    simulated : bool
        Whether it rests on invented orders.
    """

    venues: tuple[tuple[str, float, float, float], ...]
    algos: tuple[tuple[str, float, float, float], ...]
    schedules: tuple[Schedule, ...]
    schedule: Schedule
    sentences: tuple[str, ...]
    simulated: bool


@dataclass(frozen=True)
class Router:
    """Effects of venues and algorithms, measured on a history beside a model.

    Attributes
    ----------
    model : LearnedCostModel
        Trained; its law predicts what an order costs on average.
    venues, algos : mapping of str to Effect
        By name.
    simulated : bool
        Whether the history was invented.
    """

    model: LearnedCostModel
    venues: Mapping[str, Effect]
    algos: Mapping[str, Effect]
    simulated: bool

    @classmethod
    def of(cls, model: LearnedCostModel, history: TradeHistory) -> Router:
        """Measure the effects on a history that the model was trained on."""
        given = Conditions.of(history)
        variance = schedule_variance(
            given.size_of_adv, given.half_spread_bps, given.volatility_daily_bps, given.volume_span
        )
        parts = _parts(model, given)
        residual = np.clip(history.cost_bps - parts["whole"], *(k * _FURTHEST_SD * np.sqrt(variance) for k in (-1, 1)))
        day = np.unique(history.day, return_inverse=True)[1].ravel().astype(np.float64)

        def effects(kind: str, words: Any) -> dict[str, Effect]:  # noqa: ANN401 - an array of words
            used = [str(w) for w in np.unique(words).tolist() if w and (words == w).sum() >= _FEWEST]
            by_part = {
                name: {w: _effect(f"{kind}: {w}", name, words == w, (residual, part, variance, day)) for w in used}
                for name, part in parts.items()
            }
            told = {
                name: sum((e.relative / e.standard_error) ** 2 for e in each.values()) for name, each in by_part.items()
            }
            return by_part[max(told, key=lambda name: told[name])]

        return cls(model, effects("venue", given.venue), effects("algo", given.algo), history.simulated)

    def route(self, order: Mapping[str, float], *, risk_aversion_per_bps: float = 0.01) -> Route:
        """Rank the ways of working one order.

        Parameters
        ----------
        order : mapping
            ``size_of_adv``, ``half_spread_bps``, ``volatility_daily_bps``, each a number.
        risk_aversion_per_bps : float
            Price of waiting (Almgren and Chriss 2000): expected cost plus this times its variance is least. At
            0.01 a standard deviation of 10 bps is worth 1 bp.

        Raises
        ------
        InputError
            If a figure is missing or not above zero.
        """
        missing = [name for name in ("size_of_adv", "half_spread_bps", "volatility_daily_bps") if name not in order]
        if missing:
            raise InputError(f"The order lacks {', '.join(missing)}.", hint="Give each as a number.", missing=missing)
        one = Conditions.of({name: np.array([float(value)]) for name, value in order.items()})
        parts = {name: float(part[0]) for name, part in _parts(self.model, one).items()}
        venues, algos = _ranked(parts, self.venues), _ranked(parts, self.algos)
        schedules = self._schedules(one)
        best = min(schedules, key=lambda each: each.cost_bps + risk_aversion_per_bps * each.risk_bps**2)
        sentences = [
            *_verdict("venue", parts, self.venues),
            *_verdict("algorithm", parts, self.algos),
            _pace(best, schedules),
        ]
        if self.simulated:
            sentences.append("Simulated: this rests on invented orders until your own fills are loaded.")
        return Route(venues, algos, schedules, best, tuple(sentences), self.simulated)

    def _schedules(self, one: Conditions) -> tuple[Schedule, ...]:
        size, sigma = float(one.size_of_adv[0]), float(one.volatility_daily_bps[0])
        spans = np.clip(size / np.geomspace(_SLOWEST, _FASTEST, _SPANS), 1e-4, 1.0)
        found = []
        for span in dict.fromkeys(spans.tolist()):
            cost = self.model.predict(
                {
                    "size_of_adv": one.size_of_adv,
                    "half_spread_bps": one.half_spread_bps,
                    "volatility_daily_bps": one.volatility_daily_bps,
                    "volume_span": np.array([span]),
                }
            )
            risk = sigma * float(np.sqrt(span / 3.0))
            found.append(Schedule(span, size / span, max(1, int(np.ceil(span * _SLICES_A_DAY))), float(cost[0]), risk))
        return tuple(found)


def _parts(model: LearnedCostModel, given: Conditions) -> dict[str, FloatArray]:
    """The law's cost and what it consists of, bps, shape (m,) each."""
    law = model.fit_.law
    whole = law.cost_bps(given.size_of_adv, given.half_spread_bps, given.volatility_daily_bps)
    spread = law.spread_capture * given.half_spread_bps
    return {"whole": whole, "spread": np.maximum(spread, _LEAST * whole), "impact": np.maximum(whole - spread, 0.0)}


def _effect(way: str, part: str, mine: Any, orders: tuple[FloatArray, ...]) -> Effect:  # noqa: ANN401 - a mask
    """Regression of the residuals on a part of the cost, over the orders that were worked this way."""
    residual, regressor, variance, day = (each[mine] for each in orders)
    total = float((regressor**2 / variance).sum())
    slope = float((regressor * residual / variance).sum()) / total
    by_day = np.bincount(day.astype(np.int64), weights=regressor * (residual - slope * regressor) / variance)
    error = max(float(np.sqrt((by_day**2).sum())) / total, _LEAST)
    shrunk = slope * max(0.0, 1.0 - (error / slope) ** 2) if slope else 0.0
    return Effect(way, part, slope, error, shrunk, int(mine.sum()))


def _ranked(parts: Mapping[str, float], effects: Mapping[str, Effect]) -> tuple[tuple[str, float, float, float], ...]:
    rows = []
    for name, e in effects.items():
        part, rest = parts[e.part], parts["whole"]
        ends = (e.shrunk, e.relative - _NINETY * e.standard_error, e.relative + _NINETY * e.standard_error)
        best, low, high = (rest + part * end for end in ends)
        rows.append((name, best, low, high))
    return tuple(sorted(rows, key=lambda row: (row[1], row[0])))


def _verdict(kind: str, parts: Mapping[str, float], effects: Mapping[str, Effect]) -> Sequence[str]:
    """The best way if it can be told from the next; else what would settle it."""
    if len(effects) < 2:
        return [f"There is no second {kind} with at least {_FEWEST} orders to compare with."]
    (best, first), (other, second), *_ = sorted(effects.items(), key=lambda item: item[1].relative)
    middle = parts[first.part]
    apart = second.relative - first.relative
    error = float(np.hypot(first.standard_error, second.standard_error))
    if apart > _NINETY * error:
        saved = f"{middle * apart:.1f} bps cheaper than {other} for this order (±{middle * _NINETY * error:.1f})"
        return [f"Use the {kind} {best}: {saved}, on {first.orders:,} and {second.orders:,} orders."]
    needed = "no number of orders would settle it at this difference"
    if apart > 0:
        enough = int(np.ceil((first.orders + second.orders) * (_NINETY * error / apart) ** 2))
        needed = f"about {enough:,} orders would settle it"
    return [f"No {kind} is ranked first: {best} and {other} differ by less than chance explains; {needed}."]


def _pace(best: Schedule, schedules: Sequence[Schedule]) -> str:
    """How fast to work it, and whether the model can tell speeds apart at all."""
    costs = [each.cost_bps for each in schedules]
    plan = (
        f"Work it over {best.span:.1%} of a day's volume ({best.participation:.1%} participation, "
        f"{best.slices} slices): {best.cost_bps:.1f} bps expected, ±{best.risk_bps:.1f} bps of market risk meanwhile."
    )
    if max(costs) - min(costs) <= _SAME * max(costs):
        return f"{plan} The model predicts the same cost at every speed, so only the risk of waiting decides."
    return plan
