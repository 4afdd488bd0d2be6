"""A return with one account: where prices of gains leave a gap, the account's own search closes it.

Problem: a budget of a return is kept by a price of gains, and with numbers of names or minimum trades no price makes
the best plan meet the budget exactly: what lies between is a gap that no further price closes. Decision: an account
that shares its return with nobody is an ordinary problem with the return's budgets as its own, which is searched
with the budgets as rows and branched on (`di_advisor.solve.solve_localised`); its bound is over all regions and
choices. Limits: accounts that do share a return keep the gap, and the certificate shows it.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np

from di_advisor.domain.mandate import Mandate
from di_advisor.errors import InfeasibleError, UncertifiedError, UndecidedError
from di_advisor.formulate.household import gains_usd
from di_advisor.formulate.localise import schedule_d_of
from di_advisor.formulate.own_affine import charged_anyway
from di_advisor.formulate.problem import Problem
from di_advisor.solve import Cancel, solve_localised
from di_advisor.solve.household.returns import ReturnAnswer

__all__ = ["closed_alone", "with_budgets"]

_WIDE = 1e-4
"""Of the account's value: a gap that is worth a search."""


def with_budgets(mandate: Mandate, gain_budget_usd: float | None, tax_budget_usd: float | None) -> Mandate:
    """An account's wishes with the budgets of its return as its own, USD."""
    changes: dict[str, Decimal] = {}
    if gain_budget_usd is not None:
        given, own = Decimal(repr(gain_budget_usd)), mandate.gain_budget_usd
        changes["gain_budget_usd"] = given if own is None else min(given, Decimal(str(own)))
    if tax_budget_usd is not None:
        changes["tax_budget_usd"] = Decimal(repr(tax_budget_usd))
    return replace(mandate, **changes) if changes else mandate  # type: ignore[arg-type]  # fields of a mandate


def closed_alone(answer: ReturnAnswer, problem: Problem, cancel: Cancel) -> ReturnAnswer:
    """The answer of a return with one account, its gap closed by that account's own search where it is wide.

    Parameters
    ----------
    answer : ReturnAnswer
        By prices of gains.
    problem : Problem
        Of the only account, budgets of the return in its rules.
    cancel : callable
        Asked between solves.
    """
    value, tax = problem.block.holdings.value_usd, schedule_d_of(problem)
    if tax is None or answer.objective_usd - answer.bound_usd <= _WIDE * value:
        return answer
    try:
        _, found = solve_localised(problem, cancel=cancel, named=False, exact=True)
    except (InfeasibleError, UncertifiedError, UndecidedError):  # what was found by prices stands
        return answer
    start = charged_anyway(problem.terms) if problem.is_opaque else 0.0  # a block's figures are without it
    objective, least = ((x - start) * value for x in (found.objective, found.bound))
    if objective < answer.objective_usd:
        answer = replace(
            answer,
            plans=(found.plan,),
            choices=(found.choices,),
            gains=(gains_usd(tax.gains, found.plan, value),),
            objective_usd=objective,
        )
    bounds = np.maximum(answer.bounds_usd, least)
    return replace(answer, bound_usd=min(max(answer.bound_usd, least), answer.objective_usd), bounds_usd=bounds)
