"""One account's climb as loops over names and pieces, compiled: what `names`, `curvature` and `climb` do with arrays.

Decision: a whole climb is one call, for each call from Python costs what a hundred names do; the mathematics, the
order of steps and the tolerances are those of the arrays, whose modules explain them. Limits: `compiled` asks that
loops call loops of their own file only, which is why they stand together here; names and pieces go in order, so that
a sum does not depend on anything but its terms.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.solve.batch.common import Shared
from di_advisor.solve.batch.parts import Asked, Names, State
from di_advisor.solve.batch.tuning import Tuning
from di_advisor.solve.compiled import compiled

__all__ = ["climbed_by_loops", "dual_over_all"]

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


_ROWS = 96
"""Rows that are multiplied at a time: they stay in the nearest cache."""


@compiled
def _furthest(names: Names, first: int, number: int, shift: float, softer: float, charges: FloatArray) -> float:
    """The largest trade to which one of these pieces would still be used."""
    best = -np.inf
    for i in range(first, first + number):
        met = names.reach[i] - shift
        for at in range(len(charges)):
            met -= charges[at] * names.per_unit[at, i] * softer
        best = max(best, min(met, names.until[i]))
    return best


@compiled
def _worth(names: Names, piece: int, trade: float, lean: float, half: float, charges: FloatArray) -> float:
    """What a trade costs, in the piece in which it lies."""
    worth: float = (half * trade + lean - names.pays[piece]) * trade + names.cost[piece]
    for at in range(len(charges)):
        worth += charges[at] * (names.per_unit[at, piece] * trade + names.rest[at, piece])
    return worth


@compiled
def _best(shared: Shared, names: Names, prices: FloatArray, state: State) -> None:
    """Each name's best trades at prices, and in which pieces they lie."""
    n, k, c = len(names.lean), shared.factors, len(shared.counting)
    pull, charges = np.zeros(n), np.zeros(c)
    for at in range(len(prices)):
        if prices[at] != 0.0:
            for j in range(n):
                pull[j] += prices[at] * shared.across[at, j]
    for at in range(c):
        charges[at] = prices[k + shared.counting[at]]
    if not charges.any():
        charges = charges[:0]
    together = np.zeros(len(shared.sizes))
    for j in range(n):
        lean, softer, half = names.lean[j] + pull[j], names.softer[j], names.half[j]
        losing, shift = names.losing[j], pull[j] * names.softer[j]
        sale, sales, buy, buys = names.sale[j], names.sales[j], names.buy[j], names.buys[j]
        sold = _furthest(names, sale, sales, shift, softer, charges)
        trade = _furthest(names, buy, buys, shift, softer, charges)
        if not losing:
            trade = max(trade, sold)
        trade = max(trade, names.least[j])
        if trade < 0 and not losing:
            where = sale
            for i in range(sale + 1, sale + sales):
                if trade <= names.end[i]:
                    where = i
        else:
            where = buy
            for i in range(buy + 1, buy + buys):
                if trade >= names.start[i]:
                    where = i
        state.trade[j], state.piece[j] = trade, where
        state.second[j] = _worth(names, where, trade, lean, half, charges)
        for at in range(c):
            state.counted[at, j] = names.per_unit[at, where] * trade + names.rest[at, where]
        if not names.torn[j]:
            continue
        selling, where = max(min(sold, 0.0), names.lower[j]), sale
        for i in range(sale + 1, sale + sales):
            if selling <= names.end[i]:
                where = i
        state.selling[j], state.sale_piece[j] = selling, where
        state.first[j] = np.inf if names.never_sell[j] else _worth(names, where, selling, lean, half, charges)
        if names.never_buy[j]:
            state.second[j] = np.inf
        for at in range(c):
            state.sale_counted[at, j] = names.per_unit[at, where] * selling + names.rest[at, where]
        together[shared.groups[j]] += state.second[j] - state.first[j]
    for j in range(n):
        if names.torn[j]:
            state.better[j] = together[shared.groups[j]]


@compiled
def _coupling(shared: Shared, asked: Asked, prices: FloatArray) -> float:
    """The part of the dual that belongs to exposures and rows."""
    k, total = shared.factors, 0.0
    for at in range(k):
        total -= prices[at] * prices[at] / (4.0 * asked.aversion)
    for at in range(k, len(prices)):
        if prices[at] > 0:
            total -= prices[at] * asked.kept[at - k]
        elif prices[at] < 0:
            total -= prices[at] * asked.lowest[at - k]
    return total


@compiled
def _summed(
    shared: Shared,
    asked: Asked,
    names: Names,
    prices: FloatArray,
    state: State,
    softness: float,
    buys: BoolArray,
) -> float:
    """The dual at prices, and what they multiply; names take their sides softly, or as given where softness is 0."""
    n, k, d, activity = len(names.lean), shared.factors, len(prices), state.activity
    activity[:] = names.idle
    value = names.own
    for j in range(n):
        made, least = state.trade[j], state.second[j]
        if names.torn[j]:
            one = buys[j] if softness == 0.0 else state.better[j] <= 0
            least, bought = (state.second[j], 1.0) if one else (state.first[j], 0.0)
            if softness > 0.0:
                far = np.exp(-abs(state.better[j]) / softness)
                bought = (1.0 if one else far) / (1.0 + far)
                least -= softness * names.apiece[j] * np.log1p(far)
            state.bought[j] = bought
            made = state.selling[j] + bought * (made - state.selling[j])
        value += least
        if made != 0.0:
            for at in range(d):
                activity[at] += made * shared.levers[j, at]
        for at in range(len(shared.counting)):
            mine = state.counted[at, j]
            if names.torn[j]:
                mine = state.sale_counted[at, j] + state.bought[j] * (mine - state.sale_counted[at, j])
            activity[k + shared.counting[at]] += mine
    for at in range(d):
        value += prices[at] * names.idle[at]
    total: float = value + _coupling(shared, asked, prices)
    return total


@compiled
def _slope(shared: Shared, asked: Asked, prices: FloatArray, activity: FloatArray, slope: FloatArray) -> BoolArray:
    """Slope of the dual, and which prices may move: a row within its limits has none."""
    k, d = shared.factors, len(prices)
    free = np.ones(d, dtype=np.bool_)
    for at in range(k):
        slope[at] = activity[at] - prices[at] / (2.0 * asked.aversion)
    for at in range(k, d):
        above, below = activity[at] - asked.kept[at - k], activity[at] - asked.lowest[at - k]
        if prices[at] > 0:
            slope[at] = above
        elif prices[at] < 0:
            slope[at] = below
        else:
            slope[at] = max(above, 0.0) if above > 0 else min(below, 0.0)
            free[at] = above > 0 or below < 0
    return free


@compiled
def _inside(trade: float, start: float, end: float, lower: float, upper: float) -> bool:
    """Whether a trade would move with the prices: inside its piece, and inside the limits of the name."""
    return max(start, lower) < trade < min(end, upper)


@compiled
def _curvature(
    shared: Shared,
    asked: Asked,
    names: Names,
    state: State,
    softness: float,
    on: IntArray,
    tuning: Tuning,
) -> FloatArray:
    """Minus the second derivative of the dual in the prices that may move."""
    k, n, size, counting = shared.factors, len(names.lean), len(on), shared.counting
    part = np.empty((n, size))
    for j in range(n):
        for a in range(size):
            part[j, a] = shared.levers[j, on[a]]
    lines, columns = np.empty(len(counting), dtype=np.int64), np.empty(len(counting), dtype=np.int64)
    counted = 0
    for at in range(len(counting)):
        for a in range(size):
            if on[a] == k + counting[at]:
                lines[counted], columns[counted] = at, a
                counted += 1
    found, levers, moving = np.zeros((size, size)), np.empty((_ROWS, size)), 0
    for j in range(n):
        torn, piece = names.torn[j], state.piece[j]
        bought = state.bought[j] if torn else 1.0
        weight = names.softer[j] * bought
        if weight > tuning.weightless and _inside(
            state.trade[j], names.start[piece], names.end[piece], names.lower[j], names.upper[j]
        ):
            root, row = np.sqrt(weight), levers[moving]
            for a in range(size):
                row[a] = root * part[j, a]
            for at in range(counted):
                row[columns[at]] += root * names.per_unit[lines[at], piece]
            moving += 1
        if torn:
            piece, weight = state.sale_piece[j], names.softer[j] * (1.0 - bought)
            if weight > tuning.weightless and _inside(
                state.selling[j], names.start[piece], names.end[piece], names.lower[j], names.upper[j]
            ):
                root, row = np.sqrt(weight), levers[moving]
                for a in range(size):
                    row[a] = root * part[j, a]
                for at in range(counted):
                    row[columns[at]] += root * names.per_unit[lines[at], piece]
                moving += 1
            if softness > 0.0 and bought * (1.0 - bought) > 0.0:
                root, row = np.sqrt(bought * (1.0 - bought) / softness), levers[moving]
                apart = root * (state.trade[j] - state.selling[j])
                for a in range(size):
                    row[a] = apart * part[j, a]
                for at in range(counted):
                    line = lines[at]
                    row[columns[at]] += root * (state.counted[line, j] - state.sale_counted[line, j])
                moving += 1
        if moving + 3 > _ROWS or j + 1 == n:
            found += np.dot(levers[:moving].T, levers[:moving])
            moving = 0
    for a in range(size):
        own, loosest = found[a, a], names.loosest[on[a]]
        if on[a] < k:
            own += 1.0 / (2.0 * asked.aversion)
        # where next to no name moves with a price, the step would be endless
        found[a, a] = own * (1.0 + tuning.ridge) + (tuning.stiff * loosest if own < tuning.flat * loosest else 0.0)
    return found


@compiled
def _solved(matrix: FloatArray, right: FloatArray, places: IntArray) -> FloatArray:
    """Solution of the system of some places of a symmetric positive matrix, of which the lower triangle is given."""
    size = len(places)
    root, found = np.empty((size, size)), np.empty(size)
    for a in range(size):
        for b in range(a + 1):
            total = matrix[places[a], places[b]]
            for at in range(b):
                total -= root[a, at] * root[b, at]
            root[a, b] = np.sqrt(total) if a == b else total / root[b, b]
        total = right[places[a]]
        for at in range(a):
            total -= root[a, at] * found[at]
        found[a] = total / root[a, a]
    for a in range(size - 1, -1, -1):
        total = found[a]
        for at in range(a + 1, size):
            total -= root[at, a] * found[at]
        found[a] = total / root[a, a]
    return found


@compiled
def _way(shared: Shared, prices: FloatArray, slope: FloatArray, on: IntArray, curvature: FloatArray) -> FloatArray:
    """Newton's direction; a price leaves zero to the side of its slope only."""
    way, right, keeps = np.zeros(len(prices)), slope[on], np.ones(len(on), dtype=np.bool_)
    while True:
        places = np.flatnonzero(keeps)
        found = _solved(curvature, right, places)
        way[:] = 0.0
        against = False
        for a in range(len(places)):
            at = on[places[a]]
            way[at] = found[a]
            if at >= shared.factors and prices[at] == 0.0 and found[a] * slope[at] < 0:
                keeps[places[a]] = False
                against = True
        if not against:
            return way


@compiled
def _moved(shared: Shared, asked: Asked, prices: FloatArray, share: float, way: FloatArray, trial: FloatArray) -> None:
    """Prices after a step: none past zero, none against an open side."""
    k = shared.factors
    for at in range(len(prices)):
        to = prices[at] + share * way[at]
        if at >= k:
            if to * prices[at] < 0:
                to = 0.0
            if (to > 0 and np.isinf(asked.kept[at - k])) or (to < 0 and np.isinf(asked.lowest[at - k])):
                to = 0.0
        trial[at] = to


@compiled
def climbed_by_loops(
    shared: Shared,
    asked: Asked,
    names: Names,
    prices: FloatArray,
    state: State,
    other: State,
    softness: float,
    buys: BoolArray,
    steps: int,
    enough: float,
    tuning: Tuning,
) -> tuple[FloatArray, float, State, FloatArray]:
    """Climb from given prices on: prices, value, state and slope at the end.

    Where softness is 0, sides are given, and the state is that at the prices already; ``other`` is room to work in.
    """
    d, given, known = len(prices), softness == 0.0, softness == 0.0
    slope, way, trial = np.zeros(d), np.zeros(d), prices.copy()
    value, promised, share, step, halvings = -np.inf, 0.0, 1.0, 0, 0
    prices = prices.copy()
    if known:
        state, other = other, state
    while True:
        if not known:
            _best(shared, names, trial, other)
        known = False
        reached = _summed(shared, asked, names, trial, other, softness, buys)
        is_first = value == -np.inf
        noise = tuning.noise * abs(value) + tuning.least_noise
        if not is_first and not reached >= value + tuning.armijo * share * promised - noise:
            share, halvings = share * tuning.shorter, halvings + 1
            if halvings == tuning.halvings:
                return prices, value, state, slope
            _moved(shared, asked, prices, share, way, trial)
            continue
        prices, trial = trial, prices
        state, other = other, state
        value = reached
        free = _slope(shared, asked, prices, state.activity, slope)
        if step == steps or (not is_first and not given and share == 1.0 and promised <= tuning.last * enough):
            return prices, value, state, slope
        if given and np.abs(slope).max() <= tuning.level:  # at the top of the last piece, to the last bit
            return prices, value, state, slope
        on = np.flatnonzero(free)
        curvature = _curvature(shared, asked, names, state, softness, on, tuning)
        way = _way(shared, prices, slope, on, curvature)
        promised = 0.0
        for at in range(d):
            promised += slope[at] * way[at]
        if promised <= enough or not np.isfinite(promised):
            return prices, value, state, slope
        step, share, halvings = step + 1, 1.0, 0
        _moved(shared, asked, prices, share, way, trial)


@compiled
def dual_over_all(names: Names, state: State, softness: float, buys: BoolArray, value: float) -> float:
    """The dual over all choices at the same prices, where that at hand is ``value``; sides at hand into ``buys``."""
    for j in range(len(names.lean)):
        if names.torn[j]:
            better = state.better[j]
            if softness > 0.0:
                buys[j] = better <= 0
                value += softness * names.apiece[j] * np.log1p(np.exp(-abs(better) / softness))
            else:
                value -= max(better if buys[j] else -better, 0.0) * names.apiece[j]
    return value
