"""A tax budget under a whole return beside priced wash sales, part by part of what it allows.

Problem: the gains that a budget counts, washed losses left out, may lie anywhere where the tax keeps it; that is no
convex set, and the rows around it allow plans that pass the budget. Decision: its convex parts
(`di_advisor.formulate.allowed_gains`) are searched one by one with their half-planes as rows that count washed losses
by the branches of names; the best plan of all is the best, the least bound of all is the bound. A part is left as soon
as no plan in it can be better than that of another. Limits: names that hold losses of both terms are counted from
below for bounds, and from above where the plan then found passes the budget; budgets of searches (`tax_kinks`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from di_advisor.errors import InfeasibleError, UncertifiedError
from di_advisor.formulate.allowed_gains import AllowedParts, allowed_parts
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.rules import Locked, Rule
from di_advisor.formulate.schedule_d import ScheduleDTax
from di_advisor.formulate.tax_cells import HalfPlane
from di_advisor.formulate.tax_rules import GainBudget, TaxBudget
from di_advisor.solve.solution import FEASIBLE, Solution

__all__ = ["PartsSearch", "Solving"]

Solving = Callable[[Problem, float], tuple[Problem, Solution]]
"""Solves a problem, and gives it back as it stands at the plan; it may stop where nothing is below a value."""

_Lines = tuple[HalfPlane, ...]
_BUDGETS = (GainBudget, TaxBudget)


class PartsSearch:
    """The search over the parts of what the budgets of a problem allow.

    Parameters
    ----------
    problem : Problem
        With budgets that count washed losses.
    tax : ScheduleDTax
        Its tax, by a return.
    solving : callable
        Solves one part.
    """

    def __init__(self, problem: Problem, tax: ScheduleDTax, solving: Solving) -> None:
        self.problem, self.tax, self.solving = problem, tax, solving
        self.best: tuple[Problem, Solution] | None = None
        self.bound = -np.inf

    def run(self) -> None:
        """Search; ``best`` is then the best plan that keeps the budgets, None where none was found.

        Raises
        ------
        InfeasibleError
            Where it is proved that there is none.
        """
        allowed = self._allowed()
        if allowed is None:
            self.bound = self._without_parts()
        else:
            self.bound = min((self._searched(part) for part in allowed), default=np.inf)
        if np.isposinf(self.bound):
            raise InfeasibleError(
                "It is proved that no plan keeps the budgets of gain or tax when losses that are washed are not "
                "taken off.",
                hint="Raise the budgets, or ban wash sales.",
                proved=True,
            )

    def _allowed(self) -> AllowedParts | None:
        """What the tax budget allows; one part without rows where there is none."""
        rule = next((r for r in self.problem.rules if isinstance(r, TaxBudget)), None)
        if rule is None or rule.washes is None:
            return ((),)
        locked = next(r for r in self.problem.rules if isinstance(r, Locked))
        least, most = self.tax.gains.reach(locked.sell_max)
        before = float(rule.washes.buy_loss @ np.minimum(rule.washes.buy_width, locked.buy_max))
        return allowed_parts(self.tax, rule.upper, least, most + np.array([before, 0.0]))

    def _without_parts(self) -> float:
        """Rows around all that is allowed, but for edges of the law's table; a bound on all plans."""
        rule = next(r for r in self.problem.rules if isinstance(r, TaxBudget))
        return self._searched(tuple(line for line in rule.around if min(line.normal) > 0))

    def _searched(self, lines: _Lines) -> float:
        """Search within half-planes of the gains counted; a bound on all plans that are in them."""
        kept, bound = self._solved(lines, at_most=False)
        if not kept and self._differ(lines):
            self._solved(lines, at_most=True)
        return bound

    def _solved(self, lines: _Lines, *, at_most: bool) -> tuple[bool, float]:
        """Whether the plan found keeps the budgets, and the bound."""
        try:
            to_beat = np.inf if self.best is None else self.best[1].objective
            local, solution = self.solving(_within(self.problem, lines, at_most=at_most), to_beat)
        except InfeasibleError as error:
            return True, float(error.facts.get("bound", -np.inf))
        except UncertifiedError:
            return True, -np.inf
        kept = min(r.slack(solution.plan) for r in self.problem.rules if isinstance(r, _BUDGETS)) >= -FEASIBLE
        if kept and (self.best is None or solution.objective < self.best[1].objective):
            self.best = local, solution
        return kept, solution.bound

    def _differ(self, lines: _Lines) -> bool:
        """Whether some name may wash a dearer loss after a cheaper one, as half-planes count them."""
        rule = next((r for r in self.problem.rules if isinstance(r, TaxBudget)), None)
        if rule is None or rule.washes is None:
            return False
        normals = [(float(line.normal[0]), float(line.normal[1])) for line in lines]
        counted = [(rule.washes.counted(n, at_most=True), rule.washes.counted(n, at_most=False)) for n in normals]
        return any(bool((above > below).any()) for above, below in counted)


def _within(problem: Problem, lines: _Lines, *, at_most: bool) -> Problem:
    """The problem with budgets by the branches of names, that of tax within half-planes of the gains counted."""

    def by_choices(rule: Rule) -> Rule:
        if isinstance(rule, GainBudget):
            return replace(rule, by_choices=True)
        if isinstance(rule, TaxBudget):
            return replace(rule, by_choices=True, around=lines, at_most=at_most, within=True)
        return rule

    rules = tuple(by_choices(rule) for rule in problem.rules)
    rows = tuple(row for rule in rules for row in rule.rows(problem.block.segments))
    return replace(problem, rules=rules, blocks=(replace(problem.block, rows=rows),))
