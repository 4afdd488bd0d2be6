"""A bound in which every name's own choices are exact, and the mixture of its plans that reaches it.

Problem: the convex relaxation sells a name at a loss and buys it back, a little of both, and branching on one
name after another hardly moves its bound. Decision: what ties names together (cash, exposures, budgets) stands
at prices, and each name has its least over its own discrete choices (`alone`). The best prices come from the
problem over mixtures of the plans found so far (Dantzig and Wolfe 1960), drawn half-way to the best ones known
so that they settle (Wentges 1997). Few names are mixed in the end, as many as rows bind (Shapley and Folkman),
so the mixture is close to a plan. Tracking-error caps keep the prices they had, washes at a price their chord,
and numbers of names and trades their relaxation: the bound holds, and may be loose there.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.plan import Plan
from di_advisor.solve.matrices import SCALE
from di_advisor.solve.staged.alone import least_alone
from di_advisor.solve.staged.answer import StagedAnswer
from di_advisor.solve.staged.parts import Parts
from di_advisor.solve.staged.stacked import Case

__all__ = ["Mixture"]

_TOLERANCE = 1e-8
_MAX_ITERATIONS = 80
_GROW = 128.0
_DEAR = 1.0  # of what is at stake, for a part
_USED = 1e-6
_EXACT = 1e-6  # of what is at stake: how exactly each part is searched


@dataclass(frozen=True, eq=False)
class _Prices:
    """Of the tying equalities and rows, and the shared variables where the curved ones are touched."""

    equality: FloatArray
    row: FloatArray
    shared: FloatArray

    def towards(self, other: _Prices, share: float) -> _Prices:
        """A mean of both."""
        pairs = ((self.equality, other.equality), (self.row, other.row), (self.shared, other.shared))
        return _Prices(*((1.0 - share) * mine + share * yours for mine, yours in pairs))


@dataclass(eq=False)
class _Columns:
    """Plans of one part: variables, cost, and what they take of the tying rows."""

    v: list[FloatArray] = field(default_factory=list)
    cost: list[float] = field(default_factory=list)
    equality: list[FloatArray] = field(default_factory=list)
    row: list[FloatArray] = field(default_factory=list)

    def keep(self, which: list[int]) -> None:
        """Only some of them."""
        self.v, self.cost = [self.v[j] for j in which], [self.cost[j] for j in which]
        self.equality, self.row = [self.equality[j] for j in which], [self.row[j] for j in which]


class Mixture:
    """Mixtures of every part's plans, and the bound that their prices prove.

    Attributes
    ----------
    bound : float
        Of any plan; minus infinity before the first step.
    value : float
        Of the best mixture of the plans known.
    shares : list of ndarray
        How much of each plan of each part is in it.
    cheapest : list of ndarray or None
        The plan of each part that is best at the prices that prove the bound.
    work : float
        Parts solved by the last step, over the number of parts.
    """

    def __init__(self, parts: Parts, root: StagedAnswer, stake: float) -> None:
        self.parts, self.stake = parts, stake
        self.bound, self.value, self.work = -np.inf, np.inf, 0.0
        self.columns = [_Columns() for _ in parts.parts]
        self.shares: list[FloatArray] = [np.ones(1) for _ in parts.parts]
        self.cheapest: list[FloatArray | None] = [None] * len(parts.parts)
        self.charged = np.zeros(len(parts.layout.q))  # cost of every variable at those prices
        self.known: dict[int, Case] = {}
        self.prices = _Prices(root.equality[parts.tying_equalities], root.rows[parts.tying_rows], root.v[parts.shared])
        self.centre = self.prices
        shared = parts.shared
        self.curvature = parts.layout.P.tocsr()[shared][:, shared].tocsc()
        for i, part in enumerate(parts.parts):  # keeps the tying rows; charged so that no plan is worth what it washes
            self._add(i, root.v[part.columns], _DEAR * stake)

    def add(self, plans: tuple[Plan, ...]) -> None:
        """Plans of all parts at once."""
        v = self.parts.of(plans)
        for i, part in enumerate(self.parts.parts):
            self._add(i, v[part.columns])

    def _add(self, i: int, v: FloatArray, charge: float = 0.0) -> None:
        part, columns = self.parts.parts[i], self.columns[i]
        at, m = part.columns, self.parts.layout
        rows, places, values = part.P
        columns.v.append(v)
        columns.cost.append(float(m.q[at] @ v) + 0.5 * float((values * v[rows]) @ v[places]) + charge)
        columns.equality.append(np.asarray(self.parts.A[:, at] @ v))
        columns.row.append(np.asarray(self.parts.G[:, at] @ v))

    def improve(self, step: Callable[[], None] = lambda: None) -> None:
        """The bound at the next prices, the plans that are best at them, and the best mixture with those."""
        cost, rest, prices = self._charged(self.prices)
        found = least_alone(
            self.parts, cost, tolerance=_EXACT * self.stake / max(len(self.columns), 1), known=self.known, step=step
        )
        self.work = found.solves / max(len(self.columns), 1)
        bound = rest + float(found.bound.sum())
        if np.isfinite(bound) and bound > self.bound:
            self.bound, self.centre, self.cheapest, self.charged = bound, prices, found.v, cost
        self._forget()
        for i, (case, v) in enumerate(zip(found.best, found.v, strict=True)):
            if case is not None and v is not None:
                self.known[i] = case
                self._add(i, v)
        self.prices = self._mixed().towards(self.centre, 0.5)

    def lost(self, v: FloatArray) -> FloatArray:
        """What each part of a whole plan costs beyond its cheapest, at the prices that prove the bound; shape (parts,).

        With what rows and shared variables leave, their sum is the distance from the bound.
        """
        found = np.zeros(len(self.cheapest))
        for i, (part, best) in enumerate(zip(self.parts.parts, self.cheapest, strict=True)):
            if best is not None:
                found[i] = self._cost(i, v[part.columns]) - self._cost(i, best)
        return found

    def _cost(self, i: int, v: FloatArray) -> float:
        """Of a part's plan, at the prices that prove the bound."""
        part = self.parts.parts[i]
        rows, places, values = part.P
        return float(self.charged[part.columns] @ v) + 0.5 * float((values * v[rows]) @ v[places])

    def _forget(self) -> None:
        """Leave out plans that the last mixture did not use: their rows are dense, and cost most at 500 names."""
        for columns, shares in zip(self.columns, self.shares, strict=True):
            count = len(columns.cost)
            used = [j for j in range(count) if j >= len(shares) or shares[j] > _USED]
            if len(used) < count:
                columns.keep(used)

    def _charged(self, prices: _Prices) -> tuple[FloatArray, float, _Prices]:
        """Cost of every variable at prices, the least of what no part has, and the prices as they count."""
        parts, m = self.parts, self.parts.layout
        at, low, high = parts.shared, m.low[parts.tying_rows], m.high[parts.tying_rows]
        up = np.where(np.isfinite(high), np.maximum(prices.row, 0.0), 0.0)
        down = np.where(np.isfinite(low), np.minimum(prices.row, 0.0), 0.0)
        tangent = np.zeros(len(m.q))
        tangent[at] = self.curvature @ prices.shared
        equality = np.zeros(len(m.a))
        equality[parts.tying_equalities] = prices.equality
        for here in m.legs:  # exposures without a box: the price that leaves nothing to gain
            free = np.flatnonzero(m.free[here.e])
            equality[here.exposure.start + free] = -(tangent + m.q)[here.e.start + free]
        mine = equality[parts.tying_equalities]
        cost = m.q + parts.A.T @ mine + parts.G.T @ (up + down)
        slope = (cost + tangent)[at]
        rest = m.constant - 0.5 * float(prices.shared @ tangent[at]) - float(mine @ m.a[parts.tying_equalities])
        rest -= float(up[up > 0] @ high[up > 0]) + float(down[down < 0] @ low[down < 0])
        rest += float(np.minimum(slope * m.lower[at], slope * m.upper[at]).sum())
        return cost, rest, _Prices(mine, up + down, prices.shared)

    def _mixed(self) -> _Prices:
        """The best mixture of the plans known: its shares, its value, and its prices."""
        parts, m, shared = self.parts, self.parts.layout, self.parts.shared
        counts = [len(c.cost) for c in self.columns]
        total, of = sum(counts), np.repeat(np.arange(len(counts)), counts)
        cost = np.concatenate([c.cost for c in self.columns])
        equality = np.array([taken for c in self.columns for taken in c.equality]).T
        row = np.array([taken for c in self.columns for taken in c.row]).T
        whole = sp.csr_matrix((np.ones(total), (of, np.arange(total))), shape=(len(counts), total + len(shared)))
        tied = sp.hstack([sp.csc_matrix(equality * SCALE), parts.A[:, shared]])
        solver = importlib.import_module("piqp").SparseSolver()
        settings = solver.settings
        settings.eps_abs = settings.eps_rel = _TOLERANCE
        settings.max_iter = _MAX_ITERATIONS
        settings.preconditioner_scale_cost = True
        low, high = m.lower[shared] * SCALE, m.upper[shared] * SCALE
        solver.setup(
            sp.block_diag([sp.csc_matrix((total, total)), self.curvature * (_GROW / SCALE**2)], format="csc"),
            np.r_[cost * _GROW, m.q[shared] * (_GROW / SCALE)],
            sp.vstack([tied, whole]).tocsc(),
            np.r_[m.a[parts.tying_equalities] * SCALE, np.ones(len(counts))],
            sp.hstack([sp.csc_matrix(row * SCALE), parts.G[:, shared]]).tocsc(),
            m.low[parts.tying_rows] * SCALE,
            m.high[parts.tying_rows] * SCALE,
            np.r_[np.zeros(total), np.where(m.free[shared], -np.inf, low)],
            np.r_[np.full(total, np.inf), np.where(m.free[shared], np.inf, high)],
        )
        solver.solve()
        result, back = solver.result, SCALE / _GROW
        x = np.nan_to_num(np.asarray(result.x))
        share, at = np.maximum(x[:total], 0.0), x[total:] / SCALE
        self.value = float(cost @ share + m.q[shared] @ at + 0.5 * at @ (self.curvature @ at)) + m.constant
        self.shares = np.split(share, np.cumsum(counts)[:-1])
        y, z = np.nan_to_num(np.asarray(result.y)), np.nan_to_num(np.asarray(result.z_u - result.z_l))
        return _Prices(y[: len(parts.tying_equalities)] * back, z * back, at)
