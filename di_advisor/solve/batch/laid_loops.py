"""One account laid out for its climb by compiled loops: what `laid` does with arrays for several.

Limits: see `di_advisor.compiled`.
"""

from __future__ import annotations

import numpy as np

from di_advisor.compiled import compiled
from di_advisor.domain.market import FloatArray
from di_advisor.solve.batch.common import Shared
from di_advisor.solve.batch.parts import Asked, Names

__all__ = ["are_ordered", "lay_out_by_loops"]


@compiled
def _lay_pieces(asked: Asked, names: Names, most_sold: FloatArray, most_bought: FloatArray) -> None:
    """The pieces of each name, in the order of segments; and how much of it may be sold and bought in all."""
    m, c, name, sell = len(asked.name), len(asked.counts), asked.name, asked.sell
    counted = np.zeros(c)
    filled, paid = 0.0, 0.0
    for i in range(m):
        j, width = name[i], asked.width[i]
        if i == 0 or j != name[i - 1] or sell[i] != sell[i - 1]:
            filled, paid = 0.0, 0.0
            for at in range(c):
                counted[at] = 0.0
            if sell[i]:
                names.sale[j] = i
            else:
                names.buy[j] = i
        sign = -1.0 if sell[i] else 1.0
        slope, nearest, furthest = asked.slope[i] * sign, filled * sign, (filled + width) * sign
        names.start[i], names.end[i] = min(nearest, furthest), max(nearest, furthest)
        names.pays[i], names.cost[i] = -slope, paid - slope * nearest
        paid += asked.slope[i] * width
        for at in range(c):
            unit = asked.counts[at, i] * sign
            names.per_unit[at, i], names.rest[at, i] = unit, counted[at] - unit * nearest
            counted[at] += asked.counts[at, i] * width
        filled += width
        if sell[i]:
            names.sales[j] += 1
            most_sold[j] = filled
        else:
            names.buys[j] += 1
            most_bought[j] = filled
        names.losing[j] = names.losing[j] or asked.loss[i]


@compiled
def lay_out_by_loops(shared: Shared, asked: Asked, names: Names) -> float:
    """Lay out an account into blank names; the cost of the specific risk of doing nothing comes back."""
    n, m, d = len(asked.active), len(asked.name), len(names.idle)
    most_sold, most_bought, some_lose = np.zeros(n), np.zeros(n), np.zeros(len(shared.sizes))
    _lay_pieces(asked, names, most_sold, most_bought)
    for j in range(n):
        some_lose[shared.groups[j]] += 1.0 if names.losing[j] else 0.0
    own = 0.0
    for j in range(n):
        active, specific, losing = asked.active[j], asked.specific[j], names.losing[j]
        half = specific + asked.impact[j]
        softer = 1.0 / (2.0 * half)
        names.half[j], names.lean[j], names.softer[j] = half, 2.0 * specific * active, softer
        lower = max(asked.active_lower[j] - active, -most_sold[j])
        upper = min(asked.active_upper[j] - active, most_bought[j])
        names.lower[j], names.upper[j], names.least[j] = lower, upper, max(lower, 0.0) if losing else lower
        torn = some_lose[shared.groups[j]] > 0.0
        names.torn[j], names.apiece[j] = torn, 1.0 / shared.sizes[shared.groups[j]]
        names.never_sell[j], names.never_buy[j] = torn and lower > 0, losing and upper < 0
        own += specific * active * active
        for at in range(d):
            names.idle[at] += active * shared.levers[j, at]
            names.loosest[at] += softer * shared.squared[j, at]
    for i in range(m):
        j, sell = asked.name[i], asked.sell[i]
        lower, upper = names.lower[j], names.upper[j]
        names.reach[i] = (names.pays[i] - names.lean[j]) * names.softer[j]
        # what a limit shuts off ends below everything
        shut = names.start[i] > upper or (lower > 0 if sell else upper < 0)
        names.until[i] = -np.inf if shut else min(names.end[i], upper)
    return own


@compiled
def _is_ordered(shared: Shared, asked: Asked, names: Names, prices: FloatArray, disorder: float) -> bool:
    """Whether pieces are filled in the order they are laid out at these prices."""
    k, m, name, sell = shared.factors, len(asked.name), asked.name, asked.sell
    before, first_sale = 0.0, -np.inf
    for i in range(m):
        cost = -names.pays[i]
        for at in range(len(shared.counting)):
            cost += prices[k + shared.counting[at]] * names.per_unit[at, i]
        is_first = i == 0 or name[i] != name[i - 1]
        if not is_first and sell[i] == sell[i - 1]:
            rise = cost - before
            if (rise if sell[i] else -rise) > disorder:
                return False
        elif sell[i]:
            first_sale = cost
        elif not is_first and not names.losing[name[i]] and first_sale > cost + disorder:
            return False  # a name's buys follow its sales
        before = cost
    return True


@compiled
def are_ordered(
    shared: Shared, asked: Asked, names: Names, prices: FloatArray, others: FloatArray, disorder: float
) -> bool:
    """Whether pieces are filled in the order they are laid out, at the one prices and at the others."""
    fine = _is_ordered(shared, asked, names, prices, disorder)
    return fine and _is_ordered(shared, asked, names, others, disorder)
