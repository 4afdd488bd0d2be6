"""Ways of working an order (venues, algorithms, paces): what each changes of its cost, and whether that is known.

The effect of each way is a relative change of one part of the predicted cost: the half-spread, the impact, or both,
whichever tells its orders apart best (venues mostly differ in what they take of the spread, algorithms in their
impact). It is the regression of the orders' residuals on that part, weighted by what each order tells, with an error by
day clusters, and shrunk towards none by its own error (James and Stein): a way that was used a few times has no
effect worth naming. Two ways whose 90 % intervals overlap are not ranked, and it is said about how many orders would
settle it.

Limits: the desk chose how to work its orders, so that a way used for hard orders only looks dear; size, spread and
volatility are allowed for, nothing else is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_models.cost.features import Conditions
from di_models.cost.learned import LearnedCostModel

__all__ = [
    "FEWEST",
    "NINETY",
    "Cost",
    "Effect",
    "Evidence",
    "best_of",
    "costs_of",
    "effects_of",
    "law_parts",
    "orders_needed",
]

NINETY = 1.6449
"""Standard errors to either side of an interval of 90 %."""

FEWEST = 20
"""Orders below which a way is left out."""

_LEAST = 1e-9
_FURTHEST_SD = 2.0

Cost = tuple[str, float, float, float]
"""Way, predicted cost and its 90 % interval (of the mean), in bps."""


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


@dataclass(frozen=True)
class Evidence:
    """What m orders say beyond the law.

    Attributes
    ----------
    parts : mapping of str to ndarray
        The law's cost by part, bps, shape (m,) each.
    residual, variance : ndarray of shape (m,)
        Measured less predicted cost, drawn in to two standard deviations, and its variance.
    day : ndarray of int, shape (m,)
        Number of the day.
    """

    parts: Mapping[str, FloatArray]
    residual: FloatArray
    variance: FloatArray
    day: NDArray[np.int64]

    @classmethod
    def of(cls, model: LearnedCostModel, given: Conditions, cost_bps: FloatArray, day: NDArray[Any]) -> Evidence:
        """From orders and what they cost."""
        parts, variance = law_parts(model, given), given.variance
        furthest = _FURTHEST_SD * np.sqrt(variance)
        number = np.unique(day, return_inverse=True)[1].ravel().astype(np.int64)
        return cls(parts, np.clip(cost_bps - parts["whole"], -furthest, furthest), variance, number)


def law_parts(model: LearnedCostModel, given: Conditions) -> dict[str, FloatArray]:
    """The law's cost and what it consists of, bps, shape (m,) each."""
    law = model.fit_.law
    whole = law.cost_bps(given.size_of_adv, given.half_spread_bps, given.volatility_daily_bps)
    spread = law.spread_capture * given.half_spread_bps
    return {"whole": whole, "spread": np.maximum(spread, _LEAST * whole), "impact": np.maximum(whole - spread, 0.0)}


def effects_of(kind: str, words: NDArray[np.str_], seen: Evidence) -> dict[str, Effect]:
    """Effects by way, on the part of the cost that tells the ways apart best; empty words are no way."""
    used = [str(w) for w in np.unique(words).tolist() if w and (words == w).sum() >= FEWEST]
    by_part = {
        name: {w: _effect(f"{kind}: {w}", name, words == w, seen) for w in used}
        for name in ("whole", "spread", "impact")
    }
    told = {name: sum((e.relative / e.standard_error) ** 2 for e in each.values()) for name, each in by_part.items()}
    return by_part[max(told, key=lambda name: told[name])]


def costs_of(parts: Mapping[str, float], effects: Mapping[str, Effect]) -> tuple[Cost, ...]:
    """Predicted cost of one order worked in each way, cheapest first."""
    rows = []
    for name, e in effects.items():
        ends = (e.shrunk, e.relative - NINETY * e.standard_error, e.relative + NINETY * e.standard_error)
        best, low, high = (parts["whole"] + parts[e.part] * end for end in ends)
        rows.append((name, best, low, high))
    return tuple(sorted(rows, key=lambda row: (row[1], row[0])))


def best_of(kind: str, parts: Mapping[str, float], effects: Mapping[str, Effect]) -> tuple[str, str]:
    """The best way if its interval is clear of all others', else an empty text; and the sentence on it."""
    if len(effects) < 2:
        return "", f"There is no second {kind} with at least {FEWEST} orders to compare with."
    (best, first), *others = sorted(effects.items(), key=lambda item: item[1].relative)
    nearest = min(others, key=lambda item: item[1].relative - NINETY * item[1].standard_error)
    clear = first.relative + NINETY * first.standard_error < nearest[1].relative - NINETY * nearest[1].standard_error
    other, second = others[0] if clear else nearest
    middle = parts[first.part]
    apart = second.relative - first.relative
    error = first.standard_error + second.standard_error
    if clear:
        saved = f"{middle * apart:.1f} bps cheaper than {other} for this order (±{middle * NINETY * error:.1f})"
        return best, f"Use the {kind} {best}: {saved}, on {first.orders:,} and {second.orders:,} orders."
    needed = orders_needed(first.orders + second.orders, apart, error)
    return "", f"No {kind} is ranked first: the intervals of {best} and {other} overlap; {needed}."


def orders_needed(orders: int, apart: float, error: float) -> str:
    """How many orders would settle a difference, in words."""
    if apart <= 0:
        return "no number of orders would settle it at this difference"
    return f"about {int(np.ceil(orders * (NINETY * error / apart) ** 2)):,} orders would settle it"


def _effect(way: str, part: str, mine: NDArray[np.bool_], seen: Evidence) -> Effect:
    """Regression of the residuals on a part of the cost, over the orders that were worked this way."""
    residual, regressor, variance, day = (
        each[mine] for each in (seen.residual, seen.parts[part], seen.variance, seen.day)
    )
    total = float((regressor**2 / variance).sum())
    slope = float((regressor * residual / variance).sum()) / total
    by_day = np.bincount(day, weights=regressor * (residual - slope * regressor) / variance)
    error = max(float(np.sqrt((by_day**2).sum())) / total, _LEAST)
    shrunk = slope * max(0.0, 1.0 - (error / slope) ** 2) if slope else 0.0
    return Effect(way, part, slope, error, shrunk, int(mine.sum()))
