"""The plan before rounding to whole shares, in a few figures: what a reader may see while orders are still settled.

Problem: a dial was moved and its figures are wanted at once, and rounding takes longer than the solve. Decision:
the certified plan is told as soon as there is one, to whoever watches and asks for it, with its own gap, and never
as orders. Limits: the orders cost a little more or less; where rounding asks for a tighter cap, the first plan is
told and no other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol, runtime_checkable

import numpy as np

from di_advisor.domain.amounts import cents_that_add_up
from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.formulate.account_rules import NO_TRADE
from di_advisor.formulate.problem import Problem
from di_advisor.solve.solution import Solution

__all__ = ["SeesUnrounded", "Unrounded", "unrounded"]


@dataclass(frozen=True)
class Unrounded:
    """Figures of a certified plan in weights.

    Attributes
    ----------
    tracking_error_before, tracking_error : float
        A fraction per year.
    change_usd : Mapping of str to Decimal
        Change of each term against doing nothing; positive hurts.
    names : int
        How many trade.
    turnover : float
        One-way, a fraction of the account.
    gap_usd : float
        No plan is better by more than this.
    """

    tracking_error_before: float
    tracking_error: float
    change_usd: Mapping[str, Decimal]
    names: int
    turnover: float
    gap_usd: float = field(default=0.0)

    def __post_init__(self) -> None:
        object.__setattr__(self, "change_usd", FrozenMap(dict(self.change_usd)))

    @property
    def benefit_usd(self) -> Decimal:
        """What the plan is worth over doing nothing."""
        return -sum(self.change_usd.values(), Decimal(0))


@runtime_checkable
class SeesUnrounded(Protocol):
    """A progress callable that also wants the figures before rounding."""

    def unrounded(self, figures: Unrounded) -> None:
        """Take them."""
        ...


def unrounded(problem: Problem, solution: Solution) -> Unrounded:
    """The figures of a solution of a problem, as it was asked for."""
    block, plan = problem.block, solution.plan
    holdings, risk = block.holdings, block.risk
    nothing, net = holdings.nothing(), plan.net(holdings.lot_name)
    changes = [t.value_usd(plan) - t.value_usd(nothing) for t in problem.terms]
    named = zip([t.name for t in problem.terms], cents_that_add_up(changes), strict=True)
    return Unrounded(
        risk.tracking_error(holdings.active),
        risk.tracking_error(holdings.active + net),
        dict(named),
        int((np.abs(net) > NO_TRADE).sum()),
        0.5 * float(plan.sells.sum() + plan.buys.sum()),
        float(solution.gap * holdings.value_usd),
    )
