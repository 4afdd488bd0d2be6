"""The small problem of one Newton step as compiled loops.

The same guesses, equations and corrections as `complementarity` makes with arrays: see there. The equations are few (a
price or an exposure each) and are solved by elimination with row pivots. Limits: as of `loops`; only the plainest array
operations are used, for each of the others costs seconds to compile.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from di_advisor.compiled import compiled
from di_advisor.domain.market import FloatArray

__all__ = ["fitted"]

IntArray = NDArray[np.int64]
Given = tuple[FloatArray, FloatArray, FloatArray]
"""``prices``, ``activity`` and ``hessian`` of `Responses`."""
Boxes = tuple[FloatArray, FloatArray, FloatArray]
"""``curvature``, ``lower`` and ``upper`` of `Limits`."""
Swaps = tuple[IntArray, FloatArray, FloatArray, FloatArray]
"""``rows``, ``change``, ``cost`` and ``most`` of `Exchanges`; without any, of length zero."""

_SAME = 1e-13
_ALL_AT_ONCE = 12
_TIE_BREAK = 1e-13
_TINY = 1e-300
_FREE, _ZERO, _FULL = 0, -1, 1


@compiled
def _times(symmetric: FloatArray, vector: FloatArray) -> FloatArray:
    """A symmetric matrix times a vector."""
    found = np.zeros(len(vector))
    for a in range(len(vector)):
        if vector[a] != 0.0:
            for b in range(len(vector)):
                found[b] += symmetric[a, b] * vector[a]
    return found


@compiled
def _solved(matrix: FloatArray, target: FloatArray) -> bool:
    """Solve linear equations in place, by elimination; False where they have no single solution."""
    size = len(target)
    for c in range(size):
        at = c
        for a in range(c + 1, size):
            if abs(matrix[a, c]) > abs(matrix[at, c]):
                at = a
        if matrix[at, c] == 0.0:
            return False
        if at != c:
            target[at], target[c] = target[c], target[at]
            for b in range(c, size):
                matrix[at, b], matrix[c, b] = matrix[c, b], matrix[at, b]
        for a in range(c + 1, size):
            share = matrix[a, c] / matrix[c, c]
            if share != 0.0:
                target[a] -= share * target[c]
                here, pivot = matrix[a, c + 1 :], matrix[c, c + 1 :]
                for b in range(len(here)):
                    here[b] -= share * pivot[b]
    for c in range(size - 1, -1, -1):
        target[c] /= matrix[c, c]
        for a in range(c):
            target[a] -= matrix[a, c] * target[c]
    return True


@compiled
def fitted(
    given: Given, boxes: Boxes, swaps: Swaps, start: IntArray, guesses_max: int
) -> tuple[FloatArray, FloatArray, FloatArray, IntArray, bool, bool]:
    """Prices, exposures, exchanged amounts, the limits that bind; whether settled; whether there was no solution."""
    curvature, lower, upper = boxes
    d, count = len(lower), len(swaps[2])
    at, swap = np.zeros(d, np.int64), np.zeros(count, np.int64)
    for x in range(count):
        swap[x] = _ZERO
    for j in range(d):
        guess = 1 if lower[j] == upper[j] else start[j]
        at[j] = 0 if math.isinf(upper[j] if guess > 0 else lower[j]) else guess
    p, e, moved = np.zeros(d), np.zeros(len(curvature)), np.zeros(count)
    for guess in range(guesses_max):
        if not _with_limits(given, boxes, swaps, at, swap, p, e, moved):
            return p, e, moved, at, False, True
        before, before_swap = at.copy(), swap.copy()
        _correct(given, boxes, swaps, at, p, e, moved)
        _exchange(given, swaps, swap, p, moved)
        wrong = _first_other(at, before)
        swap_wrong = _first_other(swap, before_swap)
        if wrong < 0 and swap_wrong < 0:
            return p, e, moved, at, True, False
        if guess >= _ALL_AT_ONCE:  # the first wrong guess alone
            better, better_swap = at, swap
            at, swap = before, before_swap
            if wrong >= 0:
                at[wrong] = better[wrong]
            else:
                swap[swap_wrong] = better_swap[swap_wrong]
    return p, e, moved, at, False, False


@compiled
def _first_other(one: IntArray, other: IntArray) -> int:
    """The first place where two differ; -1 where they do not."""
    for j in range(len(one)):
        if one[j] != other[j]:
            return j
    return -1


@compiled
def _with_limits(
    given: Given,
    boxes: Boxes,
    swaps: Swaps,
    at: IntArray,
    swap: IntArray,
    p: FloatArray,
    e: FloatArray,
    moved: FloatArray,
) -> bool:
    """Prices, exposures and exchanges if exactly these limits bind, written where they stand."""
    prices, activity, hessian = given
    curvature, lower, upper = boxes
    rows, change, cost, most = swaps
    k, d = len(curvature), len(lower)
    wanted, opened, nf = np.empty(d, np.int64), np.empty(len(swap), np.int64), 0
    for j in range(k):
        if at[j] == 0:
            wanted[nf] = j
            nf += 1
    size, step, shift = nf, np.empty(d), np.zeros(d)
    for j in range(d):
        step[j] = -prices[j]
        if j < k:
            e[j] = 0.0
        if at[j] != 0:
            wanted[size] = j
            size += 1
            step[j], shift[j] = 0.0, -(upper[j] if at[j] > 0 else lower[j])
            if j < k:
                e[j] = -shift[j]
    pulled = _times(curvature, e)
    for a in range(nf):
        step[wanted[a]] += pulled[wanted[a]]
    width = size
    for x in range(len(swap)):
        moved[x] = 0.0
        if swap[x] == _FULL:
            moved[x] = most[x]
            for r in range(len(rows)):
                shift[rows[r]] += most[x] * change[x, r]
        elif swap[x] == _FREE:
            opened[width - size] = x
            width += 1
    matrix, v, among_free = np.zeros((width, width)), np.zeros(width), np.empty((nf, nf))
    for a in range(nf):
        for b in range(nf):
            among_free[a, b] = curvature[wanted[a], wanted[b]]
    reached = _times(hessian, step)
    for a in range(size):
        w = wanted[a]
        v[a] = activity[w] - reached[w] + shift[w]
        here = matrix[a, :nf]
        for c in range(nf):
            much, there = hessian[w, wanted[c]], among_free[c]
            for b in range(nf):
                here[b] += much * there[b]
        if a < nf:
            matrix[a, a] += 1.0
        for b in range(nf, size):
            matrix[a, b] = hessian[w, wanted[b]]
    for y in range(size, width):
        x = opened[y - size]
        v[y] = -cost[x]
        matrix[y, y] = _TIE_BREAK
        for r in range(len(rows)):
            v[y] -= change[x, r] * step[rows[r]]
            for a in range(size):
                if wanted[a] == rows[r]:
                    matrix[a, y] = -change[x, r]
                    matrix[y, a] = change[x, r] if a >= nf else 0.0
    if not _solved(matrix, v):
        return False
    for j in range(d):
        p[j] = prices[j] + step[j]
    for a in range(nf):
        e[wanted[a]] = v[a]
        for b in range(nf):
            p[wanted[b]] += among_free[a, b] * v[a]
    for a in range(nf, size):
        p[wanted[a]] += v[a]
    for y in range(size, width):
        moved[opened[y - size]] = v[y]
    return True


@compiled
def _correct(
    given: Given, boxes: Boxes, swaps: Swaps, at: IntArray, p: FloatArray, e: FloatArray, moved: FloatArray
) -> None:
    """Guesses corrected where a limit is passed, or a price has the wrong sign."""
    prices, activity, hessian = given
    curvature, lower, upper = boxes
    rows, change, _, _ = swaps
    k, step = len(curvature), np.empty(len(at))
    for j in range(len(at)):
        step[j] = p[j] - prices[j]
    fallen, pulled, added = _times(hessian, step), _times(curvature, e), np.zeros(len(at))
    for x in range(len(moved)):
        for r in range(len(rows)):
            added[rows[r]] += moved[x] * change[x, r]
    for j in range(len(at)):
        reached = e[j] if j < k else activity[j] - fallen[j] + added[j]
        pull = p[j] - pulled[j] if j < k else p[j]  # more than zero: pushes against the upper limit
        if lower[j] == upper[j]:
            at[j] = 1
        elif at[j] != 0:
            if at[j] * pull < -(_SAME * (abs(p[j]) + abs(pull)) + _TINY):
                at[j] = 0
        elif reached > upper[j] + _SAME:
            at[j] = 1
        elif reached < lower[j] - _SAME:
            at[j] = -1


@compiled
def _exchange(given: Given, swaps: Swaps, swap: IntArray, p: FloatArray, moved: FloatArray) -> None:
    """The same for exchanges: within their amounts, and at no cost unless at an end."""
    rows, change, cost, most = swaps
    for x in range(len(swap)):
        dear = cost[x]
        for r in range(len(rows)):
            dear += change[x, r] * (p[rows[r]] - given[0][rows[r]])
        if swap[x] == _FREE:
            swap[x] = _ZERO if moved[x] < -_SAME else (_FULL if moved[x] > most[x] + _SAME else _FREE)
        elif (swap[x] == _ZERO and dear < -_SAME) or (swap[x] == _FULL and dear > _SAME):
            swap[x] = _FREE
