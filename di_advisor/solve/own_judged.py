"""Objective and rules measured on a plan by itself, for problems that no block holds all of.

Problem: where own terms or rules are for a cone solver, what a plan costs and breaks cannot be read off
segments and rows. Decision: every term and rule is asked, the tax by the law and budgets with it, so
that a plan counts for what it is whatever it was solved with.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from di_advisor.formulate.account_rules import CashRange
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.rules import Rule, slack_in_rows

__all__ = ["objective_on", "residual_on"]


def objective_on(problem: Problem, plan: Plan) -> float:
    """All terms on a plan, a fraction of the account's value."""
    return sum(term.value_usd(plan) for term in problem.terms) / problem.block.holdings.value_usd


def residual_on(problem: Problem, plan: Plan) -> float:
    """Largest violation of any rule, of a lot's size, or of one side for an identical group, on a plan."""
    block, holdings = problem.block, problem.block.holdings
    over = [0.0, float((plan.sells - holdings.lot_weight).max(initial=0.0))]
    over += [-slack_in_rows(_solved_for(rule), plan) for rule in problem.rules]
    segments = block.segments
    at_loss = np.zeros(len(holdings.lot_name), dtype=np.bool_)
    at_loss[segments.lot[segments.loss]] = True
    size = int(block.groups.max(initial=-1)) + 1
    lost = np.bincount(block.groups[holdings.lot_name], weights=np.where(at_loss, plan.sells, 0.0), minlength=size)
    bought = np.bincount(block.groups, weights=plan.buys, minlength=size)
    return max(*over, float(np.minimum(lost, bought).max(initial=0.0)))


def _solved_for(rule: Rule) -> Rule:
    """The cash rule as it is solved for: without the quadratic part of impact, as on the hot path."""
    if not isinstance(rule, CashRange):
        return rule
    return replace(rule, cost=replace(rule.cost, impact=np.zeros_like(rule.cost.impact), power=None, linear=None))
