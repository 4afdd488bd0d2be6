"""Wishes one by one: the rules of a problem, each of which may be kept, given room, or dropped.

Problem: the block that the solvers see has the rules baked into boxes and segment widths, and a
contradiction can only be taken apart where each rule can leave by itself. Decision: segments are
cut anew as wide as the account allows (every lot, every name up to the whole account), and every
linear rule becomes rows ``A x <= b`` on their amounts, held as one unit; locks are one row, the
sum of what is locked. The tracking-error cap has no rows: the smallest tracking error that the
other wishes leave is solved for by the hot path.

Limits: minimum trades and the two sides of a wash sale are discrete and left out; what trading
a locked name would cost in cash is read from chords that were cut for what is open.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from copy import copy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.errors import UncertifiedError
from di_advisor.formulate.account_rules import CashRange, MinimumTrade, TrackingErrorCap
from di_advisor.formulate.count_rules import MaximumNames, MaximumTrades
from di_advisor.formulate.own_affine import AffineRule
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.problem import Block, Problem
from di_advisor.formulate.rules import ActiveGroup, Locked, NameLimits, Rule
from di_advisor.formulate.segments import Segments, cut
from di_advisor.formulate.separable import Row, add_up
from di_advisor.formulate.tax_rules import TaxBudget
from di_advisor.solve.choices import relaxed
from di_advisor.solve.quadratic import QuadraticProgram
from di_advisor.solve.solution import variance_of
from di_advisor.solve.tracking import RISK_ALONE, refuse

__all__ = ["Elastic", "LeastRisk", "Rows", "Wishes"]

_EXACT = 1e-10
_BINDS = 1e-9
_HIDDEN = 1e-12
_NO_PLAN = 2  # scipy's code for infeasible
_THINNEST = 1e-6
"""Room beyond the least that a rule must give, so that what is left to the hot path has an inside."""


@dataclass(frozen=True)
class Rows:
    """One rule as ``matrix x <= limit`` on the amounts of the wide segments.

    Attributes
    ----------
    matrix : sparse of shape (r, m)
        Coefficients.
    limit : ndarray of shape (r,)
        Right-hand sides.
    below : ndarray of bool, shape (r,)
        Whether a row keeps a minimum.
    """

    matrix: Any
    limit: FloatArray
    below: NDArray[np.bool_]

    def excess(self, amounts: FloatArray) -> FloatArray:
        """By how much each row is broken, negative where there is room."""
        return np.asarray(self.matrix @ amounts - self.limit, dtype=np.float64)


@dataclass(frozen=True)
class Elastic:
    """The least that some wishes must give, the others being kept.

    Attributes
    ----------
    given : dict of int to float
        By wish: how far it gives.
    amounts : ndarray of shape (m,)
        The plan that needs it.
    needed : frozenset of int
        Wishes whose rows carry a price: the others may leave and nothing changes.
    """

    given: dict[int, float]
    amounts: FloatArray
    needed: frozenset[int]

    @property
    def total(self) -> float:
        """Sum of what is given."""
        return sum(self.given.values())


@dataclass(frozen=True)
class LeastRisk:
    """The plan of smallest tracking error (per year, a fraction) among those that keep some wishes."""

    tracking_error: float
    amounts: FloatArray


class Wishes:
    """The rules of a problem, numbered as in `Problem.rules`.

    Parameters
    ----------
    problem : Problem
        One account.
    """

    def __init__(self, problem: Problem) -> None:
        block, holdings = problem.block, problem.block.holdings
        self.problem = problem
        self.rules: tuple[Rule, ...] = problem.rules
        n, lots = len(holdings.held), len(holdings.lot_name)
        total = add_up((t.separable() for t in problem.separable_terms), lots, n)
        lock = next((r for r in self.rules if isinstance(r, Locked)), None)
        closed = np.zeros(lots, np.bool_) if lock is None else ~lock.sellable
        unbuyable = np.zeros(n, np.bool_) if lock is None else ~lock.buyable
        self._wide = self._cut(total.traded, closed)
        held_back = np.r_[closed, False][self._wide.lot]  # a buy has lot -1
        self._locked = np.where(self._wide.sell, held_back, unbuyable[self._wide.name])
        self._block = replace(
            block,
            segments=self._wide,
            min_trade=np.zeros(n),
            tracking_error_max=None,
            wash=None,
            names_max=None,
            trades_max=None,
            share_step=None,
            power=None,
            impact=np.zeros(n),
        )
        aside = (TrackingErrorCap, MinimumTrade, MaximumNames, MaximumTrades)
        self.linear = [j for j, rule in enumerate(self.rules) if not isinstance(rule, aside)]
        self.cap = next((j for j, rule in enumerate(self.rules) if isinstance(rule, TrackingErrorCap)), None)
        self.rows = {j: self._rows(self.rules[j]) for j in self.linear}

    def with_rule(self, j: int, rule: Rule) -> Wishes:
        """The same with another rule in the place of one."""
        rules = (*self.rules[:j], rule, *self.rules[j + 1 :])
        found = copy(self)
        found.problem, found.rules = replace(self.problem, rules=rules), rules
        found.rows = {**self.rows, j: self._rows(rule)}
        return found

    def _cut(self, traded: Any, closed: NDArray[np.bool_]) -> Segments:  # noqa: ANN401 - chords or None
        """Segments as wide as the account, locked lots last in each name."""
        holdings = self.problem.block.holdings
        return cut(
            holdings.lot_name,
            holdings.lot_weight,
            closed.astype(np.float64),
            np.zeros(len(closed), dtype=np.bool_),
            np.ones(len(holdings.held)),
            traded,
        )

    def _coupling(self, rule: Rule) -> tuple[Row, ...]:
        """A rule's coupling rows; a band on a factor, which is a box of the block, as a row too."""
        if isinstance(rule, ActiveGroup):
            return (Row(rule.name, rule.lower, rule.upper, on_active=rule.coefficients),)
        return rule.all_rows(self._wide) if isinstance(rule, AffineRule) else rule.rows(self._wide)

    def _rows(self, rule: Rule) -> Rows:
        import scipy.sparse as sp

        wide, holdings = self._wide, self.problem.block.holdings
        m, n = len(wide), len(holdings.held)
        net = sp.csr_matrix((wide.sign, (wide.name, np.arange(m))), shape=(n, m))
        if isinstance(rule, Locked):
            return Rows(sp.csr_matrix(self._locked.astype(np.float64)[None, :]), np.zeros(1), np.zeros(1, np.bool_))
        if isinstance(rule, NameLimits):
            top = np.flatnonzero(np.isfinite(rule.upper))
            floor = np.flatnonzero(rule.lower > _HIDDEN - holdings.target)  # sold out is where lots end anyway
            limit = np.r_[(rule.upper - holdings.active)[top], (holdings.active - rule.lower)[floor]]
            below = np.r_[np.zeros(len(top), np.bool_), np.ones(len(floor), np.bool_)]
            return Rows(sp.vstack([net[top], -net[floor]]).tocsr(), limit, below)
        matrix, limits, sides = [], [], []
        cash = isinstance(rule, CashRange)  # the amount that its upper rows limit is what leaves the cash
        for row in self._coupling(rule):
            on = np.zeros(m) if row.on_segments is None else np.asarray(row.on_segments, dtype=np.float64)
            start = 0.0
            if row.on_active is not None:
                on = on + net.T @ row.on_active
                start = float(row.on_active @ holdings.active)
            if math.isfinite(row.upper):
                matrix.append(on)
                limits.append(row.upper - row.reserve - start)
                sides.append(cash)
            if math.isfinite(row.lower):
                matrix.append(-on)
                limits.append(start - row.lower)
                sides.append(not cash)
        return Rows(sp.csr_matrix(np.reshape(matrix, (len(limits), m))), np.array(limits), np.array(sides, np.bool_))

    def given_in(self, j: int, amount: float, amounts: FloatArray) -> float:
        """What a wish gives in a plan, in the unit of its measure; rows of a tax budget count gains, not tax."""
        rule, wide = self.rules[j], self._wide
        if not isinstance(rule, TaxBudget):
            return amount
        sold = np.bincount(wide.lot[wide.sell], weights=amounts[wide.sell], minlength=len(rule.tax.gains.short))
        return max(rule.measure(Plan(np.asarray(sold, dtype=np.float64), np.zeros(0))) - rule.upper, 0.0)

    def names_giving(self, j: int, amounts: FloatArray) -> list[str]:
        """Tickers of the names for which locks or name limits give, the largest first; empty for other wishes."""
        rule, securities = self.rules[j], self.problem.block.risk.universe.securities
        n = len(securities)
        if isinstance(rule, Locked):
            over = np.bincount(self._wide.name, weights=np.where(self._locked, amounts, 0.0), minlength=n)
        elif isinstance(rule, NameLimits):
            z = self.active(amounts)
            over = np.maximum(rule.lower - z, z - rule.upper)
        else:
            return []
        order = np.argsort(-over, kind="stable")
        return [securities[i].ticker for i in order.tolist() if over[i] > _THINNEST]

    def active(self, amounts: FloatArray) -> FloatArray:
        """Active weights after a plan, shape (n,)."""
        held = self.problem.block.holdings.active
        moved = np.bincount(self._wide.name, weights=self._wide.sign * amounts, minlength=len(held))
        return np.asarray(held + moved, dtype=np.float64)

    def elastic(self, soft: Collection[int], hard: Collection[int] = ()) -> Elastic | None:
        """The least total that the soft wishes must give while the hard ones hold; None if these already clash.

        A linear program (HiGHS); each soft wish has one amount by which all its rows give.

        Raises
        ------
        UncertifiedError
            If the linear program ends in neither of the two ways.
        """
        import scipy.sparse as sp
        from scipy.optimize import linprog

        soft, kept = list(soft), [*soft, *hard]
        m = len(self._wide)
        if not kept:
            return Elastic({}, np.zeros(m), frozenset())
        sizes = [len(self.rows[j].limit) for j in kept]
        owner = np.repeat(np.arange(len(kept)), sizes)
        gives = owner < len(soft)
        slack = sp.csr_matrix(
            (-np.ones(int(gives.sum())), (np.flatnonzero(gives), owner[gives])), shape=(len(owner), len(soft))
        )
        found = linprog(
            np.r_[np.zeros(m), np.ones(len(soft))],
            A_ub=sp.hstack([sp.vstack([self.rows[j].matrix for j in kept]), slack]).tocsr(),
            b_ub=np.concatenate([self.rows[j].limit for j in kept]),
            bounds=np.c_[np.zeros(m + len(soft)), np.r_[self._wide.width, np.full(len(soft), np.inf)]],
            method="highs",
            options={"primal_feasibility_tolerance": _EXACT, "dual_feasibility_tolerance": _EXACT},
        )
        if found.status == _NO_PLAN:
            return None
        if found.status != 0 or found.x is None:
            raise UncertifiedError(f"The elastic problem ended with: {found.message}", hint="No trades are proposed.")
        priced = np.unique(owner[np.abs(found.ineqlin.marginals) > _BINDS])
        given = {j: max(float(t), 0.0) for j, t in zip(soft, found.x[m:], strict=True)}
        return Elastic(given, np.asarray(found.x[:m]), frozenset(kept[i] for i in priced.tolist()))

    def least_risk(self, kept: Collection[int], given: Mapping[int, float] | None = None) -> LeastRisk:
        """The smallest tracking error among plans that keep some wishes, a few of them given room.

        Raises
        ------
        InfeasibleError, UncertifiedError
            If no plan keeps them, or no solver certifies it.
        """
        block = self.within(kept, given or {})
        answer = QuadraticProgram(block, relaxed(block)).solve(RISK_ALONE, trading=0.0)
        refuse(answer)
        return LeastRisk(math.sqrt(max(variance_of(block, answer.active), 0.0)), answer.amounts)

    def within(self, kept: Collection[int], given: Mapping[int, float]) -> Block:
        """The block under some linear wishes, a few of them given room; nothing in it is discrete, and no cap."""
        block = self._block
        factors = list(block.risk.factors)
        low, high = -block.holdings.target, np.full(len(block.holdings.target), np.inf)
        e_low, e_high = np.full(len(factors), -np.inf), np.full(len(factors), np.inf)
        segments, rows = self._wide, []
        for j in kept:
            rule = self.rules[j]
            room = given[j] + _THINNEST * (1.0 + given[j]) if j in given else 0.0
            if isinstance(rule, Locked):
                if j in given:
                    rows.append(Row(rule.name, -math.inf, room, on_segments=self._locked.astype(np.float64)))
                else:
                    segments = replace(segments, width=np.where(self._locked, 0.0, segments.width))
            elif isinstance(rule, NameLimits):
                low, high = np.maximum(rule.lower - room, low), rule.upper + room
            elif isinstance(rule, ActiveGroup) and rule.factor:
                e_low[factors.index(rule.factor)] = rule.lower - room
                e_high[factors.index(rule.factor)] = rule.upper + room
            else:
                rows += [replace(r, lower=r.lower - room, upper=r.upper + room) for r in self._coupling(rule)]
        return replace(
            block,
            segments=segments,
            active_lower=low,
            active_upper=high,
            exposure_lower=e_low,
            exposure_upper=e_high,
            rows=tuple(rows),
        )
