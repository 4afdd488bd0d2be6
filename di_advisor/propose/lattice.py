"""Whole shares: walk the lattice of share counts downhill from the continuous plan.

Rounding each trade to the nearest share moves cash, bands and risk by more than round-off when
positions are a few shares. Decision: start at the nearest counts; while a rule is broken take the
single step that costs least for what it mends; then, as long as one helps, the step that lowers the
objective most (at the solution's price of risk) and breaks nothing; last, give up trades that do not
pay, together with the cheapest others that this calls for. Limits: a local optimum; the certificate
counts what rounding cost.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.problem import Problem
from di_advisor.propose.lattice_merit import HELPS, Merit
from di_advisor.propose.lattice_steps import Lattice
from di_advisor.propose.sale_curve import SaleCurve

__all__ = ["descend"]

_RECONSIDERED = 60
_MENDING = 40


def descend(
    problem: Problem,
    lattice: Lattice,
    sale: SaleCurve,
    count: NDArray[np.int64],
    fixed: FloatArray,
    price: float,
    *,
    steps_max: int,
) -> NDArray[np.int64]:
    """Share counts after walking downhill.

    Parameters
    ----------
    problem : Problem
        Rules and terms.
    lattice : Lattice
        Steps and limits.
    sale : SaleCurve
        Tax of sales.
    count : ndarray of int, shape (n,)
        Where to start.
    fixed : ndarray of shape (n,)
        Net trades that are not rounded (whole positions sold).
    price : float
        Price of variance.
    steps_max : int
        Budget.
    """
    merit = Merit(problem, lattice, sale, fixed, price)
    return _reconsidered(merit, _walked(merit, count, steps_max))


def _walked(merit: Merit, count: NDArray[np.int64], steps_max: int) -> NDArray[np.int64]:
    count = count.copy()
    for _ in range(steps_max):
        name, step = merit.best_step(count)
        if name < 0:
            break
        count[name] += step
    return count


def _reconsidered(merit: Merit, count: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give up, one after the other, trades that the objective would rather not have, and mend what that breaks.

    A sale that rounding pushed into a taxable gain cannot be undone by a single step while it pays for
    a purchase; undone together with the cheapest purchases it can.
    """
    best, broken = merit.judged(count)
    if broken > 0:  # a rule stays broken: what the counts are worth matters to nobody
        return count
    in_vain: set[int] = set()
    for _ in range(_RECONSIDERED):
        for name in sorted(merit.unwanted(count), key=in_vain.__contains__):  # what did not help comes last
            trial = count.copy()
            trial[name] = merit.fewer(count, name)
            trial = _walked(merit, trial, _MENDING)
            value, still_broken = merit.judged(trial)
            if still_broken <= 0 and value < best - HELPS:
                count, best = trial, value
                break
            in_vain.add(name)
        else:
            break
    return count
