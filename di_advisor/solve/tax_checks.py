"""What a plan under a return is checked by: its amounts, its rules as they were solved, what its budgets charge."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.account_rules import CashRange
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.problem import Block
from di_advisor.formulate.rules import Rule
from di_advisor.formulate.tax_cells import GAIN_BUDGET, Region
from di_advisor.formulate.terms import TradingCost

__all__ = ["amounts_of", "as_solved", "charged_at", "normal_of"]

_TIGHT = 1e-8


def as_solved(rule: Rule) -> Rule:
    """A rule as the rows have it: cash without the quadratic part of impact."""
    if not isinstance(rule, CashRange):
        return rule
    return replace(rule, cost=TradingCost(rule.cost.holdings, rule.cost.chords, np.zeros_like(rule.cost.impact)))


def normal_of(region: Region, rule: str) -> FloatArray:
    """Coefficients of a budget's row on the two gains."""
    return np.ones(2) if rule == GAIN_BUDGET else region.rates


def charged_at(region: Region, gains: FloatArray, rates: FloatArray) -> dict[str, float]:
    """What the budgets that bind at a plan add to the effective rates, per unit of their rows."""
    from scipy.optimize import nnls

    tight = [b for b in region.borders if abs(float(b.normal @ gains) - b.limit) <= _TIGHT]
    if not any(b.rule for b in tight):
        return {}
    normals = [normal_of(region, b.rule) if b.rule else b.normal for b in tight]
    shares, _ = nnls(np.array(normals).T, rates - region.rates)
    return {b.rule: float(share) for b, share in zip(tight, shares, strict=True) if b.rule}


def amounts_of(block: Block, plan: Plan) -> FloatArray:
    """Amounts of the segments of a plan, each lot's and each purchase's filled in order."""
    segments = block.segments
    wanted = np.where(segments.sell, np.r_[plan.sells, 0.0][segments.lot], plan.buys[segments.name])
    key = np.where(segments.sell, segments.lot, len(plan.sells) + segments.name)
    order = np.argsort(key, kind="stable")
    width, of = segments.width[order], key[order]
    first = np.flatnonzero(np.r_[True, of[1:] != of[:-1]]) if len(of) else np.zeros(0, np.int64)
    before = np.cumsum(width) - width
    before = before - np.repeat(before[first], np.diff(np.r_[first, len(of)]))
    amounts = np.zeros(len(segments))
    amounts[order] = np.clip(wanted[order] - before, 0.0, width)
    return amounts
