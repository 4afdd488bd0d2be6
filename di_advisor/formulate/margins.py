"""A problem with room kept to one of its limits while solving, because rounding to shares will need it.

Limits: a limit on both sides whose room is gone keeps its middle; locks, name limits and discrete
limits have no margin (rounding keeps these by other ways).
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from di_advisor.formulate.account_rules import CashRange, Turnover
from di_advisor.formulate.own import with_margin
from di_advisor.formulate.own_affine import AffineRule
from di_advisor.formulate.own_opaque import OpaqueRule
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.rules import ActiveGroup, Rule
from di_advisor.formulate.tax_rules import GainBudget, TaxBudget

__all__ = ["most_room", "takes_room", "with_room"]


def takes_room(rule: Rule) -> bool:
    """Whether room can be kept to the rule's limit."""
    return isinstance(rule, (AffineRule, OpaqueRule, ActiveGroup, CashRange, Turnover, GainBudget, TaxBudget))


def most_room(rule: Rule) -> float:
    """The most room that a rule's limits can keep: half of what lies between two, else without end."""
    return 0.5 * (rule.upper - rule.lower) if isinstance(rule, (ActiveGroup, CashRange)) else math.inf


def _tightened(rule: Rule, room: float) -> Rule:
    if isinstance(rule, (Turnover, GainBudget, TaxBudget)):
        return replace(rule, upper=rule.upper - room)
    if not isinstance(rule, (ActiveGroup, CashRange)):
        return rule
    room = min(room, most_room(rule))
    return replace(rule, lower=rule.lower + room, upper=rule.upper - room)


def with_room(problem: Problem, rule: str, room: float) -> Problem:
    """The problem with room kept to a rule.

    Parameters
    ----------
    problem : Problem
        As formulated.
    rule : str
        The rule's name.
    room : float
        In the unit of the rule's row (a weight, for most); of turnover and budgets a fraction of the account.
    """
    if any(r.name == rule and isinstance(r, (AffineRule, OpaqueRule)) for r in problem.rules):
        return with_margin(problem, rule, room)
    rules = tuple(_tightened(r, room) if r.name == rule else r for r in problem.rules)
    block = problem.block
    low, high = np.array(block.exposure_lower), np.array(block.exposure_upper)
    for each in rules:
        if isinstance(each, ActiveGroup) and each.factor:
            at = block.risk.factors.index(each.factor)
            low[at], high[at] = each.lower, each.upper
    rows = tuple(row for r in rules for row in r.rows(block.segments))
    return replace(problem, rules=rules, blocks=(replace(block, rows=rows, exposure_lower=low, exposure_upper=high),))
