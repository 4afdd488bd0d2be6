"""The least that each name costs alone, at prices, over its own discrete choices.

A wash sale concerns one name (or identical ones). With what ties names together at prices, the least over all
plans is the sum of the least of each part, so trying the sides of each by themselves gives a bound in which they
are exact: two to the power of the stages of one name, never of all. All parts are searched in step, a stack of
cases a round. Limits: a number of cases for each part, what is left open counts with its bound; minimum trades and
a side for each name, which concern single names too, are not tried here (their bound gained a seventh of what washes
do, at many times the work).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.solve.staged.layout import CRUMB
from di_advisor.solve.staged.parts import Kind, Parts
from di_advisor.solve.staged.stacked import Case, Solved, solve_cases

__all__ = ["Alone", "least_alone"]

_MOST_CASES = 200


@dataclass(eq=False)
class Alone:
    """What parts cost alone.

    Attributes
    ----------
    bound : ndarray of shape (parts,)
        Proved.
    best : list of Case or None
        The choices of the best plan found of each part.
    v : list of ndarray or None
        Its variables.
    solves : int
        Cases solved.
    """

    bound: FloatArray
    best: list[Case | None]
    v: list[FloatArray | None]
    value: FloatArray
    solves: int = 0
    tried: list[int] = field(default_factory=list)


def _washed(parts: Parts, cases: list[Case], solved: Solved) -> tuple[FloatArray, FloatArray]:
    """What solved cases sell at a loss and buy at every stage, shapes (cases, S)."""
    columns = [parts.parts[case.part].columns for case in cases]
    at, v, stages = np.concatenate(columns), np.concatenate(solved.v), len(parts.problem.legs)
    key = np.repeat(np.arange(len(cases)), [len(c) for c in columns]) * stages + parts.stage[at]
    lost, bought = (
        np.bincount(key, weights=np.where(which, v, 0.0), minlength=len(cases) * stages).reshape(-1, stages)
        for which in ((parts.kind[at] == Kind.LOT) & parts.at_loss[at], parts.kind[at] == Kind.BOUGHT)
    )
    return lost.astype(np.float64), bought.astype(np.float64)


def _lifted(case: Case, child: Case, bound: float, slope: FloatArray) -> Case:
    """A child with what closing its variables proves already, from the bound and its slopes."""
    lift = -float(np.minimum(slope * case.upper, 0.0)[child.upper < case.upper].sum())
    return replace(child, bound=max(case.bound, bound + lift))


def _sides(parts: Parts, case: Case, lost: FloatArray, bought: FloatArray) -> tuple[Case, Case] | None:
    """The largest wash of a part without its losses and without its purchases; None where there is none."""
    stages = range(len(lost))
    pairs = [(s, r) for s in stages for r in stages if parts.problem.washing(s, r)]
    most, s, r = max((min(float(lost[s]), float(bought[r])), s, r) for s, r in pairs)
    if most <= CRUMB:
        return None
    at = parts.parts[case.part].columns
    losses = (parts.kind[at] == Kind.LOT) & parts.at_loss[at] & (parts.stage[at] == s)
    purchases = (parts.kind[at] == Kind.BOUGHT) & (parts.stage[at] == r)
    without_loss, without_buying = (
        replace(case, upper=np.where(which, 0.0, case.upper)) for which in (losses, purchases)
    )
    return without_loss, without_buying


def _beginning(parts: Parts, part: int) -> Case:
    """No choice made."""
    return Case(part, parts.layout.upper[parts.parts[part].columns], -np.inf)


def least_alone(
    parts: Parts,
    cost: FloatArray,
    *,
    tolerance: float,
    known: Mapping[int, Case],
    step: Callable[[], None] = lambda: None,
) -> Alone:
    """The least of every part over its choices.

    Parameters
    ----------
    parts : Parts
        A layout in parts.
    cost : ndarray of shape (variables,)
        Linear cost of every variable, prices of tying rows included.
    tolerance : float
        Bounds within this of the best plan of a part are not searched.
    known : mapping of int to Case
        Choices of some parts that were best at other prices, tried first.
    step : callable
        Called before every stack is solved; may raise.
    """
    count = len(parts.parts)
    found = Alone(np.full(count, np.inf), [None] * count, [None] * count, np.full(count, np.inf), 0, [0] * count)
    beginnings = [_beginning(parts, i) for i in range(count)]
    hints = [replace(case, bound=-np.inf) for case in known.values()]
    cases, hinted = [*beginnings, *hints], len(hints)
    while cases:
        step()
        solved = solve_cases(parts, cases, cost)
        found.solves += len(cases)
        lost, bought = _washed(parts, cases, solved)
        searched = len(cases) - hinted
        further = list[Case]()
        for c, case in enumerate(cases):
            if solved.empty[c]:
                continue
            here = replace(case, bound=max(case.bound, float(solved.bound[c])))
            sides = _sides(parts, here, lost[c], bought[c])
            if sides is None and solved.ended[c] and solved.value[c] < found.value[case.part]:
                found.best[case.part], found.v[case.part] = here, solved.v[c]
                found.value[case.part] = float(solved.value[c])
            if c >= searched:
                continue  # a hint: only its plan counts
            if sides is not None:
                further += [_lifted(here, child, float(solved.bound[c]), solved.slope[c]) for child in sides]
            else:
                found.bound[case.part] = min(found.bound[case.part], here.bound)
        hinted, cases = 0, _next(found, further, tolerance)
    return found


def _next(found: Alone, further: list[Case], tolerance: float) -> list[Case]:
    """Cases that may still hold a better plan of their part; the bounds of the others count."""
    cases = []
    for child in further:
        full = found.tried[child.part] >= _MOST_CASES
        if full or child.bound >= found.value[child.part] - tolerance:
            found.bound[child.part] = min(found.bound[child.part], child.bound)
        else:
            found.tried[child.part] += 1
            cases.append(child)
    return cases
