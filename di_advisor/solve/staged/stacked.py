"""Many small convex problems, one of each part or several, solved side by side as one.

Problem: at prices for what ties names together every part stands alone, and its discrete choices are tried one
by one: thousands of problems of twenty variables, whose calls would cost more than their solution. Decision:
their matrices stand in one block-diagonal problem for PIQP, and the bound of each is ours, by its multipliers.
One that has no solution spoils the whole stack; those that are not proved in it are solved by themselves.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.staged import Flags
from di_advisor.solve.matrices import SCALE
from di_advisor.solve.staged.parts import Entries, Ints, Parts

__all__ = ["Case", "Solved", "solve_cases"]

_TOLERANCE = 1e-9
_MAX_ITERATIONS = 60
_GROW = 128.0
_PROVED = 1e-7
_KEPT = 1e-7
_NO_PLAN = 1e-9


@dataclass(frozen=True, eq=False)
class Case:
    """One part under choices.

    Attributes
    ----------
    part : int
        Which.
    upper : ndarray
        Largest values of its variables; 0 for those that are closed.
    bound : float
        Lower bound that is known already.
    """

    part: int
    upper: FloatArray
    bound: float


@dataclass(frozen=True, eq=False)
class Solved:
    """Solved cases.

    Attributes
    ----------
    v, slope : list of ndarray
        Of each case.
    bound, value : ndarray of shape (cases,)
        Proved, and reached.
    ended : ndarray of bool
        Whether bound and value agree.
    empty : ndarray of bool
        Whether it is proved that no plan keeps the rows.
    """

    v: list[FloatArray]
    slope: list[FloatArray]
    bound: FloatArray
    value: FloatArray
    ended: Flags
    empty: Flags


@dataclass(frozen=True, eq=False)
class _Stack:
    """Matrices of all cases, and where each begins."""

    P: Any
    A: Any
    G: Any
    q: FloatArray
    own: FloatArray
    a: FloatArray
    low: FloatArray
    high: FloatArray
    lower: FloatArray
    upper: FloatArray
    free: Flags
    columns: Ints
    equalities: Ints
    rows: Ints


def _starts(sizes: Sequence[int]) -> Ints:
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def _matrix(entries: list[Entries], rows: Ints, columns: Ints) -> Any:  # noqa: ANN401 - a sparse matrix
    sizes = [len(e[2]) for e in entries]
    i = np.concatenate([e[0] for e in entries]) + np.repeat(rows[:-1], sizes)
    j = np.concatenate([e[1] for e in entries]) + np.repeat(columns[:-1], sizes)
    return sp.csc_matrix((np.concatenate([e[2] for e in entries]), (i, j)), shape=(int(rows[-1]), int(columns[-1])))


def _stacked(parts: Parts, cases: Sequence[Case], cost: FloatArray) -> _Stack:
    m, each = parts.layout, [parts.parts[case.part] for case in cases]
    columns = _starts([len(p.columns) for p in each])
    equalities, rows = _starts([len(p.equalities) for p in each]), _starts([len(p.rows) for p in each])
    at, of_a, of_g = (
        np.concatenate([getattr(p, what) for p in each]).astype(np.int64) for what in ("columns", "equalities", "rows")
    )
    upper = np.concatenate([c.upper for c in cases])
    return _Stack(
        P=_matrix([p.P for p in each], columns, columns),
        A=_matrix([p.A for p in each], equalities, columns),
        G=_matrix([p.G for p in each], rows, columns),
        q=cost[at],
        own=m.own[at],
        a=m.a[of_a],
        low=m.low[of_g],
        high=m.high[of_g],
        lower=m.lower[at],
        upper=upper,
        free=m.free[at] & (upper == m.upper[at]),
        columns=columns,
        equalities=equalities,
        rows=rows,
    )


def _by_piqp(s: _Stack) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Variables and multipliers; columns that are closed are left out."""
    piqp = importlib.import_module("piqp")
    solver = piqp.SparseSolver()
    settings = solver.settings
    settings.eps_abs = settings.eps_rel = _TOLERANCE
    settings.max_iter = _MAX_ITERATIONS
    settings.preconditioner_scale_cost = True
    kept = np.flatnonzero((s.upper > s.lower) | (s.lower != 0))
    low, high = np.where(s.free, -np.inf, s.lower * SCALE)[kept], np.where(s.free, np.inf, s.upper * SCALE)[kept]
    solver.setup(
        s.P[:, kept][kept] * (_GROW / SCALE**2),
        s.q[kept] * (_GROW / SCALE),
        s.A[:, kept],
        s.a * SCALE,
        s.G[:, kept],
        s.low * SCALE,
        s.high * SCALE,
        low,
        high,
    )
    solver.solve()
    result, back = solver.result, SCALE / _GROW
    v = np.zeros(len(s.q))
    v[kept] = np.asarray(result.x) / SCALE
    v = np.clip(np.nan_to_num(v), s.lower, s.upper)
    return v, np.nan_to_num(np.asarray(result.y)) * back, np.nan_to_num(np.asarray(result.z_u - result.z_l)) * back


def _sums(of: Ints, values: FloatArray, count: int) -> FloatArray:
    return np.bincount(of, weights=values, minlength=count).astype(np.float64)


def _judged(s: _Stack, raw: tuple[FloatArray, FloatArray, FloatArray]) -> Solved:
    """Bounds by the multipliers, case by case: the Lagrangian's least over the boxes, curvature by its tangent."""
    v, y, z = raw
    count = len(s.columns) - 1
    of_column = np.repeat(np.arange(count), np.diff(s.columns))
    of_equality = np.repeat(np.arange(count), np.diff(s.equalities))
    of_row = np.repeat(np.arange(count), np.diff(s.rows))
    up = np.where(np.isfinite(s.high), np.maximum(z, 0.0), 0.0)
    down = np.where(np.isfinite(s.low), np.minimum(z, 0.0), 0.0)
    limit = up * np.where(up > 0, s.high, 0.0) + down * np.where(down < 0, s.low, 0.0)
    owed = _sums(of_equality, y * s.a, count) + _sums(of_row, limit, count)
    curved = s.P @ v
    tangent = curved - s.own * v
    along = s.A.T @ y + s.G.T @ (up + down)
    slope = s.q + tangent + along
    best = np.where(slope > 0, s.lower, s.upper)
    own = s.own > 0
    best[own] = np.clip(-slope[own] / s.own[own], s.lower[own], s.upper[own])
    least = slope * best + 0.5 * s.own * best * best - 0.5 * v * tangent
    bound = _sums(of_column, least, count) - owed
    value = _sums(of_column, s.q * v + 0.5 * v * curved, count)
    reached = s.G @ v
    broken = np.zeros(count)
    np.maximum.at(broken, of_equality, np.abs(s.A @ v - s.a))
    np.maximum.at(broken, of_row, np.maximum(reached - s.high, s.low - reached))
    ended = (broken <= _KEPT) & (value - bound <= _PROVED * np.maximum(1.0, np.abs(value)))
    # whatever the objective: no point of the box satisfies this sum of rows
    nowhere = _sums(of_column, np.minimum(along * s.lower, along * s.upper), count) - owed
    size = _sums(of_column, np.maximum(np.abs(along * s.lower), np.abs(along * s.upper)), count)
    empty = nowhere > _NO_PLAN * np.maximum(size, 1e-6)
    cuts = s.columns[1:-1]
    return Solved(np.split(v, cuts), np.split(slope, cuts), bound, value, ended, ~ended & empty)


def solve_cases(parts: Parts, cases: Sequence[Case], cost: FloatArray) -> Solved:
    """Solve parts under choices, at costs of all variables.

    Parameters
    ----------
    parts : Parts
        What the cases are of.
    cases : sequence of Case
        At least one.
    cost : ndarray of shape (variables,)
        Linear cost of every variable, prices of tying rows included.
    """
    stack = _stacked(parts, cases, cost)
    found = _judged(stack, _by_piqp(stack))
    if len(cases) == 1 or bool(found.ended.all()):
        return found
    for c in np.flatnonzero(~found.ended).tolist():
        one = solve_cases(parts, cases[c : c + 1], cost)
        found.v[c], found.slope[c] = one.v[0], one.slope[0]
        found.bound[c], found.value[c] = max(one.bound[0], found.bound[c]), one.value[0]
        found.ended[c], found.empty[c] = one.ended[0], one.empty[0] or found.empty[c]
    return found
