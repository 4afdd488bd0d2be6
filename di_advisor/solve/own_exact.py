"""Exactness on request where own terms or rules are for a cone solver, the whole Schedule D included.

Decision: the usual search first, for a plan and a bound; then the tree of open choices
(`choice_tree`) on conic problems, under a tax that is a curve over all its regions. Limits: each node is a
cone problem, so this is for small accounts; a budget of nodes that runs out leaves the plan with the
bound reached, and the cash reserve that is kept for rounding stays part of the gap.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from di_advisor.errors import InfeasibleError, UncertifiedError
from di_advisor.formulate.localise import schedule_d_of
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.schedule_d import ScheduleDTax
from di_advisor.solve.choice_tree import Bounded, ChoiceTree
from di_advisor.solve.choices import Choices
from di_advisor.solve.discrete import Cancel
from di_advisor.solve.opaque import OwnSearch, SearchFor
from di_advisor.solve.own_taxed import OwnTaxedSearch, Regionwise
from di_advisor.solve.solution import NEGLIGIBLE, Solution

__all__ = ["prove_own"]

_TOLERANCE = 1e-5


def prove_own(
    problem: Problem, search_for: SearchFor, *, cancel: Cancel, rounds: int, nodes_max: int
) -> tuple[Problem, Solution]:
    """The best plan with own terms or rules for a cone solver, proved as far as a budget of nodes goes.

    Parameters
    ----------
    problem : Problem
        From `formulate`.
    search_for : callable
        The search that fits a separable block.
    cancel : callable
        Asked between solves.
    rounds, nodes_max : int
        Budgets of each search over choices, and of the tree.

    Returns
    -------
    Problem, Solution
        The problem as it stands at the plan, and the plan.

    Raises
    ------
    InfeasibleError, UnboundedError, UncertifiedError, UnfinishedError
        When there is no plan, or none that certifies.
    """
    tax = schedule_d_of(problem)
    if tax is None:
        return problem, _at_rates(problem, search_for, cancel, rounds, nodes_max)
    return _by_regions(problem, tax, search_for, cancel, rounds, nodes_max)


def _at_rates(problem: Problem, search_for: SearchFor, cancel: Cancel, rounds: int, nodes_max: int) -> Solution:
    search = OwnSearch(problem, search_for, cancel, rounds)
    try:
        search.run()
    except InfeasibleError:  # of the choices that were looked at
        search.best = None

    def below(choices: Choices, _: float) -> Bounded:
        found = search.convex(choices, bounding=True)
        return Bounded(found.plan, found.bound)

    def under(choices: Choices) -> float:
        search.try_choices(choices)
        return _value(search)

    grown = ChoiceTree(problem.block, below, under, _value(search)).grown(nodes_max, _enough(search))
    search.bound = max(search.bound, grown.bound)
    return search.certified()


def _by_regions(
    problem: Problem, tax: ScheduleDTax, search_for: SearchFor, cancel: Cancel, rounds: int, nodes_max: int
) -> tuple[Problem, Solution]:
    whole = OwnTaxedSearch(problem, tax, search_for, cancel, rounds)
    search, regions = whole.all, Regionwise(problem, tax)
    try:
        whole.run()
    except InfeasibleError:
        whole.best = None
    search.best = whole.best

    def below(choices: Choices, to_beat: float) -> Bounded:
        found = regions.solve(choices, bounding=True, to_beat=to_beat, ask=search.ask)
        return Bounded(found.plan.plan, found.plan.bound)

    def under(choices: Choices) -> float:
        try:
            found = regions.solve(choices, to_beat=_value(search), ask=search.ask)
        except (InfeasibleError, UncertifiedError):
            return _value(search)
        if search.keep(choices, found.plan) is not None:
            whole.place = found
        return _value(search)

    grown = ChoiceTree(problem.block, below, under, _value(search)).grown(nodes_max, _enough(search))
    if search.best is None:
        raise search.failure or InfeasibleError(
            "No plan keeps all rules and the budgets of gain or tax with minimum trades and wash-sale sides.",
            hint="Raise the budgets, lower the minimum trade, or widen a rule.",
        )
    local, found = whole.answer(search.best)
    return local, replace(found, bound=min(max(found.bound, grown.bound), found.objective))


def _value(search: OwnSearch) -> float:
    return np.inf if search.best is None else search.best.objective


def _enough(search: OwnSearch) -> float:
    """Gap that counts as closed."""
    benefit = 0.0 if search.best is None else search.nothing - search.best.objective
    return max(_TOLERANCE * abs(benefit), NEGLIGIBLE)
