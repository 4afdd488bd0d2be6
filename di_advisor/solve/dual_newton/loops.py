"""The names' answers to prices and the line search along a step, as compiled loops.

The same steps as `pieces`, `curvature` and `line` take with arrays, name by name: see there for what they mean. Sums
run in another order, so the two ways agree to round-off; the one sum of many terms that the certificate hangs on is
compensated. Limits: arrays are contiguous, of 64 bits and writable, and an array stands where the other way has None.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from di_advisor.compiled import compiled
from di_advisor.domain.market import FloatArray
from di_advisor.solve.dual_newton.line_tuning import LineTuning

__all__ = ["Answer", "Boxes", "Charge", "Names", "Pairs", "along", "coupled", "levers", "pairs_at", "respond"]

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
Boxes = tuple[FloatArray, FloatArray, FloatArray]
"""``curvature``, ``lower`` and ``upper`` of `Limits`."""


class Names(NamedTuple):
    """What the loops need of `Pieces`, under the same names; ``row_slopes`` and ``power`` may have no entries."""

    first: IntArray
    sell: BoolArray
    width: FloatArray
    rows: IntArray
    row_slopes: FloatArray
    matrix: FloatArray
    base: FloatArray
    lower: FloatArray
    upper: FloatArray
    power: FloatArray
    sold_out: FloatArray
    start: FloatArray
    end: FloatArray


class Charge(NamedTuple):
    """The fields of `Charges`."""

    q: FloatArray
    lean: FloatArray
    cost: FloatArray
    trading: float
    constant: float


class Answer(NamedTuple):
    """The fields of `Response` and its `Stack`, and whether the pieces stand in another order than given."""

    value: float
    trade: FloatArray
    filled: FloatArray
    activity: FloatArray
    piece: IntArray
    key: FloatArray
    start: FloatArray
    end: FloatArray
    moved: bool


class Pairs(NamedTuple):
    """The fields of `Exchanges`, but for the rows."""

    giving: IntArray
    taking: IntArray
    change: FloatArray
    cost: FloatArray
    most: FloatArray


_TINY = 1e-300
_SAME_AMOUNT = 1e-15


@compiled
def _reorder(lo: int, hi: int, own: FloatArray, near: IntArray, piece: IntArray, key: FloatArray) -> None:
    """One name's pieces by ascending cost: as they stood nearby if that still holds, else sorted."""
    ascending = True
    for j in range(lo, hi):
        piece[j], key[j] = near[j], own[near[j]]
        ascending = ascending and (j == lo or key[j] >= key[j - 1])
    if ascending:
        return
    for j in range(lo, hi):
        at = j
        while at > lo and key[at - 1] > own[j]:
            key[at], piece[at] = key[at - 1], piece[at - 1]
            at -= 1
        key[at], piece[at] = own[j], j


@compiled
def respond(names: Names, charge: Charge, prices: FloatArray, near: IntArray) -> tuple[bool, Answer]:
    """Best trades at given prices, and whether a 3/2 power would have a name bought and sold at once."""
    first, sell, width, rows, row_slopes = names.first, names.sell, names.width, names.rows, names.row_slopes
    matrix, base, power, q, trading = names.matrix, names.base, names.power, charge.q, charge.trading
    t, m, c = len(first), len(width), len(rows)
    powered = len(power) > 0
    lean, trade, filled, activity = np.dot(matrix, prices), np.empty(t), np.empty(m), base.copy()
    piece, key, start, end = np.empty(m, np.int64), np.empty(m), names.start.copy(), names.end.copy()
    own, counted = np.empty(m), np.zeros(c)
    value, rest, moved, crossed = charge.constant + np.dot(prices, base), 0.0, False, False
    for i in range(t):
        lo, hi, ascending = first[i], first[i + 1] if i + 1 < t else m, True
        for j in range(lo, hi):
            cost = charge.cost[j]
            for r in range(c):
                cost += prices[rows[r]] * row_slopes[r, j]
            own[j] = -cost if sell[j] else cost
            piece[j], key[j] = j, own[j]
            ascending = ascending and (j == lo or own[j] >= own[j - 1])
        if not ascending and (c > 0 or powered):
            _reorder(lo, hi, own, near, piece, key)
            moved = True
            reached = names.sold_out[i]
            for j in range(lo, hi):
                start[j] = reached
                reached += width[piece[j]]
                end[j] = reached
                crossed = crossed or (powered and sell[piece[j]] != sell[j])
        lean[i] += charge.lean[i]
        u = -np.inf
        for j in range(lo, hi):
            pull = lean[i] + key[j]
            if not powered:
                wish = -pull / q[i]
            elif sell[j]:
                wish = -_powered(pull, 1.5 * trading * power[i, 0], q[i]) if pull > 0 else np.inf
            else:
                wish = _powered(-pull, 1.5 * trading * power[i, 1], q[i]) if pull < 0 else -np.inf
            u = max(u, min(wish, end[j]))
        u = min(max(u, names.lower[i]), names.upper[i])
        trade[i] = u
        worth = (0.5 * q[i] * u + lean[i]) * u
        for j in range(lo, hi):
            at = piece[j]
            filled[j] = min(max(u - start[j], 0.0), end[j] - start[j])
            amount = width[at] - filled[j] if sell[at] else filled[j]
            if amount != 0.0:
                worth += amount * (-key[j] if sell[at] else key[j])
                for r in range(c):
                    counted[r] += row_slopes[r, at] * amount
        if powered:
            worth += trading * (power[i, 0] if u < 0 else power[i, 1]) * abs(u) * math.sqrt(abs(u))
        if u != 0.0:
            for j in range(len(base)):
                activity[j] += u * matrix[i, j]
        total = value + worth
        rest += (value - total) + worth if abs(value) >= abs(worth) else (worth - total) + value
        value = total
    for r in range(c):
        activity[rows[r]] += counted[r]
    return crossed, Answer(value + rest, trade, filled, activity, piece, key, start, end, moved)


@compiled
def _powered(wish: float, half: float, q: float) -> float:
    """Amount at which ``q a + half sqrt(a)`` is what is wished for, in the form that does not cancel."""
    root = 2.0 * wish / (half + math.sqrt(half * half + 4.0 * q * wish) + _TINY)
    return root * root


@compiled
def levers(names: Names, answer: Answer, stiffness: FloatArray) -> FloatArray:
    """What each name that moves with the prices is multiplied by, over the root of its stiffness."""
    first, sell, rows, row_slopes, matrix = names.first, names.sell, names.rows, names.row_slopes, names.matrix
    trade, piece, start, end = answer.trade, answer.piece, answer.start, answer.end
    t, m, d = len(first), len(piece), len(names.base)
    found, count = np.empty((t, d)), 0
    for i in range(t):
        u, at = trade[i], first[i]
        last = (first[i + 1] if i + 1 < t else m) - 1
        while at < last and end[at] < u:
            at += 1
        if not (names.lower[i] < u < names.upper[i] and start[at] < u < end[at]):
            continue
        size = 1.0 / math.sqrt(stiffness[i])
        for j in range(d):
            found[count, j] = matrix[i, j] * size
        sign = -size if sell[piece[at]] else size
        for r in range(len(rows)):
            found[count, rows[r]] += sign * row_slopes[r, piece[at]]
        count += 1
    return found[:count]


@compiled
def pairs_at(names: Names, answer: Answer) -> Pairs:
    """Pairs of neighbours, the first filled and the second not, that a row price could make change places."""
    first, sell, row_slopes = names.first, names.sell, names.row_slopes
    filled, piece, key, start, end = answer.filled, answer.piece, answer.key, answer.start, answer.end
    t, m, c = len(first), len(piece), len(names.rows)
    giving, much, count = np.empty(m if c else 0, np.int64), np.empty(m if c else 0), 0
    for i in range(t if c else 0):
        for j in range(first[i], (first[i + 1] if i + 1 < t else m) - 1):
            most = min(filled[j], end[j + 1] - start[j + 1] - filled[j + 1])
            if most <= _SAME_AMOUNT:
                continue
            one, other, apart = piece[j], piece[j + 1], False
            for r in range(c):
                given = row_slopes[r, one] if sell[one] == sell[other] else -row_slopes[r, one]
                apart = apart or given != row_slopes[r, other]
            if apart:
                giving[count], much[count] = j, most
                count += 1
    giving, much, taking = giving[:count], much[:count], np.empty(count, np.int64)
    change, cost = np.empty((count, c)), np.empty(count)
    for x in range(count):
        taking[x] = giving[x] + 1
        one, other = piece[giving[x]], piece[taking[x]]
        cost[x] = key[taking[x]] - key[giving[x]]
        for r in range(c):
            given = -row_slopes[r, one] if sell[one] else row_slopes[r, one]
            change[x, r] = (-row_slopes[r, other] if sell[other] else row_slopes[r, other]) - given
    return Pairs(giving, taking, change, cost, much)


@compiled
def _pulled(prices: FloatArray, exposures: FloatArray, boxes: Boxes) -> FloatArray:
    """What pushes against the limits; linear."""
    pull = prices.copy()
    for a in range(len(exposures)):
        if exposures[a] != 0.0:
            for b in range(len(exposures)):
                pull[b] -= boxes[0][a, b] * exposures[a]
    return pull


@compiled
def coupled(prices: FloatArray, exposures: FloatArray, boxes: Boxes) -> float:
    """The part of the dual that belongs to exposures and rows."""
    _, lower, upper = boxes
    pull, total = _pulled(prices, exposures, boxes), 0.0
    for j in range(len(prices)):
        if j < len(exposures):
            total -= 0.5 * exposures[j] * (prices[j] - pull[j])
        reach = upper[j] if pull[j] > 0 else lower[j]
        if math.isfinite(reach):
            total -= pull[j] * reach
    return total


@compiled
def _between(one: FloatArray, step: FloatArray, share: float) -> FloatArray:
    """A point along a step."""
    found = np.empty(len(one))
    for j in range(len(one)):
        found[j] = one[j] + share * step[j]
    return found


@compiled
def _bend(matrix: FloatArray, step: FloatArray) -> float:
    """Curvature along a step."""
    total = 0.0
    for a in range(len(step)):
        for b in range(len(step)):
            total += matrix[a, b] * step[a] * step[b]
    return total


@compiled
def _rise(
    prices: FloatArray,
    exposures: FloatArray,
    activity: FloatArray,
    dp: FloatArray,
    turn: FloatArray,
    boxes: Boxes,
    same: float,
) -> float:
    """Slope of the dual along a direction; at a kink the slope next to zero of those ahead and behind."""
    (_, lower, upper), k = boxes, len(exposures)
    pull = _pulled(prices, exposures, boxes)
    smooth, ahead, behind, loose = 0.0, 0.0, 0.0, False
    for j in range(len(prices)):
        smooth += activity[j] * dp[j]
        if j < k:
            smooth -= exposures[j] * (dp[j] - turn[j])  # the curvature along the step is what price and pull differ by
        small = same * (abs(prices[j]) + abs(dp[j]))
        if abs(pull[j]) <= small and abs(turn[j]) > small:
            loose = True
            ahead += max(turn[j] * lower[j], turn[j] * upper[j])
            behind += min(turn[j] * lower[j], turn[j] * upper[j])
            continue
        reach = upper[j] if pull[j] > 0 else lower[j]
        if math.isfinite(reach):
            smooth -= turn[j] * reach
    return min(max(0.0, smooth - ahead), smooth - behind) if loose else smooth


@compiled
def _longest(
    prices: FloatArray, exposures: FloatArray, dp: FloatArray, turn: FloatArray, boxes: Boxes, same: float
) -> float:
    """Share of a step at which the first price would push against an open side; at least 1."""
    pull, found = _pulled(prices, exposures, boxes), np.inf
    for j in range(len(prices)):
        reach = boxes[2][j] if turn[j] > 0 else boxes[1][j]
        if math.isinf(reach) and abs(turn[j]) > same * (abs(prices[j]) + abs(dp[j])):
            found = min(found, -pull[j] / turn[j])
    return max(1.0, found)


@compiled
def _top(names: Names, answer: Answer, rise: float, bend: float, dp: FloatArray, same: float) -> float:
    """Where the dual tops beyond a rising point, by its slope, curvature and kinks; not a number without kinks."""
    pairs, rows = pairs_at(names, answer), names.rows
    cost, count = pairs.cost, 0
    kinks, drops = np.empty(len(cost)), np.empty(len(cost))
    for x in range(len(cost)):
        falling = 0.0
        for r in range(len(rows)):
            falling -= pairs.change[x, r] * dp[rows[r]]
        if falling > 0 and cost[x] > same * falling:
            kinks[count], drops[count] = cost[x] / falling, pairs.most[x] * falling
            count += 1
    fallen = 0.0
    for _ in range(count):
        x = 0
        for y in range(1, count):
            x = y if kinks[y] < kinks[x] else x
        before = rise - bend * kinks[x] - fallen
        if before - drops[x] <= 0:
            if before >= 0:
                return float(kinks[x])
            return float(kinks[x] + before / bend) if bend > 0 else np.nan
        fallen, kinks[x] = fallen + drops[x], np.inf
    return np.nan


@compiled
def along(
    names: Names,
    charge: Charge,
    boxes: Boxes,
    prices: FloatArray,
    exposures: FloatArray,
    dual: float,
    here: Answer,
    to_prices: FloatArray,
    to_exposures: FloatArray,
    hessian: FloatArray,
    bent: FloatArray,
    line: LineTuning,
) -> tuple[bool, bool, FloatArray, FloatArray, float, Answer]:
    """The first good point along a step: whether there is one, whether a name crossed its sides, and the point."""
    dp, de = _between(to_prices, prices, -1.0), _between(to_exposures, exposures, -1.0)
    turn = _pulled(dp, de, boxes)
    promised = -0.5 * _bend(bent, dp)
    for j in range(len(dp)):
        promised += here.activity[j] * dp[j]
    promised += coupled(to_prices, to_exposures, boxes) - coupled(prices, exposures, boxes)
    bend = _bend(hessian, dp)
    noise = line.noise * abs(dual) + line.least_noise
    low, low_answer, low_rise = 0.0, here, max(promised, 0.0)
    high, high_rise = np.inf, 0.0
    taken, best_share, best_dual, best = False, 0.0, dual, here
    longest, share = _longest(prices, exposures, dp, turn, boxes, line.same), 1.0
    for _ in range(line.trials):
        p, e = _between(prices, dp, share), _between(exposures, de, share)
        crossed, answer = respond(names, charge, p, here.piece)
        if crossed:
            return False, True, prices, exposures, dual, here
        there = answer.value + coupled(p, e, boxes)
        rise = _rise(p, e, answer.activity, dp, turn, boxes, line.same)
        if there >= dual + line.enough * share * promised - noise:
            if not taken or there > best_dual:
                taken, best_share, best_dual, best = True, share, there, answer
            if abs(rise) <= line.steep * abs(promised) + noise or (rise > 0 and share >= longest):
                break
        elif rise >= 0 and share >= 1:
            break  # it rises all along, and yet gains nothing: round-off
        if rise >= 0:
            low, low_answer, low_rise = share, answer, rise
        else:
            high, high_rise = share, rise
        top = low + _top(names, low_answer, low_rise, bend, dp, line.same)
        kinked = not math.isnan(top)
        if kinked and low < min(top, longest) <= high - line.same:
            share = min(top, longest)
        elif kinked and taken and abs(top - high) <= line.same:
            break  # the kink tried last is the top
        elif math.isinf(high):
            share = min(line.stride * share, longest)  # still rising steeply: the step was damped too much
        else:
            part = low_rise / (low_rise - high_rise) if low_rise > 0 > high_rise else line.longest
            share = low + (high - low) * min(max(part, line.shortest), 1 - line.shortest if low > 0 else line.longest)
        if high - low <= line.same:
            break
    return taken, False, _between(prices, dp, best_share), _between(exposures, de, best_share), best_dual, best
