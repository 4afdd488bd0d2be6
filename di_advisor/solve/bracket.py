"""A bracket for a decreasing function in logarithms: the excess of a risk over its cap by the price of risk."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Generic, TypeVar

__all__ = ["Bracket", "Point"]

_SHORTEST_STEP = 0.02
_SHORTEST_KNOWN = 1e-5
_LONGEST_STEP = 3.0
_ELASTICITY = 5.0
_BEYOND = 1.15
_EDGE = 0.05

Payload = TypeVar("Payload")


@dataclass(frozen=True)
class Point(Generic[Payload]):
    """A price that was tried.

    Attributes
    ----------
    log_price : float
        Logarithm of the price.
    excess : float
        Logarithm of risk over cap: positive above the cap.
    found : object
        What was found there.
    """

    log_price: float
    excess: float
    found: Payload


class Bracket(Generic[Payload]):
    """Points on both sides of the cap, and where to look next.

    Parameters
    ----------
    step : float, optional
        Length of outward steps in log price, for functions that jump; a secant when left out.
    elasticity : float, optional
        How far in log price the excess is expected to vanish, per unit of it, where that is known.
    """

    def __init__(self, step: float | None = None, elasticity: float | None = None) -> None:
        self._step = step
        self._distance = _ELASTICITY if elasticity is None else _BEYOND * elasticity
        self._shortest = _SHORTEST_STEP if elasticity is None else _SHORTEST_KNOWN
        self.above: Point[Payload] | None = None
        self.below: Point[Payload] | None = None
        self._last: Point[Payload] | None = None
        self._before: Point[Payload] | None = None

    def add(self, price: float, excess: float, found: Payload) -> None:
        """Take in a point; the price is more than zero."""
        point = Point(math.log(price), excess, found)
        if excess > 0:
            self.above = point
        else:
            self.below = point
        self._before, self._last = self._last, point

    @property
    def width(self) -> float:
        """Distance of the two sides in log price; infinite while one is missing."""
        if self.above is None or self.below is None:
            return math.inf
        return abs(self.below.log_price - self.above.log_price)

    def next_price(self) -> float:
        """Between the sides by regula falsi, kept away from the ends; or outward along a secant, a little beyond."""
        if self.above is not None and self.below is not None:
            a, b = self.above, self.below
            guess = a.log_price + (b.log_price - a.log_price) * a.excess / (a.excess - b.excess)
            edge = _EDGE * (b.log_price - a.log_price)
            low, high = sorted((a.log_price + edge, b.log_price - edge))
            return math.exp(min(max(guess, low), high))
        if self._last is None:
            return 1.0
        here, before = self._last, self._before
        if self._step is not None:
            return math.exp(here.log_price + math.copysign(self._step, here.excess))
        distance = self._distance * abs(here.excess)
        if before is not None and before.log_price != here.log_price:
            slope = (here.excess - before.excess) / (here.log_price - before.log_price)
            distance = abs(here.excess / slope) * _BEYOND if slope < 0 else _LONGEST_STEP
        step = min(max(distance, self._shortest), _LONGEST_STEP)
        return math.exp(here.log_price + math.copysign(step, here.excess))

    def nearest_first(self) -> list[Point[Payload]]:
        """The two sides, the one nearer to the cap first."""
        ends = [end for end in (self.above, self.below) if end is not None]
        return sorted(ends, key=lambda end: abs(end.excess))
