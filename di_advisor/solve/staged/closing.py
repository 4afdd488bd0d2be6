"""What closing one side of a wash raises the bound by, without solving anything.

The bound is the least of a Lagrangian over single variables; a variable that it would fill adds its slope times
its largest value, so closing it takes that away. It holds for every plan under the same choices and that side closed.
"""

from __future__ import annotations

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.staged import Flags, StagedProblem
from di_advisor.solve.staged.answer import StagedAnswer
from di_advisor.solve.staged.judge import Wash

__all__ = ["closing"]


def closing(problem: StagedProblem, answer: StagedAnswer, wash: Wash) -> tuple[float, float]:
    """By how much the bound of a solved problem rises, at least, where the losses or the purchases are closed."""
    if answer.slope is None:
        return 0.0, 0.0
    layout, group = answer.layout, problem.identical
    fills = -np.minimum(answer.slope * layout.upper, 0.0)
    sold, bought = layout.legs[wash.sold_at], layout.legs[wash.bought_at]
    at_loss = problem.legs[wash.sold_at].gain[sold.lots] < 0
    of_group = group[problem.holdings.lot_name[sold.lots]] == wash.group
    return _sum(fills[sold.x], at_loss & of_group), _sum(fills[bought.b], group[bought.buy_name] == wash.group)


def _sum(fills: FloatArray, which: Flags) -> float:
    return float(fills[which].sum())
