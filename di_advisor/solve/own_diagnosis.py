"""Infeasibility where a user's own rule, which only a cone solver understands, is in the conflict.

The rules are written in cvxpy, one solve a question. A deletion filter leaves an irreducible set:
without any one of its members the others can hold. Then each member is given room alone, all other
rules held where that is possible: the least room is minimised together with everything else. Limits:
locks, and cones that are no inequality, are dropped whole, and their amount is not known (NaN); minimum
trades and wash-sale sides are left out.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from di_advisor.errors import UncertifiedError
from di_advisor.formulate.account_rules import CashRange, MinimumTrade, TrackingErrorCap, Turnover
from di_advisor.formulate.modelling import cvxpy
from di_advisor.formulate.own_affine import AffineRule
from di_advisor.formulate.own_opaque import OpaqueRule
from di_advisor.formulate.plan import Plan, SymbolicPlan
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.rules import ActiveGroup, NameLimits, Rule
from di_advisor.formulate.symbolic import symbolic_plan
from di_advisor.solve.concessions import concession
from di_advisor.solve.diagnose import Diagnosis, Relaxation

__all__ = ["diagnose_own"]

_ROOM_MAX = 1e3
_TOLERANCE = 1e-9


def diagnose_own(problem: Problem) -> Diagnosis | None:
    """Why no plan keeps all rules, own ones in cvxpy among them.

    Returns
    -------
    Diagnosis or None
        None where the rules agree, minimum trades and wash-sale sides aside.

    Raises
    ------
    UncertifiedError
        If Clarabel neither finds a plan nor proves that there is none.
    """
    rules = [r for r in problem.rules if not isinstance(r, MinimumTrade)]
    if _agree(problem, rules):
        return None
    members = list(rules)
    for rule in sorted(rules, key=lambda r: isinstance(r, OpaqueRule)):  # own ones last: they are what is asked about
        rest = [r for r in members if r is not rule]
        if not _agree(problem, rest):
            members = rest
    return Diagnosis(tuple(members), tuple(_relaxation(problem, rules, members, r) for r in members))


def _agree(problem: Problem, rules: Collection[Rule]) -> bool:
    return _least(problem, rules, None)[0] is not None


def _least(problem: Problem, rules: Collection[Rule], giving: Rule | None) -> tuple[float | None, Plan | None]:
    """The least room of one rule with which all of some hold, and the plan; None where there is none."""
    cp = cvxpy()

    holdings = problem.block.holdings
    symbols, constraints = symbolic_plan(holdings, problem.block.risk)
    constraints += [symbols.sells >= 0, symbols.sells <= holdings.lot_weight, symbols.buys >= 0, symbols.buys <= 1]
    room = cp.Variable(nonneg=True)
    constraints.append(room <= _ROOM_MAX)
    for rule in rules:
        if rule is giving:
            constraints += _loosened(rule, symbols, room) or []
        else:
            constraints += rule.constraints(symbols)
    model = cp.Problem(cp.Minimize(room if giving is not None else 0.0), constraints)
    model.solve(solver=cp.CLARABEL, tol_feas=_TOLERANCE, tol_gap_abs=_TOLERANCE, tol_gap_rel=_TOLERANCE)
    if model.status == cp.INFEASIBLE:
        return None, None
    if model.status not in (cp.OPTIMAL, cp.OPTIMAL_INACCURATE):
        raise UncertifiedError(f"A step of the diagnosis ended with {model.status}.", hint="The conflict is not known.")
    plan = Plan(*(np.maximum(np.asarray(v.value, dtype=np.float64), 0.0) for v in (symbols.sells, symbols.buys)))
    return (0.0 if giving is None else float(room.value)), plan


def _loosened(rule: Rule, symbols: SymbolicPlan, room: Any) -> list[Any] | None:  # noqa: ANN401 - a cvxpy variable
    """A rule's constraints with room on every side; None where it cannot give by degrees."""
    if isinstance(rule, OpaqueRule):
        return rule.given_room(symbols, room)
    if isinstance(rule, (CashRange, ActiveGroup, NameLimits)):
        wide: Any = replace(rule, lower=rule.lower - room, upper=rule.upper + room)
        return list(wide.constraints(symbols))
    if isinstance(rule, (TrackingErrorCap, Turnover)):
        wide = replace(rule, upper=rule.upper + room)
        return list(wide.constraints(symbols))
    if isinstance(rule, AffineRule):
        figures = rule.on_active @ symbols.active + rule.on_sold @ symbols.sold + rule.on_bought @ symbols.buys
        up, down = np.flatnonzero(np.isfinite(rule.upper)), np.flatnonzero(np.isfinite(rule.lower))
        above = [figures[up] <= rule.upper[up] + room] if len(up) else []
        return [*above, *([figures[down] >= rule.lower[down] - room] if len(down) else [])]
    return None


def _relaxation(problem: Problem, rules: Sequence[Rule], members: Sequence[Rule], rule: Rule) -> Relaxation:
    others = [r for r in rules if r is not rule]
    enough = _agree(problem, others)
    symbols, _ = symbolic_plan(problem.block.holdings, problem.block.risk)
    if _loosened(rule, symbols, cvxpy().Variable(nonneg=True)) is None:
        return Relaxation(rule, math.nan, enough, f"'{rule.name}' dropped")
    amount, plan = _least(problem, rules if enough else members, rule)
    if amount is None or plan is None:
        return Relaxation(rule, math.nan, enough, f"'{rule.name}' dropped")
    below = isinstance(rule, (CashRange, ActiveGroup)) and rule.measure(plan) < rule.lower
    return Relaxation(rule, amount, enough, concession(rule, amount, below=below))
