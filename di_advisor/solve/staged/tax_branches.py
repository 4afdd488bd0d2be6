"""Pieces of the tax of several years: which are open where the hull of them is below the law."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.staged import Flags, StagedProblem
from di_advisor.formulate.staged_tax import TaxYear
from di_advisor.solve.staged.answer import StagedAnswer
from di_advisor.solve.staged.layout import Open

__all__ = ["at_one_piece", "halves", "short_of_the_law"]

_SAME = 2e-9
Plans = tuple[Plan, ...]


def short_of_the_law(problem: StagedProblem, plans: Plans, answer: StagedAnswer) -> FloatArray:
    """By how much each year's tax in a solved problem differs from the law on its plan, shape (years,)."""
    if problem.taxes is None:
        return np.zeros(0)
    reckoned = np.array([float(y.tax @ answer.v[y.at]) for y in answer.layout.years])
    return np.asarray(np.array(problem.taxes.by_year(plans)) - reckoned, dtype=np.float64)


def _open(problem: StagedProblem, choices: Open) -> list[Flags]:
    years = () if problem.taxes is None else problem.taxes.years
    return list(choices.pieces) or [np.ones(len(y.pieces), dtype=np.bool_) for y in years]


def halves(problem: StagedProblem, choices: Open, plans: Plans, answer: StagedAnswer) -> list[Open]:
    """The pieces of the year that is furthest from the law, in two halves; none where all are at the law."""
    apart = short_of_the_law(problem, plans, answer)
    if problem.taxes is None or float(apart.sum()) <= _SAME:
        return []
    open_ = _open(problem, choices)
    many = np.array([flags.sum() > 1 for flags in open_])
    if not many.any():
        return []
    year = int(np.where(many, np.abs(apart), -1.0).argmax())
    return [
        replace(choices, pieces=tuple(half if y == year else flags for y, flags in enumerate(open_)))
        for half in _split(problem.taxes.years[year], open_[year])
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
    """Every year on the piece where the plan stands; None where the tax is that of the law already."""
    if problem.taxes is None or float(short_of_the_law(problem, plans, answer).sum()) <= _SAME:
        return None
    open_ = _open(problem, choices)
    if all(flags.sum() == 1 for flags in open_):
        return None
    chosen = []
    for year, gains, flags in zip(problem.taxes.years, problem.taxes.gains(plans), open_, strict=True):
        only = np.zeros_like(flags)
        only[year.holds(gains)] = True
        chosen.append(only)
    return replace(choices, pieces=tuple(chosen))
