"""A hard tracking-error cap as a price of risk.

The smallest possible tracking error comes first: if it is above the cap there is no plan. Then the
price of variance is searched, with a bracket, until the cap binds; the two ends are mixed so that
the cap holds exactly (mixing keeps every linear rule, and variance is convex).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.errors import InfeasibleError, UnboundedError, UncertifiedError
from di_advisor.formulate.problem import Block
from di_advisor.solve.prices import PricedNames, Prices
from di_advisor.solve.quadratic import ConvexAnswer, QuadraticProgram
from di_advisor.solve.solution import objective_of, variance_of
from di_advisor.units import bps_from_fraction

__all__ = ["Capped", "between", "outward", "over_the_cap", "refuse", "smallest_tracking_error", "solve_capped"]

_SHORTEST_STEP = 0.02
_LONGEST_STEP = 3.0
_ELASTICITY = 5.0
_BEYOND = 1.15
_HIGHEST_PRICE = 1e9
_LOWEST_PRICE = 1e-6
_RISK_ALONE = 10.0
_NARROWEST = 1e-9
_COARSE = 0.1
_INSIDE = 1e-6


@dataclass(frozen=True)
class Capped:
    """Amounts and prices that keep the cap; ``None`` prices never occur here."""

    amounts: FloatArray
    prices: Prices
    solver: str


def refuse(answer: ConvexAnswer) -> None:
    """Turn a solver's status into the typed error.

    Raises
    ------
    InfeasibleError, UnboundedError, UncertifiedError
        Unless the answer is solved.
    """
    if answer.status == "infeasible":
        raise InfeasibleError(
            "The rules contradict each other: no plan keeps all of them.",
            hint="Widen a band, the cash range or the tracking-error cap.",
        )
    if answer.status == "unbounded":
        raise UnboundedError("The objective has no minimum.", hint="Give the risk aversion a positive value.")
    if answer.status != "solved":
        raise UncertifiedError(
            f"Neither PIQP nor Clarabel solved the problem (last: {answer.solver}).",
            hint="No trades are proposed. Check the data for extreme figures.",
        )


def smallest_tracking_error(program: QuadraticProgram) -> float:
    """Smallest tracking error that the rules allow, per year, a fraction.

    Raises
    ------
    InfeasibleError
        If no plan keeps the other rules.
    """
    answer = program.solve(_RISK_ALONE, trading=0.0)
    refuse(answer)
    return math.sqrt(max(variance_of(program.block, answer.active), 0.0))


def over_the_cap(block: Block, smallest: float) -> InfeasibleError:
    """The error that names the smallest possible tracking error and the cap."""
    cap = block.tracking_error_max or 0.0
    return InfeasibleError(
        f"A tracking error of at most {bps_from_fraction(cap):.1f} bps cannot be reached: "
        f"the other rules allow {bps_from_fraction(smallest):.1f} bps at best.",
        hint=f"Allow at least {bps_from_fraction(smallest):.0f} bps, or widen the name, sector or cash limits.",
        smallest=smallest,
        cap=cap,
    )


def _mix(block: Block, cap: float, low: ConvexAnswer, high: ConvexAnswer) -> Capped:
    """The mixture of a plan above the cap and one below it that meets the cap."""
    assert low.prices is not None
    assert high.prices is not None
    v1, v0 = low.active - high.active, high.active
    a = variance_of(block, v1)
    b = float(v1 @ block.risk.gradient(v0))
    c = variance_of(block, v0) - cap * cap
    root = math.sqrt(max(b * b - 4.0 * a * c, 0.0))
    share = 0.0 if a + abs(b) == 0 else (-2.0 * c / (b + root) if b + root > 0 else 0.0)
    share = min(max(share, 0.0), 1.0) * (1.0 - 1e-9)
    p, q = low.prices, high.prices
    prices = Prices(
        risk=q.risk + share * (p.risk - q.risk),
        exposures=q.exposures + share * (p.exposures - q.exposures),
        rows=q.rows + share * (p.rows - q.rows),
        point=q.point + share * (p.point - q.point),
    )
    return Capped(high.amounts + share * (low.amounts - high.amounts), prices, high.solver)


def solve_capped(
    program: QuadraticProgram,
    names: PricedNames,
    *,
    start: float | None = None,
    gap: float = 3e-7,
    coarse: bool = False,
    to_beat: float | None = None,
    solves_max: int = 40,
) -> Capped | None:
    """Solve under the block's tracking-error cap (or without one).

    Parameters
    ----------
    program : QuadraticProgram
        With choices fixed, or relaxed.
    names : PricedNames
        For the certificate of the mixture.
    start : float, optional
        First price of variance to try.
    gap : float
        Relative duality gap at which the search stops.
    coarse : bool
        Stop as soon as the price of risk is known to about 10 percent (prices are all that is wanted).
    to_beat : float, optional
        Give up, returning None, as soon as a bound proves that the choices cannot get below this.
    solves_max : int
        Budget.

    Raises
    ------
    InfeasibleError
        If the cap is below what the rules allow.
    """
    block, cap = program.block, program.block.tracking_error_max
    if cap is not None:
        cap *= 1.0 - _INSIDE
    base = max(block.aversion, _LOWEST_PRICE)
    price = max(start or base, base)
    answer = program.solve(price)
    refuse(answer)
    if cap is None:
        assert answer.prices is not None
        return Capped(answer.amounts, answer.prices, answer.solver)

    def excess(a: ConvexAnswer) -> float:
        return math.log(max(math.sqrt(max(variance_of(block, a.active), 0.0)), 1e-12) / cap)

    low: tuple[float, float, ConvexAnswer] | None = None
    high: tuple[float, float, ConvexAnswer] | None = None
    before: tuple[float, float] | None = None
    for _ in range(solves_max):
        if to_beat is not None and answer.prices is not None:
            if names.bound(names.sanitised(answer.prices), program.choices) >= to_beat:
                return None
        h = excess(answer)
        here = (math.log(price), h)
        if h <= 0:
            high = (*here, answer)
            if price <= base * (1 + 1e-12):
                assert answer.prices is not None
                return Capped(answer.amounts, answer.prices, answer.solver)
        else:
            low = (*here, answer)
        if low is not None and high is not None:
            mixed = _mix(block, cap, low[2], high[2])
            narrow = high[0] - low[0]
            if narrow < _NARROWEST or (coarse and narrow < _COARSE):
                return mixed
            if not coarse and _relative_gap(names, program, mixed) <= gap:
                return mixed
            price = math.exp(between(low[:2], high[:2]))
        else:
            price = max(math.exp(outward(here, before)), base)
            before = here
            if price > _HIGHEST_PRICE:
                raise over_the_cap(block, smallest_tracking_error(program))
        answer = program.solve(price)
        refuse(answer)
    if low is None or high is None:
        raise over_the_cap(block, smallest_tracking_error(program))
    return _mix(block, cap, low[2], high[2])


def outward(here: tuple[float, float], before: tuple[float, float] | None) -> float:
    """Next log price while all points lie on one side: a secant through two of them, a little beyond."""
    price, excess = here
    distance = _ELASTICITY * abs(excess)
    if before is not None and before[0] != price:
        slope = (excess - before[1]) / (price - before[0])
        distance = abs(excess / slope) * _BEYOND if slope < 0 else _LONGEST_STEP
    return price + math.copysign(min(max(distance, _SHORTEST_STEP), _LONGEST_STEP), excess)


def between(low: tuple[float, float], high: tuple[float, float]) -> float:
    """Regula falsi on (log price, log excess) pairs of both signs, kept away from the ends."""
    (a, fa), (b, fb) = low, high
    guess = a + (b - a) * fa / (fa - fb)
    edge = 0.05 * (b - a)
    return min(max(guess, a + edge), b - edge)


def _relative_gap(names: PricedNames, program: QuadraticProgram, mixed: Capped) -> float:
    block = names.block
    trade = np.bincount(
        block.segments.name,
        weights=block.segments.sign * mixed.amounts,
        minlength=len(block.active_lower),
    )
    objective = objective_of(block, mixed.amounts, block.holdings.active + trade)
    bound = names.bound(names.sanitised(mixed.prices), program.choices)
    size = max(abs(objective), abs(objective - block.aversion * variance_of(block, block.holdings.active)), 1e-9)
    return (objective - bound) / size
