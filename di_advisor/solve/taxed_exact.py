"""Exactness on request under the whole Schedule D and budgets of gain and tax.

Decision: the usual search first (`taxed`), then the tree of open choices (`choice_tree`): a node is
solved over all regions of the tax, and its bound is the least of theirs. Limits: what a choice that is
open could cost (a minimum trade, a washed width) is in no bound before it is fixed, so the tree is for
accounts of some dozens of torn names; a budget of nodes that runs out leaves the bound reached.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import numpy as np

from di_advisor.errors import InfeasibleError, UncertifiedError
from di_advisor.formulate.problem import Problem
from di_advisor.solve.choice_tree import Bounded, ChoiceTree
from di_advisor.solve.choices import Choices
from di_advisor.solve.solution import NEGLIGIBLE, Solution
from di_advisor.solve.taxed import TaxedSearch

__all__ = ["prove_taxed"]

_TOLERANCE = 1e-5


def prove_taxed(search: TaxedSearch, *, nodes_max: int) -> tuple[Problem, Solution]:
    """Search on until the gap is next to nothing, or the budget of nodes is used up.

    Parameters
    ----------
    search : TaxedSearch
        Not yet run.
    nodes_max : int
        Budget of nodes.

    Returns
    -------
    Problem, Solution
        The problem as it stands at the plan's rates, and the plan with its certificate.

    Raises
    ------
    InfeasibleError, UnboundedError, UncertifiedError, UnfinishedError
        When there is no plan, or none that certifies.
    """
    first: Solution | None = None
    try:
        first = search.run()[1]
    except InfeasibleError:  # of the choices that were looked at
        search.best = None

    def below(choices: Choices, _: float) -> Bounded:
        plan, bound = search.bounded(choices)
        return Bounded(plan, bound)

    def under(choices: Choices) -> float:
        with suppress(InfeasibleError, UncertifiedError):
            search.take(choices)
        return _value(search)

    enough = NEGLIGIBLE if first is None else max(_TOLERANCE * abs(first.benefit), NEGLIGIBLE)
    grown = ChoiceTree(search.problem.block, below, under, _value(search)).grown(nodes_max, enough)
    local, found = search.answer()
    return local, replace(found, bound=min(max(found.bound, grown.bound), found.objective))


def _value(search: TaxedSearch) -> float:
    return np.inf if search.best is None else search.best.plan.objective
