"""One account laid out for its climb by compiled loops: what `laid` does with arrays for several.

Limits: see `di_advisor.solve.compiled`.
"""

from __future__ import annotations

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.solve.batch.common import Shared
from di_advisor.solve.batch.parts import Asked, Names
from di_advisor.solve.compiled import compiled

__all__ = ["are_ordered", "laid_out_by_loops"]


@compiled
def laid_out_by_loops(shared: Shared, asked: Asked) -> Names:
    """Lay out an account: pieces in order of segments, limits, kinds and places of names."""
    n, m, c, d = len(asked.active), len(asked.name), len(asked.counts), shared.levers.shape[1]
    name, sell = asked.name, asked.sell
    start, end, pays, cost = np.zeros(m + 1), np.zeros(m + 1), np.zeros(m + 1), np.zeros(m + 1)
    per_unit, rest, counted = np.zeros((c, m + 1)), np.zeros((c, m + 1)), np.zeros(c)
    sale, buy = np.full(n, m), np.full(n, m)
    sales, buys = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    most_sold, most_bought = np.zeros(n), np.zeros(n)
    losing, some_lose = np.zeros(n, dtype=np.bool_), np.zeros(len(shared.sizes), dtype=np.bool_)
    filled, paid = 0.0, 0.0
    for i in range(m):
        j, width = name[i], asked.width[i]
        if i == 0 or j != name[i - 1] or sell[i] != sell[i - 1]:
            filled, paid = 0.0, 0.0
            counted[:] = 0.0
            if sell[i]:
                sale[j] = i
            else:
                buy[j] = i
        sign = -1.0 if sell[i] else 1.0
        slope, nearest, furthest = asked.slope[i] * sign, filled * sign, (filled + width) * sign
        start[i], end[i] = min(nearest, furthest), max(nearest, furthest)
        pays[i], cost[i] = -slope, paid - slope * nearest
        paid += asked.slope[i] * width
        for at in range(c):
            per_unit[at, i] = asked.counts[at, i] * sign
            rest[at, i] = counted[at] - per_unit[at, i] * nearest
            counted[at] += asked.counts[at, i] * width
        filled += width
        if sell[i]:
            sales[j] += 1
            most_sold[j] = filled
        else:
            buys[j] += 1
            most_bought[j] = filled
        if asked.loss[i]:
            losing[j] = True
            some_lose[shared.groups[j]] = True
    lean, softer, half = np.empty(n), np.empty(n), np.empty(n)
    lower, upper, least, apiece = np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    torn, never_sell, never_buy = np.empty(n, dtype=np.bool_), np.empty(n, dtype=np.bool_), np.empty(n, dtype=np.bool_)
    own, idle, loosest = 0.0, np.zeros(d), np.zeros(d)
    for j in range(n):
        active, specific = asked.active[j], asked.specific[j]
        half[j] = specific + asked.impact[j]
        lean[j], softer[j] = 2.0 * specific * active, 1.0 / (2.0 * half[j])
        lower[j] = max(asked.active_lower[j] - active, -most_sold[j])
        upper[j] = min(asked.active_upper[j] - active, most_bought[j])
        least[j] = max(lower[j], 0.0) if losing[j] else lower[j]
        apiece[j], torn[j] = 1.0 / shared.sizes[shared.groups[j]], some_lose[shared.groups[j]]
        never_sell[j], never_buy[j] = torn[j] and lower[j] > 0, losing[j] and upper[j] < 0
        own += specific * active * active
        for at in range(d):
            idle[at] += active * shared.levers[j, at]
            loosest[at] += softer[j] * shared.squared[j, at]
    reach, until = np.empty(m), np.empty(m)
    for i in range(m):
        j = name[i]
        reach[i] = (pays[i] - lean[j]) * softer[j]
        # what a limit shuts off ends below everything
        shut = start[i] > upper[j] or (not sell[i] and upper[j] < 0) or (sell[i] and lower[j] > 0)
        until[i] = -np.inf if shut else min(end[i], upper[j])
    return Names(
        start, end, pays, cost, per_unit, rest, reach, until, lean, softer, half, lower, upper, least, apiece,
        sale, sales, buy, buys, losing, torn, never_sell, never_buy, own, idle, loosest,
    )  # fmt: skip


@compiled
def are_ordered(shared: Shared, asked: Asked, names: Names, prices: FloatArray, disorder: float) -> bool:
    """Whether pieces are filled in the order they are laid out at these prices."""
    k, m, name, sell = shared.factors, len(asked.name), asked.name, asked.sell
    cost = np.empty(m)
    for i in range(m):
        cost[i] = -names.pays[i]
        for at in range(len(shared.counting)):
            cost[i] += prices[k + shared.counting[at]] * names.per_unit[at, i]
        if i and name[i] == name[i - 1] and sell[i] == sell[i - 1]:
            rise = cost[i] - cost[i - 1]
            if (rise if sell[i] else -rise) > disorder:
                return False
    for j in range(len(names.sale)):
        sale, buy = names.sale[j], names.buy[j]
        if not names.losing[j] and sale < m and buy < m and cost[sale] > cost[buy] + disorder:
            return False
    return True
