"""The reference: accounts of one return as one model in cvxpy, region by region of the law, solved by Clarabel.

Slower by far, and independent of prices of gains, of mixtures and of the matrices of the fast path: tests hold the
two against each other. Discrete choices are given.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from di_advisor.errors import InfeasibleError, UncertifiedError
from di_advisor.formulate.household import SharedReturn
from di_advisor.formulate.modelling import cvxpy
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.schedule_d import ScheduleDTax
from di_advisor.formulate.symbolic import symbolic_plan
from di_advisor.solve.choices import Choices
from di_advisor.solve.reference import choice_constraints

__all__ = ["solve_joint_reference"]

_SCALE = 1e3
_TOLERANCE = 1e-9


def solve_joint_reference(problems: Sequence[Problem], choices: Sequence[Choices], shared: SharedReturn) -> float:
    """The least objective of all accounts under fixed choices, a fraction of their value together.

    Raises
    ------
    InfeasibleError
        If no region of the return has a plan.
    UncertifiedError
        If Clarabel ends a region without an answer.
    """
    cp = cvxpy()
    constraints: list[Any] = []
    gains: list[Any] = [0.0, 0.0]
    beside: Any = 0.0
    for problem, chosen in zip(problems, choices, strict=True):
        share = problem.block.holdings.value_usd / shared.value_usd
        symbols, own = symbolic_plan(problem.block.holdings, problem.block.risk)
        for rule in problem.rules:
            own += rule.constraints(symbols)
        constraints += [*own, *choice_constraints(problem, chosen, symbols)]
        for term in problem.terms:
            if isinstance(term, ScheduleDTax):
                gains[0] = gains[0] + share * (term.gains.short @ symbols.sells)
                gains[1] = gains[1] + share * (term.gains.long @ symbols.sells)
            else:
                beside = beside + share * term.expression(symbols)
    least = np.inf
    for region in shared.regions:
        kept = [b.normal[0] * gains[0] + b.normal[1] * gains[1] <= b.limit for b in region.borders]
        tax = region.cell.constant + region.rates[0] * gains[0] + region.rates[1] * gains[1]
        model = cp.Problem(cp.Minimize(_SCALE * (beside + tax)), [*constraints, *kept])
        model.solve(solver=cp.CLARABEL, tol_gap_abs=_TOLERANCE, tol_gap_rel=_TOLERANCE, tol_feas=_TOLERANCE)
        if model.status in (cp.INFEASIBLE, "infeasible_inaccurate"):
            continue
        if model.status != cp.OPTIMAL:
            raise UncertifiedError(f"The reference ended with {model.status}.", hint="No trades are proposed.")
        least = min(least, float(model.value) / _SCALE)
    if not np.isfinite(least):
        raise InfeasibleError("The reference finds no plans within the budgets.", hint="Widen a rule.")
    return least
