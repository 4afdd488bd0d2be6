"""A problem without one of its rules, everything else as it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from di_advisor.formulate.account_rules import MinimumTrade, TrackingErrorCap
from di_advisor.formulate.count_rules import MaximumNames, MaximumTrades
from di_advisor.formulate.problem import Block, Problem
from di_advisor.formulate.rules import ActiveGroup, NameLimits, Rule

__all__ = ["without_rule"]

_FIELDS: Mapping[type, str] = {
    TrackingErrorCap: "tracking_error_max",
    MaximumNames: "names_max",
    MaximumTrades: "trades_max",
}
"""Rules that are a single field of the block."""


def without_rule(problem: Problem, rule: Rule) -> Block | None:
    """The block without a rule; None where the rule is nothing that a block could lose (locks).

    Name limits fall away down to nothing held, and up to what the segments can buy; they also keep a
    name that must not be held from staying.
    """
    block = problem.block
    dropped = {given: None for kind, given in _FIELDS.items() if isinstance(rule, kind)}
    if dropped:
        changed: dict[str, Any] = dropped
        return replace(block, **changed)
    if isinstance(rule, MinimumTrade):
        return replace(block, min_trade=np.zeros_like(block.min_trade))
    if isinstance(rule, NameLimits):
        held = block.holdings
        lower = np.minimum(block.active_lower, -held.target)
        return replace(block, active_lower=lower, active_upper=np.maximum(block.active_upper, held.active))
    if isinstance(rule, ActiveGroup) and rule.factor:
        at = block.risk.factors.index(rule.factor)
        lower, upper = block.exposure_lower.copy(), block.exposure_upper.copy()
        lower[at], upper[at] = -np.inf, np.inf
        return replace(block, exposure_lower=lower, exposure_upper=upper)
    rows = tuple(r for r in block.rows if r.rule != rule.name)
    return replace(block, rows=rows) if len(rows) < len(block.rows) else None
