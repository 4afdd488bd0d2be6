"""A limit on a weighted average of the holdings, as one linear row.

``average(w) = sum k s w / sum k w`` over the names that count (k = 1), cash aside, so that a limit L is
``sum k (s - L) w >= 0`` (or <= 0): linear, exact, and fair to names that are left out. Decision: the
row is divided by the size of the index's average, because carbon intensities run into the hundreds
while weights are thousandths, and one tolerance serves all rows; what people read stays in the
measure's own unit.
Source: the coverage-safe form of weighted average carbon intensity (TCFD 2017).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.plan import Holdings, Plan, SymbolicPlan
from di_advisor.formulate.rules import NO_ROOM, ActiveGroup
from di_advisor.formulate.segments import Segments
from di_advisor.formulate.separable import Row
from di_advisor.units import percent_from_fraction

__all__ = ["AverageLimit", "Side", "average_limit", "shown"]

_NOTHING = 1e-12
_STEEPEST = 1e3
"""Largest coefficient of the row: of a name far from an index that has next to nothing."""
_DIGITS = 5
_MOST_RESERVED = 1e-3


class Side(StrEnum):
    """Which way a limit limits."""

    AT_LEAST = "at least"
    AT_MOST = "at most"


def shown(value: float, unit: str, *, towards: float = 0.0) -> str:
    """A figure with its unit, to five digits; rounded down where ``towards`` is negative, up where positive."""
    figure = percent_from_fraction(value) if unit == "%" else value
    if figure == 0 or not math.isfinite(figure):
        return f"{figure:g} {unit}".strip()
    decimals = max(_DIGITS - 1 - math.floor(math.log10(abs(figure))), 0)
    if towards:
        step = 10.0**-decimals
        figure = (math.floor if towards < 0 else math.ceil)(figure / step) * step
    text = f"{figure:,.{decimals}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{text} {unit}".strip()


@dataclass(frozen=True, kw_only=True)
class AverageLimit(ActiveGroup):
    """The holdings' average of a measure is at least, or at most, a limit.

    Attributes
    ----------
    values, counted : ndarray of shape (n,)
        s, finite, and k.
    side : Side
        Which way.
    limit, index_value : float
        In the measure's own unit: the limit, and the target's average.
    measured : str
        What is averaged, in words ("average score").
    asked : str
        What was asked, in short ("+20 %").
    because : str
        What the sentence adds (relative to what, since when, what uncovered names count as).
    reserve : float
        Room that the solver keeps for rounding to fractions of a share, in the unit of the row.
    """

    values: FloatArray
    counted: FloatArray
    side: Side
    limit: float
    index_value: float
    measured: str
    asked: str
    because: str = ""
    reserve: float = 0.0

    @property
    def sentence(self) -> str:
        """The limit in plain words, with its figures."""
        says = f"The holdings' {self.measured} is {self.side.value} {shown(self.limit, self.unit)}"
        index = f"the index has {shown(self.index_value, self.unit)}"
        return f"{says} ({self.asked}; {index}).{' ' if self.because else ''}{self.because}"

    @property
    def ask(self) -> str:
        """The wish in a few words, such as "average score: +20 %"."""
        return f"{self.measured}: {self.asked}"

    def average(self, active: FloatArray) -> float:
        """The average at active weights, shape (n,); the limit itself where nothing that counts is held."""
        weight = self.counted * (self.holdings.target + active)
        total = float(weight.sum())
        return float(weight @ self.values) / total if total > _NOTHING else self.limit

    def measure(self, plan: Plan) -> float:
        """The average after a plan."""
        return self.average(self.holdings.active + plan.net(self.holdings.lot_name))

    def moved_to(self, limit: float) -> AverageLimit:
        """The same with another limit; what was asked stays in its words."""
        if limit == self.limit:
            return self
        row = np.asarray(self.counted * (self.values - limit) / self.scale, dtype=np.float64)
        edge = -float(row @ self.holdings.target)
        low, high = (edge, math.inf) if self.side is Side.AT_LEAST else (-math.inf, edge)
        return replace(self, coefficients=row, lower=low, upper=high, limit=limit)

    def slack(self, plan: Plan) -> float:
        """Distance to the limit, in the measure's unit."""
        away = self.measure(plan) - self.limit
        return away if self.side is Side.AT_LEAST else -away

    def binds(self, plan: Plan) -> bool:
        """No room left beside what the solver keeps for rounding, relative to the size of the measure."""
        return self.slack(plan) * self.share(plan) < (NO_ROOM + self.reserve) * self.scale

    def share(self, plan: Plan) -> float:
        """Weight after a plan of what is counted: what one unit of the limit is worth in the row."""
        return float(self.counted @ (self.holdings.held + plan.net(self.holdings.lot_name)))

    def rows(self, segments: Segments) -> tuple[Row, ...]:
        """One row with an upper limit: a floor is written with its signs turned."""
        del segments
        sign, limit = (-1.0, -self.lower) if self.side is Side.AT_LEAST else (1.0, self.upper)
        return (Row(self.name, -math.inf, limit, on_active=sign * self.coefficients, reserve=self.reserve),)

    def constraints(self, symbols: SymbolicPlan) -> list[Any]:
        """One linear inequality."""
        value = self.coefficients @ symbols.active
        at_least = self.side is Side.AT_LEAST
        return [value >= self.lower + self.reserve] if at_least else [value <= self.upper - self.reserve]


def average_limit(  # noqa: PLR0913 - the facts of one limit, all keyword-only
    holdings: Holdings,
    *,
    values: FloatArray,
    counted: FloatArray,
    side: Side,
    limit: float,
    index_value: float,
    name: str,
    measured: str,
    asked: str,
    unit: str = "",
    because: str = "",
    rounding: FloatArray | None = None,
) -> AverageLimit:
    """Build the rule with its row, scaled to the size of the measure.

    Parameters
    ----------
    holdings : Holdings
        Target and weights.
    values, counted : ndarray of shape (n,)
        s, finite, and k.
    side, limit, index_value, name, measured, asked, unit, because
        As in `AverageLimit`.
    rounding : ndarray of shape (n,), optional
        Weight by which rounding may change each name, where no lattice walk mends it; the row keeps that much room.
    """
    weight = counted * holdings.target
    total = max(float(weight.sum()), _NOTHING)
    spread = math.sqrt(float(weight @ (values - index_value) ** 2) / total)
    scale = max(abs(index_value), spread, abs(limit) * NO_ROOM, _NOTHING)
    # where the index has nothing of it, its size says nothing: figures far from one upset every solver
    scale = max(scale, float(np.abs(counted * (values - limit)).max(initial=0.0)) / _STEEPEST)
    row = np.asarray(counted * (values - limit) / scale, dtype=np.float64)
    edge = -float(row @ holdings.target)
    low, high = (edge, math.inf) if side is Side.AT_LEAST else (-math.inf, edge)
    return AverageLimit(
        holdings,
        row,
        low,
        high,
        name,
        unit=unit,
        scale=scale,
        values=values,
        counted=counted,
        side=side,
        limit=limit,
        index_value=index_value,
        measured=measured,
        asked=asked,
        because=because,
        reserve=0.0 if rounding is None else min(float(np.abs(row) @ rounding), _MOST_RESERVED),
    )
