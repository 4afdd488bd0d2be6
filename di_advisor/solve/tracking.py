"""A hard tracking-error cap as a price of risk.

The smallest possible tracking error comes first: if it is above the cap there is no plan. Then the
price of variance is searched, with a bracket, until the cap binds; the two ends are mixed so that
the cap holds exactly (mixing keeps every linear rule, and variance is convex).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.errors import InfeasibleError, UnboundedError, UncertifiedError
from di_advisor.formulate.problem import Block
from di_advisor.solve.bracket import Bracket
from di_advisor.solve.prices import Prices
from di_advisor.solve.quadratic import ConvexAnswer, QuadraticProgram
from di_advisor.solve.solution import objective_of, variance_of
from di_advisor.units import bps_from_fraction

__all__ = [
    "INSIDE",
    "RISK_ALONE",
    "Capped",
    "beside_the_cap",
    "log_excess",
    "over_the_cap",
    "refuse",
    "smallest_tracking_error",
    "solve_capped",
]

_NO_RISK = 1e-12
_HIGHEST_PRICE = 1e9
_LOWEST_PRICE = 1e-6
RISK_ALONE = 10.0
_NARROWEST = 1e-9
_COARSE = 0.1
INSIDE = 1e-9
"""Part of a cap that is kept free of round-off."""


@dataclass(frozen=True)
class Capped:
    """Amounts and prices that keep the cap; ``None`` prices never occur here.

    ``bound`` is the program's at these prices, where the search came to know it.
    """

    amounts: FloatArray
    prices: Prices
    solver: str
    bound: float | None = None


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
            f"No solver certified the problem: dual Newton, PIQP, Clarabel (last: {answer.solver}).",
            hint="No trades are proposed. Check the data for extreme figures.",
        )


def smallest_tracking_error(program: QuadraticProgram) -> float:
    """Smallest tracking error that the rules allow, per year, a fraction.

    Raises
    ------
    InfeasibleError
        If no plan keeps the other rules.
    """
    answer = program.solve(RISK_ALONE, trading=0.0)
    refuse(answer)
    return math.sqrt(max(variance_of(program.block, answer.active), 0.0))


def over_the_cap(block: Block, smallest: float) -> InfeasibleError:
    """The error that names the smallest possible tracking error and the cap."""
    cap = block.tracking_error_max or 0.0
    return InfeasibleError(
        f"A tracking error of at most {bps_from_fraction(cap):.1f} bps cannot be reached: "
        f"the other rules allow {bps_from_fraction(smallest):.1f} bps at best.",
        hint=f"Allow at least {math.ceil(bps_from_fraction(smallest))} bps, or widen the name, sector or cash limits.",
        smallest=smallest,
        cap=cap,
    )


def beside_the_cap(cap: float) -> InfeasibleError:
    """The error for a cap that the rules allow, but minimum trades and sides do not seem to."""
    return InfeasibleError(
        f"No plan was found with a tracking error of at most {bps_from_fraction(cap):.1f} bps: the rules alone allow "
        "it, minimum trades and wash-sale sides stand in the way.",
        hint="Lower the minimum trade, or allow more tracking error.",
        cap=cap,
        smallest=None,
    )


def _mix(block: Block, cap: float, low: ConvexAnswer, high: ConvexAnswer) -> Capped:
    """The mixture of a plan above the cap and one below it that meets the cap."""
    v1, v0 = low.active - high.active, high.active
    a = variance_of(block, v1)
    b = float(v1 @ block.risk.gradient(v0))
    c = variance_of(block, v0) - cap * cap
    root = math.sqrt(max(b * b - 4.0 * a * c, 0.0))
    share = 0.0 if a + abs(b) == 0 else (-2.0 * c / (b + root) if b + root > 0 else 0.0)
    share = min(max(share, 0.0), 1.0) * (1.0 - 1e-9)
    p, q = low.known_prices, high.known_prices
    prices = Prices(
        risk=q.risk + share * (p.risk - q.risk),
        exposures=q.exposures + share * (p.exposures - q.exposures),
        rows=q.rows + share * (p.rows - q.rows),
        point=q.point + share * (p.point - q.point),
    )
    return Capped(high.amounts + share * (low.amounts - high.amounts), prices, high.solver)


def solve_capped(
    program: QuadraticProgram,
    *,
    start: float | None = None,
    gap: float = 3e-7,
    coarse: bool = False,
    to_beat: float | None = None,
    solves_max: int = 40,
    elasticity: float | None = None,
) -> Capped | None:
    """Solve under the block's tracking-error cap (or without one).

    Parameters
    ----------
    program : QuadraticProgram
        With choices fixed, or relaxed.
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
    elasticity : float, optional
        As of `Bracket`, where a neighbouring problem told it.

    Raises
    ------
    InfeasibleError
        If the cap is below what the rules allow.
    """
    block, cap = program.block, program.block.tracking_error_max
    base = max(block.aversion, _LOWEST_PRICE)
    price = max(start or base, base)
    answer = program.solve(price)
    refuse(answer)
    if cap is None:
        return Capped(answer.amounts, answer.known_prices, answer.solver)
    cap *= 1.0 - INSIDE
    bracket: Bracket[ConvexAnswer] = Bracket(elasticity=elasticity)
    for _ in range(solves_max):
        if to_beat is not None and program.bound(answer.known_prices) >= to_beat:
            return None
        bracket.add(price, log_excess(block, answer.active, cap), answer)
        if bracket.below is not None and bracket.below.found is answer and price <= base * (1 + 1e-12):
            return Capped(answer.amounts, answer.known_prices, answer.solver)
        met = _met(program, bracket, cap, None if coarse else gap)
        if met is not None:
            return met
        price = max(bracket.next_price(), base)
        if price > _HIGHEST_PRICE:
            break
        answer = program.solve(price)
        refuse(answer)
    if bracket.above is None or bracket.below is None:
        raise over_the_cap(block, smallest_tracking_error(program))
    return _mix(block, cap, bracket.above.found, bracket.below.found)


def _met(program: QuadraticProgram, bracket: Bracket[ConvexAnswer], cap: float, gap: float | None) -> Capped | None:
    """The plan under the cap that ends the search: one so little below it, or a mixture; None to search on.

    Without a gap, prices are all that is wanted.
    """
    block, above, below = program.block, bracket.above, bracket.below
    if below is None:
        return None
    candidates = []
    if gap is not None and below.excess >= -gap:
        candidates.append(Capped(below.found.amounts, below.found.known_prices, below.found.solver))
    if above is not None:
        mixed = _mix(block, cap, above.found, below.found)
        if bracket.width < _NARROWEST or (gap is None and bracket.width < _COARSE):
            return mixed
        candidates.append(mixed)
    if gap is None:
        return None
    for found in candidates:
        bound = program.bound(found.prices)
        if _relative_gap(block, found, bound) <= gap:
            return replace(found, bound=bound)
    return None


def log_excess(block: Block, active: FloatArray, cap: float) -> float:
    """Logarithm of tracking error over its cap."""
    return math.log(max(math.sqrt(max(variance_of(block, active), 0.0)), _NO_RISK) / cap)


def _relative_gap(block: Block, mixed: Capped, bound: float) -> float:
    trade = np.bincount(
        block.segments.name,
        weights=block.segments.sign * mixed.amounts,
        minlength=len(block.active_lower),
    )
    objective = objective_of(block, mixed.amounts, block.holdings.active + trade)
    size = max(abs(objective), abs(objective - block.aversion * variance_of(block, block.holdings.active)), 1e-9)
    return (objective - bound) / size
