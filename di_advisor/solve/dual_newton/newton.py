"""Newton's method on the dual: prices that make the names' own trades keep the rules.

The dual is concave and piecewise quadratic. Each step replaces the names by their linearised
responses and solves the small problem that is left exactly (`complementarity`), boxes of exposures
and signs of prices included, so that nothing is nested; a line search on the true dual makes it
global. Near the solution the pieces no longer change and a step is exact. The value of the dual is a
bound at every step, and with the names' trades it gives the gap, so that the answer certifies itself.
Limits: a contradiction among the rules shows as prices that grow without end; the budget of steps
then runs out, and another solver has the word.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from di_advisor import compiled
from di_advisor.domain.market import FloatArray
from di_advisor.solve.dual_newton.complementarity import Exchanges, Limits, Point, Responses, Sides, fit
from di_advisor.solve.dual_newton.curvature import TIED, curvature_of, exchange, exchanges_at
from di_advisor.solve.dual_newton.line import Climb, Place
from di_advisor.solve.dual_newton.pieces import Charges, Pieces

__all__ = ["STEPS_MAX", "Ceiling", "Outcome", "Position", "ascend"]

_FEASIBLE = 1e-10
_GAP = 1e-11
_LEAST_GAP = 1e-15
_NEARLY_FEASIBLE = 1e-9
_NEARLY = 1e-9
_LEAST = 1e-12
_DAMPINGS_MAX = 6
_DAMP_MORE = 128.0
_FLAT = 1e-3
_FLAT_DAMPING = 0.02
STEPS_MAX = 30
Ceiling = Callable[[FloatArray], float]
_LOOKS_UP = 2
"""Steps before the first look at the ceiling: most climbs have arrived by then."""

"""Newton steps of one climb."""

_DAMPING = 1e-12
_EARLY_DAMPING = 1e-2
_EARLY = 1e-3


@dataclass(frozen=True)
class Position:
    """Where the search stands: prices (k + r,), exposures (k,), and which limits bind."""

    prices: FloatArray
    exposures: FloatArray
    sides: Sides


@dataclass(frozen=True)
class Outcome:
    """What the search found.

    Attributes
    ----------
    position : Position
        Prices at the end.
    amounts : ndarray of shape (m,)
        Of the pieces.
    objective, bound : float
        Of the amounts, and of the prices.
    violation : float
        Largest violation of an exposure's box or a row.
    steps : int
        Newton steps.
    certified : bool
        Whether violation and gap are round-off.
    """

    position: Position
    amounts: FloatArray
    objective: float
    bound: float
    violation: float
    steps: int
    certified: bool


def ascend(
    pieces: Pieces,
    limits: Limits,
    charges: Charges,
    start: Position,
    *,
    steps_max: int = STEPS_MAX,
    ceiling: Ceiling | None = None,
) -> Outcome:
    """Climb the dual from a position.

    Parameters
    ----------
    pieces : Pieces
        The names.
    limits : Limits
        Boxes of exposures and rows.
    charges : Charges
        What the names pay beside the prices.
    start : Position
        Prices to start from.
    steps_max : int
        Budget.
    ceiling : callable, optional
        More than any objective, at given prices: a dual above it has no top, and the climb ends there, uncertified.
    """
    climb = Climb(pieces, limits, charges)
    here = climb.at(start.prices, start.exposures)
    sides = Sides(np.array(start.sides.at, dtype=np.int64))  # writable, as compiled loops want it
    full: FloatArray | None = None
    for step in range(steps_max + 1):
        value = plain = _Value.of(limits, here)
        if plain.certified:  # without any exchange: nothing more to be found out
            return plain.outcome(pieces, here, None, sides, step)
        stiffness = pieces.stiffness(here.response.trade, charges)
        hessian = curvature_of(pieces, here.response, stiffness)
        around = exchanges_at(here.response)
        exchanges = None if around is None else around.cheapest(TIED)
        if full is None:
            full = (1.0 / charges.q) @ (pieces.matrix * pieces.matrix)
        damping = _damping(hessian, full, plain.violation)
        for _ in range(_DAMPINGS_MAX):
            responses = Responses(here.prices, here.response.activity, hessian + damping, exchanges)
            point = fit(responses, limits, sides)
            moves = exchanges is not None and bool(point.exchanged.any())
            value = _Value.of(limits, here, exchanges, point.exchanged) if moves else plain
            if value.certified or step == steps_max:
                return value.outcome(pieces, here, exchanges, point.sides, step)
            bent = _bent(hessian, here, point, around)
            if bent is not hessian:
                point = fit(replace(responses, hessian=bent + damping), limits, point.sides)
            there = climb.along(here, point, hessian, bent)
            if there is not None:
                break
            damping = _DAMP_MORE * damping
        else:
            break
        here, sides = there, point.sides
        if ceiling is not None and step >= _LOOKS_UP and here.dual > ceiling(here.prices):
            return _Value.of(limits, here).outcome(pieces, here, None, sides, step + 1)
    return value.outcome(pieces, here, exchanges, point.sides, step)


@dataclass(frozen=True)
class _Value:
    """How well the names' trades do with the exchanges made (x,): objective, bound and violation."""

    moved: FloatArray
    objective: float
    bound: float
    violation: float

    @classmethod
    def of(
        cls, limits: Limits, here: Place, exchanges: Exchanges | None = None, exchanged: FloatArray | None = None
    ) -> _Value:
        activity, extra = here.response.activity, 0.0
        moved = np.zeros(0)
        if exchanges is not None and exchanged is not None and exchanged.any():
            moved = np.clip(exchanged, 0.0, exchanges.most)
            activity = activity.copy()
            activity[exchanges.rows] += moved @ exchanges.change
            extra = float(moved @ exchanges.cost)
        objective, violation = _judged(here, activity, limits)
        return cls(moved, objective + extra, here.dual, violation)

    @property
    def certified(self) -> bool:
        """Whether violation and gap are round-off."""
        size = max(abs(self.bound), abs(self.objective))
        return self.violation <= _FEASIBLE and self.objective - self.bound <= _GAP * size + _LEAST_GAP

    @property
    def nearly(self) -> bool:
        """The same at the end of the road: round-off may be larger than usual, where large terms cancel."""
        gap, size = self.objective - self.bound, abs(self.objective)
        return self.violation <= _NEARLY_FEASIBLE and gap <= _NEARLY * size + _LEAST

    def outcome(self, pieces: Pieces, here: Place, exchanges: Exchanges | None, sides: Sides, steps: int) -> Outcome:
        """With the amounts."""
        return Outcome(
            position=Position(here.prices, here.exposures, sides),
            amounts=exchange(pieces, here.response, exchanges, self.moved),
            objective=self.objective,
            bound=self.bound,
            violation=self.violation,
            steps=steps,
            certified=self.certified or self.nearly,
        )


def _damping(hessian: FloatArray, full: FloatArray, off: float) -> FloatArray:
    """What is added to the diagonal of H: little, unless no name moves with a price."""
    if compiled.is_compiled():
        from di_advisor.solve.dual_newton.step_loops import damped

        return damped(hessian, full, off)
    own = np.diag(hessian)
    mean = float(own.mean()) if len(own) else 0.0
    damping = np.full(len(own), max(mean, _DAMPING) * (_DAMPING + _EARLY_DAMPING * min(_EARLY, off)))
    return np.diag(np.maximum(damping, np.where(own < _FLAT * full, _FLAT_DAMPING * full, 0.0)))


def _bent(hessian: FloatArray, here: Place, point: Point, found: Exchanges | None) -> FloatArray:
    """H with the kinks that the step would cross spread out over it: their mean effect, to first order."""
    if found is None or found.cost.max() <= TIED:
        return hessian
    turn = found.change @ (point.prices - here.prices)[found.rows]
    crossed = (found.cost > TIED) & (found.cost + turn < 0)
    if not crossed.any():
        return hessian
    bent = hessian.copy()
    change = found.change[crossed]
    bent[np.ix_(found.rows, found.rows)] += (change.T * (found.most[crossed] / -turn[crossed])) @ change
    return bent


def _judged(here: Place, activity: FloatArray, limits: Limits) -> tuple[float, float]:
    """Objective of the names' trades (their value without the prices, and the risk of their exposures); violation."""
    if compiled.is_compiled():
        from di_advisor.solve.dual_newton.step_loops import judged

        return judged(here.response.value, here.prices, activity, limits.laid)
    e = activity[: limits.factors]
    objective = here.response.value - float(here.prices @ activity) + 0.5 * float(e @ limits.curvature @ e)
    return objective, float(np.maximum(limits.lower - activity, activity - limits.upper).max(initial=0.0))
