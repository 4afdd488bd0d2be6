"""Pieces of the tax of several years: which are open where the hull of them is below the law, or passes a budget."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.staged import Flags, StagedProblem
from di_advisor.formulate.staged_tax import TaxLimit, TaxYear
from di_advisor.solve.staged.answer import StagedAnswer
from di_advisor.solve.staged.layout import Open

__all__ = ["at_one_piece", "halves", "short_of_the_law"]

_SAME = 2e-9
_KEPT = 1e-8  # a budget passed by less is round-off of the solver: a cent in a million dollars
Plans = tuple[Plan, ...]


def short_of_the_law(problem: StagedProblem, plans: Plans, answer: StagedAnswer) -> FloatArray:
    """By how much each year's tax in a solved problem differs from the law on its plan, shape (years,)."""
    if problem.taxes is None:
        return np.zeros(0)
    reckoned = np.array([float(y.tax @ answer.v[y.at]) for y in answer.layout.years])
    return np.asarray(np.array(problem.taxes.by_year(plans)) - reckoned, dtype=np.float64)


def _so_far(problem: StagedProblem) -> list[TaxLimit]:
    return [limit for limit in problem.tax_limits() if not limit.ends]


def _laws(problem: StagedProblem) -> list[TaxYear]:
    """What pieces belong to: every year, and the year so far of every limit that is not on a whole year."""
    if problem.taxes is None:
        return []
    return [*problem.taxes.years, *(problem.taxes.years[limit.year] for limit in _so_far(problem))]


def _over(problem: StagedProblem, plans: Plans) -> FloatArray:
    """By how much the law passes the budget on each of these, shape (laws,)."""
    taxes, laws = problem.taxes, _laws(problem)
    found, place = np.zeros(len(laws)), 0 if taxes is None else len(taxes.years)
    for limit in problem.tax_limits() if taxes is not None else ():
        over = taxes.tax_after(plans, limit.stage) - limit.most if taxes is not None else 0.0
        at = limit.year if limit.ends else place
        place += not limit.ends
        found[at] = max(over, 0.0)
    return found


def _wanting(problem: StagedProblem, plans: Plans, answer: StagedAnswer) -> FloatArray | None:
    """By how much pieces of each law are wanting, shape (laws,); None where the tax and its budgets are the law's."""
    if problem.taxes is None:
        return None
    apart, over = short_of_the_law(problem, plans, answer), _over(problem, plans)
    if float(apart.sum()) <= _SAME and float(over.max(initial=0.0)) <= _KEPT:
        return None
    over[: len(apart)] += np.abs(apart)
    return over


def _open(problem: StagedProblem, choices: Open) -> list[Flags]:
    return list(choices.pieces) or [np.ones(len(law.pieces), dtype=np.bool_) for law in _laws(problem)]


def halves(problem: StagedProblem, choices: Open, plans: Plans, answer: StagedAnswer) -> list[Open]:
    """The pieces of the law that is furthest from what was reckoned, in two halves; none where all agree."""
    wanting = _wanting(problem, plans, answer)
    if wanting is None:
        return []
    open_ = _open(problem, choices)
    many = np.array([flags.sum() > 1 for flags in open_])
    if not many.any():
        return []
    at = int(np.where(many, wanting, -1.0).argmax())
    return [
        replace(choices, pieces=tuple(half if y == at else flags for y, flags in enumerate(open_)))
        for half in _split(_laws(problem)[at], open_[at])
    ]


def _split(year: TaxYear, open_: Flags) -> tuple[Flags, Flags]:
    """In two by the middle of the pieces, along the direction in which they are spread most."""
    at = np.flatnonzero(open_)
    middles = np.array([year.pieces[i].corners.mean(axis=0) for i in at])
    along = middles @ np.array([[1.0, 0.0, np.sqrt(0.5), np.sqrt(0.5)], [0.0, 1.0, np.sqrt(0.5), -np.sqrt(0.5)]])
    best = along[:, int(along.std(axis=0).argmax())]
    order = at[np.argsort(best, kind="stable")]
    first, second = np.zeros_like(open_), np.zeros_like(open_)
    first[order[: len(order) // 2]], second[order[len(order) // 2 :]] = True, True
    return first, second


def at_one_piece(problem: StagedProblem, choices: Open, plans: Plans, answer: StagedAnswer) -> Open | None:
    """Every law on the piece where the plan stands, or the nearest that a budget allows; None where all agree."""
    if problem.taxes is None or _wanting(problem, plans, answer) is None:
        return None
    open_ = _open(problem, choices)
    if all(flags.sum() == 1 for flags in open_):
        return None
    most = np.full(len(problem.taxes.years), np.inf)
    for limit in problem.tax_limits():
        most[limit.year] = limit.most if limit.ends else most[limit.year]
    stands = [*zip(problem.taxes.gains(plans), most.tolist(), strict=True)]
    stands += [(problem.taxes.gains_after(plans, limit.stage), limit.most) for limit in _so_far(problem)]
    chosen = []
    for law, (gains, at_most), flags in zip(_laws(problem), stands, open_, strict=True):
        only = np.zeros_like(flags)
        only[law.holds(gains, at_most)] = True
        chosen.append(only)
    return replace(choices, pieces=tuple(chosen))
