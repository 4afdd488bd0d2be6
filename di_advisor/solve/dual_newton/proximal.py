"""Names with almost no curvature: the proximal point method around Newton's.

A name with next to no specific variance and no impact (an exchange-traded fund, a very low price of
risk) answers to prices like a switch, and the dual has kinks instead of curvature. Such names get a
quadratic around their last trade; its centre follows the solution until the quadratic costs nothing
(Rockafellar 1976). Every turn starts warm. The certificate is that of the problem without the
quadratic. Limits: with many such names the turns are many, and the budget hands over to another solver.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from di_advisor.solve.dual_newton.complementarity import Limits
from di_advisor.solve.dual_newton.line import Climb
from di_advisor.solve.dual_newton.newton import STEPS_MAX, Ceiling, Outcome, Position, ascend
from di_advisor.solve.dual_newton.pieces import Pieces, Proximal

__all__ = ["climb_to_the_top"]

_WEAK = 0.01
_WEIGHT = 0.1
_TURNS_MAX = 25
_ALL_STEPS_MAX = 120
_LIGHTER = 0.4
_LIGHTEST = 1e-3
_GAP = 1e-10
_LEAST_GAP = 1e-14


def climb_to_the_top(
    pieces: Pieces,
    limits: Limits,
    start: Position,
    risk: float,
    trading: float,
    *,
    steps_max: int = STEPS_MAX,
    ceiling: Ceiling | None = None,
) -> Outcome:
    """Solve, with a proximal quadratic for the names that have next to no curvature.

    Parameters
    ----------
    pieces : Pieces
        The names.
    limits : Limits
        Boxes of exposures and rows.
    start : Position
        Prices to start from.
    risk, trading : float
        Price of variance, and scale of everything else.
    steps_max : int
        Budget of Newton steps of one climb.
    ceiling : callable, optional
        As of `ascend`; the problems with a proximal quadratic have other objectives, and go on.
    """
    plain = pieces.charges(risk, trading)
    weak = plain.q < _WEAK
    if not weak.any():
        return ascend(pieces, limits, plain, start, steps_max=steps_max, ceiling=ceiling)
    climb = Climb(pieces, limits, plain)
    weight = np.where(weak, _WEIGHT, 0.0)
    centre = np.clip(np.zeros(len(weight)), pieces.lower, pieces.upper)
    position, steps = start, 0
    for _ in range(_TURNS_MAX):
        charges = pieces.charges(risk, trading, Proximal(weight, centre))
        outcome = ascend(pieces, limits, charges, position)
        steps += outcome.steps
        if not outcome.certified:
            break
        made = np.bincount(pieces.owner, weights=pieces.sign * outcome.amounts, minlength=len(centre))
        trade = made.astype(np.float64)
        away = trade - centre
        objective = outcome.objective - 0.5 * float(weight @ (away * away))
        bound = climb.at(outcome.position.prices, outcome.position.exposures).dual
        size = max(abs(objective), abs(bound))
        certified = objective - bound <= _GAP * size + _LEAST_GAP
        outcome = replace(outcome, objective=objective, bound=bound, certified=certified)
        if certified or steps > _ALL_STEPS_MAX:
            break
        position, centre = outcome.position, trade
        weight = np.maximum(weight * _LIGHTER, np.where(weak, _LIGHTEST * _WEIGHT, 0.0))
    return replace(outcome, steps=steps)
