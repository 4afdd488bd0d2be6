"""Random filers and accounts for tests of the whole Schedule D, and the tax solved cell by cell in cvxpy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from di_advisor.errors import InfeasibleError, UncertifiedError
from di_advisor.formulate.gains import RealisedGains
from di_advisor.formulate.plan import SymbolicPlan
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.rules import Locked
from di_advisor.formulate.schedule_d import FilerTax, ScheduleDTax
from di_advisor.formulate.tax_rules import TaxBudget
from di_advisor.solve.choices import Choices
from di_advisor.solve.reference import solve_reference
from di_advisor.testing.random_filers import random_carryover_value, random_return

__all__ = ["best_by_cells", "in_each_cell", "random_filer"]

_EDGE = 1e-9


def random_filer(g: np.random.Generator, year: int = 2026) -> FilerTax:
    """A random return with a random worth of what is carried over."""
    return FilerTax(random_return(g, year), carryover_value=random_carryover_value(g))


@dataclass(frozen=True)
class _InCell:
    """The two gains stay in a polygon, written for cvxpy only."""

    gains: RealisedGains
    corners: Any
    name: str = "cell"

    def constraints(self, symbols: SymbolicPlan) -> list[Any]:
        short, long = self.gains.short @ symbols.sells, self.gains.long @ symbols.sells
        edges = [(a, b - a, float(np.hypot(*(b - a)))) for a, b in pairwise([*self.corners, self.corners[0]])]
        return [
            (along[0] * (long - a[1]) - along[1] * (short - a[0])) / length >= 0 for a, along, length in edges if length
        ]


def in_each_cell(problem: Problem, tax: ScheduleDTax) -> Iterator[Problem]:
    """The problem with the plane of each cell as its tax, and the cell as a rule."""
    locked = next(r for r in problem.rules if isinstance(r, Locked))
    least, most = tax.gains.reach(locked.sell_max)
    for cell in tax.cells:
        if (cell.corners.max(axis=0) < least - _EDGE).any() or (cell.corners.min(axis=0) > most + _EDGE).any():
            continue  # no sales reach it
        local = replace(tax, rates=cell.rates, offset=cell.constant)
        rules = tuple(r.localised(local) if isinstance(r, TaxBudget) else r for r in problem.rules)
        yield replace(
            problem,
            terms=tuple(local if t is tax else t for t in problem.terms),
            rules=(*rules, _InCell(tax.gains, cell.corners)),  # type: ignore[arg-type]
        )


def best_by_cells(problem: Problem, tax: ScheduleDTax, choices: Choices) -> float:
    """Least objective over all cells under fixed choices, each solved by cvxpy; infinite without a plan."""
    least = np.inf
    for local in in_each_cell(problem, tax):
        try:
            least = min(least, solve_reference(local, choices).objective)
        except (InfeasibleError, UncertifiedError):  # the latter where a cell is all but out of reach
            continue
    return least
