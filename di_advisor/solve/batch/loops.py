"""One account's climb as loops over names and pieces, compiled: what `names`, `curvature` and `climb` do with arrays.

Decision: a whole climb is one call, for each call from Python costs what a hundred names do; the mathematics, the
order of steps and the tolerances are those of the arrays, whose modules explain them. Limits: `compiled` asks that
loops call loops of their own file only, which is why they stand together here; names and pieces go in order, so that
a sum does not depend on anything but its terms.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from di_advisor.compiled import compiled
from di_advisor.domain.market import FloatArray
from di_advisor.solve.batch.parts import Case, Names, State
from di_advisor.solve.batch.tuning import Tuning

__all__ = ["topped_by_loops"]

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

_ROWS = 96
"""Rows that are multiplied at a time: they stay in the nearest cache."""

_LANE = 16
"""Columns that are multiplied at a time: lines end at the end of one, so that none is left to go number by number."""


@compiled
def _furthest(
    names: Names, first: int, number: int, shift: float, softer: float, charges: FloatArray, charged: int
) -> float:
    """The largest trade to which one of these pieces would still be used."""
    best = -np.inf
    for i in range(first, first + number):
        met = names.reach[i] - shift
        for at in range(charged):
            met -= charges[at] * names.per_unit[at, i] * softer
        best = max(best, min(met, names.until[i]))
    return best


@compiled
def _worth(
    names: Names, piece: int, trade: float, lean: float, half: float, charges: FloatArray, charged: int
) -> float:
    """What a trade costs, in the piece in which it lies."""
    worth: float = (half * trade + lean - names.pays[piece]) * trade + names.cost[piece]
    for at in range(charged):
        worth += charges[at] * (names.per_unit[at, piece] * trade + names.rest[at, piece])
    return worth


@compiled
def _best(case: Case, prices: FloatArray, state: State) -> None:
    """Each name's best trades at prices, and in which pieces they lie."""
    shared, names = case.shared, case.names
    n, k, c = len(names.lean), shared.factors, len(shared.counting)
    pull, charges, charged, together = np.zeros(n), np.zeros(c), 0, np.zeros(len(shared.sizes))
    for at in range(len(prices)):
        if prices[at] != 0.0:
            for j in range(n):
                pull[j] += prices[at] * shared.across[at, j]
    for at in range(c):
        charges[at] = prices[k + shared.counting[at]]
        charged = c if charges[at] != 0.0 else charged
    for j in range(n):
        lean, softer, half = names.lean[j] + pull[j], names.softer[j], names.half[j]
        losing, shift = names.losing[j], pull[j] * names.softer[j]
        sale, sales, buy, buys = names.sale[j], names.sales[j], names.buy[j], names.buys[j]
        sold = _furthest(names, sale, sales, shift, softer, charges, charged)
        trade = _furthest(names, buy, buys, shift, softer, charges, charged)
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
        state.second[j] = _worth(names, where, trade, lean, half, charges, charged)
        for at in range(c):
            state.counted[at, j] = names.per_unit[at, where] * trade + names.rest[at, where]
        if not names.torn[j]:
            continue
        selling, where = max(min(sold, 0.0), names.lower[j]), sale
        for i in range(sale + 1, sale + sales):
            if selling <= names.end[i]:
                where = i
        state.selling[j], state.sale_piece[j] = selling, where
        state.first[j] = np.inf if names.never_sell[j] else _worth(names, where, selling, lean, half, charges, charged)
        if names.never_buy[j]:
            state.second[j] = np.inf
        for at in range(c):
            state.sale_counted[at, j] = names.per_unit[at, where] * selling + names.rest[at, where]
        together[shared.groups[j]] += state.second[j] - state.first[j]
    for j in range(n):
        if names.torn[j]:
            state.better[j] = together[shared.groups[j]]


@compiled
def _coupling(case: Case, prices: FloatArray, upper: FloatArray) -> float:
    """The part of the dual that belongs to exposures and rows, whose upper limits are given: less reserves or not."""
    asked, k, total = case.asked, case.shared.factors, 0.0
    for at in range(k):
        total -= prices[at] * prices[at] / (4.0 * asked.aversion)
    for at in range(k, len(prices)):
        if prices[at] > 0:
            total -= prices[at] * upper[at - k]
        elif prices[at] < 0:
            total -= prices[at] * asked.lowest[at - k]
    return total


@compiled
def _summed(case: Case, prices: FloatArray, state: State, softness: float, buys: BoolArray) -> float:
    """The dual at prices, and what they multiply; names take their sides softly, or as given where softness is 0."""
    shared, names = case.shared, case.names
    n, k, d, activity = len(names.lean), shared.factors, len(prices), state.activity
    for at in range(d):
        activity[at] = names.idle[at]
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
    total: float = value + _coupling(case, prices, case.asked.kept)
    return total


@compiled
def _slope(case: Case, prices: FloatArray, activity: FloatArray, slope: FloatArray, on: IntArray) -> int:
    """Slope of the dual, and the number of prices that may move, into ``on``: a row within its limits has none."""
    asked, k, size = case.asked, case.shared.factors, 0
    for at in range(len(prices)):
        if at < k:
            slope[at] = activity[at] - prices[at] / (2.0 * asked.aversion)
        else:
            above, below = activity[at] - asked.kept[at - k], activity[at] - asked.lowest[at - k]
            if prices[at] > 0 or (prices[at] == 0 and above > 0):
                slope[at] = above
            elif prices[at] < 0 or below < 0:
                slope[at] = below
            else:
                slope[at] = 0.0
                continue
        on[size] = at
        size += 1
    return size


@compiled
def _add_squares(found: FloatArray, rows: FloatArray, number: int, size: int) -> None:
    """Add ``rows' rows`` to the lower triangle, and empty the rows; four at a time, so that sums stay in registers.

    What stands beyond the triangle is of no use, and what stands beyond the columns of the rows is zero.
    """
    for i in range(0, number, 4):
        one, two, three, four = rows[i], rows[i + 1], rows[i + 2], rows[i + 3]
        for a in range(size):
            p, q, r, s = one[a], two[a], three[a], four[a]
            line = found[a]
            for b in range((a // _LANE + 1) * _LANE):
                line[b] += p * one[b] + q * two[b] + r * three[b] + s * four[b]
    for i in range(number):
        for a in range(size):
            rows[i, a] = 0.0


@compiled
def _curvature(
    case: Case, state: State, softness: float, on: IntArray, size: int, found: FloatArray, tuning: Tuning
) -> None:
    """Minus the second derivative of the dual in the prices that may move, into the lower triangle."""
    shared, names = case.shared, case.names
    k, n, c = shared.factors, len(names.lean), len(shared.counting)
    rows, number = np.zeros((_ROWS, (size // _LANE + 1) * _LANE)), 0
    columns = np.empty(c, dtype=np.int64)
    for at in range(c):
        columns[at] = -1
        for a in range(size):
            if on[a] == k + shared.counting[at]:
                columns[at] = a
    for a in range(size):
        for b in range(found.shape[1]):
            found[a, b] = 0.0
    for j in range(n):
        torn, lever = names.torn[j], shared.levers[j]
        bought = state.bought[j] if torn else 1.0
        for side in range(3 if torn else 1):  # inside a piece of buys, of sales, and between sides
            if side == 2:
                weight, scale = bought * (1.0 - bought) / softness if softness > 0.0 else 0.0, 1.0
                scale, moves = state.trade[j] - state.selling[j], weight > 0.0
            else:
                weight, scale = names.softer[j] * (bought if side == 0 else 1.0 - bought), 1.0
                trade = state.trade[j] if side == 0 else state.selling[j]
                piece = state.piece[j] if side == 0 else state.sale_piece[j]
                moves = names.start[piece] < trade < names.end[piece] and names.lower[j] < trade < names.upper[j]
                moves = moves and weight > tuning.weightless
            if not moves:
                continue
            root, row = np.sqrt(weight), rows[number]
            for a in range(size):
                row[a] = root * scale * lever[on[a]]
            for at in range(c):
                if columns[at] >= 0 and side < 2:
                    row[columns[at]] += root * names.per_unit[at, piece]
                elif columns[at] >= 0:
                    row[columns[at]] += root * (state.counted[at, j] - state.sale_counted[at, j])
            number += 1
        if number + 3 > _ROWS or j + 1 == n:
            _add_squares(found, rows, number, size)
            number = 0
    for a in range(size):
        own, loosest = found[a, a], names.loosest[on[a]]
        if on[a] < k:
            own += 1.0 / (2.0 * case.asked.aversion)
        # where next to no name moves with a price, the step would be endless
        found[a, a] = own * (1.0 + tuning.ridge) + (tuning.stiff * loosest if own < tuning.flat * loosest else 0.0)


@compiled
def _solved(matrix: FloatArray, right: FloatArray, places: IntArray, size: int, found: FloatArray) -> None:
    """Solution of the system of some places of a symmetric positive matrix, of which the lower triangle is given."""
    root = np.empty((size, size))
    for a in range(size):
        for b in range(a + 1):
            total = matrix[places[a], places[b]]
            for at in range(b):
                total -= root[a, at] * root[b, at]
            root[a, b] = np.sqrt(total) if a == b else total / root[b, b]
        total = right[a]
        for at in range(a):
            total -= root[a, at] * found[at]
        found[a] = total / root[a, a]
    for a in range(size - 1, -1, -1):
        total = found[a]
        for at in range(a + 1, size):
            total -= root[at, a] * found[at]
        found[a] = total / root[a, a]


@compiled
def _point(
    k: int, prices: FloatArray, slope: FloatArray, on: IntArray, size: int, curvature: FloatArray, way: FloatArray
) -> float:
    """Newton's direction, and the rise it promises; a price leaves zero to the side of its slope only."""
    d = len(prices)
    places, right, found = np.empty(d, dtype=np.int64), np.empty(d), np.empty(d)
    for a in range(size):
        places[a] = a
    while True:
        for a in range(size):
            right[a] = slope[on[places[a]]]
        _solved(curvature, right, places, size, found)
        for at in range(d):
            way[at] = 0.0
        kept, promised = 0, 0.0
        for a in range(size):
            at = on[places[a]]
            if at >= k and prices[at] == 0.0 and found[a] * slope[at] < 0:
                continue
            way[at] = found[a]
            promised += slope[at] * found[a]
            places[kept] = places[a]
            kept += 1
        if kept == size:
            return promised
        size = kept


@compiled
def _moved(case: Case, prices: FloatArray, share: float, way: FloatArray, trial: FloatArray) -> None:
    """Prices after a step: none past zero, none against an open side."""
    asked, k = case.asked, case.shared.factors
    for at in range(len(prices)):
        to = prices[at] + share * way[at]
        if at >= k:
            if to * prices[at] < 0:
                to = 0.0
            if (to > 0 and asked.kept[at - k] == np.inf) or (to < 0 and asked.lowest[at - k] == -np.inf):
                to = 0.0
        trial[at] = to


@compiled
def _climbed(
    case: Case,
    prices: FloatArray,
    states: tuple[State, State],
    softness: float,
    buys: BoolArray,
    steps: int,
    enough: float,
    tuning: Tuning,
) -> tuple[FloatArray, float, tuple[State, State], FloatArray]:
    """Climb from given prices on: prices, value, states and slope at the end.

    The first of the states is that at the prices, known already where sides are given (softness is 0); the other is
    room to work in.
    """
    d, given, known = len(prices), softness == 0.0, softness == 0.0
    state, other = states
    here, trial, slope, way = np.empty(d), np.empty(d), np.empty(d), np.empty(d)
    on, curvature = np.empty(d, dtype=np.int64), np.empty((d, (d // _LANE + 1) * _LANE))
    for at in range(d):
        here[at], trial[at] = prices[at], prices[at]
    value, promised, share, step, halvings = -np.inf, 0.0, 1.0, 0, 0
    if known:
        state, other = other, state
    while True:
        if not known:
            _best(case, trial, other)
        known = False
        reached = _summed(case, trial, other, softness, buys)
        is_first = value == -np.inf
        noise = tuning.noise * abs(value) + tuning.least_noise
        if not is_first and not reached >= value + tuning.armijo * share * promised - noise:
            share, halvings = share * tuning.shorter, halvings + 1
            if halvings == tuning.halvings:
                break
            _moved(case, here, share, way, trial)
            continue
        here, trial = trial, here
        state, other = other, state
        value = reached
        size = _slope(case, here, state.activity, slope, on)
        if step == steps or (not is_first and not given and share == 1.0 and promised <= tuning.last * enough):
            break
        if given and np.abs(slope).max() <= tuning.level:  # at the top of the last piece, to the last bit
            break
        _curvature(case, state, softness, on, size, curvature, tuning)
        promised = _point(case.shared.factors, here, slope, on, size, curvature, way)
        if not enough < promised < np.inf:
            break
        step, share, halvings = step + 1, 1.0, 0
        _moved(case, here, share, way, trial)
    return here, value, (state, other), slope


@compiled
def _over_all(case: Case, prices: FloatArray, state: State, softness: float, buys: BoolArray, value: float) -> float:
    """A bound on every plan at these prices, where the dual at hand is ``value``; sides at hand into ``buys``."""
    names = case.names
    for j in range(len(names.lean)):
        if names.torn[j]:
            better = state.better[j]
            if softness > 0.0:
                buys[j] = better <= 0
                value += softness * names.apiece[j] * np.log1p(np.exp(-abs(better) / softness))
            else:
                value -= max(better if buys[j] else -better, 0.0) * names.apiece[j]
    return value - _coupling(case, prices, case.asked.kept) + _coupling(case, prices, case.asked.highest)


@compiled
def topped_by_loops(
    case: Case, start: FloatArray, states: tuple[State, State], softness: float, steps: int, tuning: Tuning
) -> tuple[FloatArray, FloatArray, FloatArray, BoolArray, float, float, float]:
    """Climb softly, fix the sides, and climb to the top; the states are room to work in.

    What comes back: prices at both tops, net trades, which names take the side of buys, the dual, what the better
    prices prove of every plan, and the steepest slope that is left.
    """
    buys = np.ones(len(case.names.lean), dtype=np.bool_)
    enough = tuning.part * softness
    soft, value, states, slope = _climbed(case, start, states, softness, buys, steps, enough, tuning)
    bound = _over_all(case, soft, states[0], softness, buys, value)
    last, value, states, slope = _climbed(case, soft, states, 0.0, buys, tuning.last_steps, tuning.rest, tuning)
    bound = np.fmax(bound, _over_all(case, last, states[0], 0.0, buys, value))
    trade = np.where(buys, states[0].trade, states[0].selling)
    return soft, last, trade, buys, value, bound, np.abs(slope).max()
