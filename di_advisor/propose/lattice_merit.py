"""What every single step of a share count would do, to the objective and to the rules, all at once.

A move changes one name, so exposures, rows and risk follow from one product each; the best of n
moves costs little more than one evaluation. Costs, tax and gains are by name (`lattice_charges`), and
looked up where a name's amount did not change since the last look.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.account_rules import CashRange, Turnover
from di_advisor.formulate.own_affine import AffineRule
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.replacements import StandInLimit
from di_advisor.formulate.rules import ActiveGroup
from di_advisor.formulate.terms import TradingCost
from di_advisor.formulate.wash_term import WashDeferral
from di_advisor.propose.lattice_charges import Charged, Charges
from di_advisor.propose.lattice_gains import BudgetedGains
from di_advisor.propose.sale_curve import SaleCurve

__all__ = ["HELPS", "Lattice", "Merit", "SaleCurve"]

_PENALTY = 10.0
_VARIANCE_PENALTY = 1e4
HELPS = 1e-12
"""Smallest change of the objective that counts, fraction of the account."""

_FIRST = 1e6
_PART = 8
_TRIES = 25
_MARGIN = 1e-7


@dataclass(frozen=True)
class Lattice:
    """Share counts as integers: amount of name i is ``count[i] * unit[i]`` in its direction.

    Attributes
    ----------
    direction : ndarray of shape (n,)
        -1 sells, +1 buys, 0 does not trade.
    unit : ndarray of shape (n,)
        Weight of one step of shares.
    lowest, highest : ndarray of int, shape (n,)
        Fewest (unless zero) and most steps.
    forced : ndarray of bool, shape (n,), optional
        Where zero is not allowed either.
    """

    direction: FloatArray
    unit: FloatArray
    lowest: NDArray[np.int64]
    highest: NDArray[np.int64]
    forced: NDArray[np.bool_] | None = None


@dataclass(frozen=True)
class _State:
    """What the rules limit, for one plan or for each of n moves; active weights are those before the moves."""

    active: FloatArray
    rows: FloatArray
    cash: FloatArray
    cost: FloatArray
    variance: FloatArray
    traded: FloatArray
    amount: FloatArray
    charged: Charged
    gains: FloatArray


class Merit:
    """Objective and broken rules, with the change of every single step at once."""

    def __init__(self, problem: Problem, lattice: Lattice, sale: SaleCurve, fixed: FloatArray, price: float) -> None:
        block = problem.block
        self.block, self.lattice, self.sale, self.price = block, lattice, sale, price
        self.cost = next(t for t in problem.terms if isinstance(t, TradingCost))
        self.fixed = fixed
        self.gains = BudgetedGains(problem, sale)
        losing = next((t.losing for t in problem.terms if isinstance(t, WashDeferral)), None)
        self.losing = None if losing is None else losing[sale.lot]
        self.tilt = np.zeros(len(lattice.unit)) if block.tilt is None else block.tilt
        risk = block.risk
        self.xf = risk.exposures @ risk.factor_covariance_per_year
        self.own = (self.xf * risk.exposures).sum(axis=1) + risk.specific_variance_per_year
        self._charges = Charges(self.cost, sale, self.gains, lattice.direction, block.wash, self.losing)
        self._fixed_cost = float(self.cost.of(np.abs(fixed), selling=fixed < 0).sum())
        self._fixed_gains = self.gains.of(np.maximum(-fixed, 0.0)).sum(axis=1)
        self._fixed_traded = np.abs(fixed).sum()
        self._held = float(block.holdings.active.sum())
        self.mends_only = bool(problem.opaque_terms)  # it does not see what a step does to them
        groups = [r for r in problem.rules if isinstance(r, ActiveGroup)]
        own = [row for r in problem.rules if isinstance(r, AffineRule) for row in r.on_weights()]
        limits = [*((g.coefficients, g.lower, g.upper) for g in groups), *own]
        self.rows = np.array([on for on, _, _ in limits]).reshape(len(limits), len(lattice.unit))
        self.row_low = np.array([low for _, low, _ in limits]) + _MARGIN
        self.row_high = np.array([high for _, _, high in limits]) - _MARGIN
        self._keep_stand_ins(problem)
        cash = next(r for r in problem.rules if isinstance(r, CashRange))
        self.cash_low, self.cash_high = cash.lower + _MARGIN, max(cash.upper - _MARGIN, cash.lower + _MARGIN)
        self.turnover = min((r.upper for r in problem.rules if isinstance(r, Turnover)), default=np.inf) - _MARGIN
        self.cap = None if block.tracking_error_max is None else (block.tracking_error_max * (1 - 1e-7)) ** 2

    def _keep_stand_ins(self, problem: Problem) -> None:
        """Rows of stand-ins: with the directions fixed they are linear in the net trades."""
        direction = np.where(self.fixed != 0, np.sign(self.fixed), self.lattice.direction)
        for rule in (r for r in problem.rules if isinstance(r, StandInLimit)):
            on_net = rule.on_net(direction)
            self.rows = np.concatenate([self.rows, on_net[None, :]])
            self.row_low = np.append(self.row_low, -np.inf)
            self.row_high = np.append(self.row_high, float(on_net @ self.block.holdings.active) + HELPS)

    def amounts(self, count: NDArray[np.int64]) -> FloatArray:
        """Weight traded of each name, shape (n,)."""
        return np.asarray(count * self.lattice.unit, dtype=np.float64)

    def best_step(self, count: NDArray[np.int64]) -> tuple[int, int]:
        """Name and step that help most; name -1 when none does."""
        now = self._state(count)
        broken = float(self._broken(now)[0])
        best = (-1, 0, -HELPS)
        slope = self._risk_slope(now)
        if self.mends_only and broken <= 0:
            return -1, 0
        longer = np.maximum(count // _PART, 1)  # only while mending: one share at a time may take too long
        for size, sizes in enumerate((np.ones_like(count), longer) if broken > 0 else (np.ones_like(count),), start=1):
            for look, step in ((size, sizes), (-size, -sizes)):
                after = self._allowed(count, step)
                there, objective = self._moved(now, after, slope, look)
                left = self._broken(there)
                if broken > 0:  # mend first, by the step that costs least for what it mends
                    mended = broken - left
                    gain = objective / np.maximum(mended, HELPS) - _FIRST
                    total = np.where(mended > HELPS, gain, np.inf)
                else:
                    total = np.where(left > 0, np.inf, objective)
                total = np.where(after == count, np.inf, total)
                i = int(total.argmin())
                if total[i] < best[2]:
                    best = (i, int(after[i] - count[i]), float(total[i]))
        return best[0], best[1]

    def judged(self, count: NDArray[np.int64]) -> tuple[float, float]:
        """Objective (at this price of risk) and how far the rules are broken."""
        state = self._state(count)
        objective = self.price * float(state.variance[0]) + float(state.charged.cost.sum() + state.charged.tax.sum())
        objective += float(self.tilt @ (state.active - self.block.holdings.active))
        return objective, float(self._broken(state)[0])

    def fewer(self, count: NDArray[np.int64], name: int) -> int:
        """One step less of a name, or none where that would be less than its fewest."""
        less = int(count[name]) - 1
        return less if less >= self.lattice.lowest[name] else 0

    def unwanted(self, count: NDArray[np.int64]) -> list[int]:
        """Names of which one step less would lower the objective if no rule stood in the way, largest gain first."""
        if self.mends_only:
            return []
        now = self._state(count)
        after = self._allowed(count, -np.ones_like(count))
        _, objective = self._moved(now, after, self._risk_slope(now), -1)
        gain = np.where(after != count, objective, 0.0)
        order = np.argsort(gain)[:_TRIES]
        return [int(i) for i in order if gain[i] < -HELPS]

    def _allowed(self, count: NDArray[np.int64], step: NDArray[np.int64]) -> NDArray[np.int64]:
        """Counts after a step: zero, or within the fewest and the most; unchanged where that is not possible."""
        lattice = self.lattice
        after = count + step
        after = np.where((step > 0) & (count == 0), lattice.lowest, after)
        after = np.where((step < 0) & (after < lattice.lowest), 0, after)
        open_ = (lattice.direction != 0) & (after >= 0) & (after <= lattice.highest)
        if lattice.forced is not None:
            open_ &= ~lattice.forced | (after >= lattice.lowest)
        return np.where(open_, after, count)

    def _state(self, count: NDArray[np.int64]) -> _State:
        block, amount = self.block, self.amounts(count)
        z = block.holdings.active + self.fixed + self.lattice.direction * amount
        charged = self._charges.of(amount)
        return _State(
            active=z,
            rows=(self.rows @ z)[:, None],
            cash=np.array([block.holdings.cash - (float(z.sum()) - self._held)]),
            cost=np.array([float(charged.cost.sum()) + self._fixed_cost]),
            variance=np.array([block.risk.variance_per_year(z)]),
            traded=np.array([float(amount.sum() + self._fixed_traded)]),
            amount=amount,
            charged=charged,
            gains=(charged.gains.sum(axis=1) + self._fixed_gains)[:, None],
        )

    def _risk_slope(self, now: _State) -> FloatArray:
        """Slope of the variance in each name's weight, shape (n,)."""
        risk = self.block.risk
        e = risk.exposures.T @ now.active
        return np.asarray(2.0 * (self.xf @ e + risk.specific_variance_per_year * now.active), dtype=np.float64)

    def _moved(self, now: _State, after: NDArray[np.int64], slope: FloatArray, look: int) -> tuple[_State, FloatArray]:
        """The state after each name's move by itself, and what each move does to the objective."""
        moved = self.amounts(after)
        change = self.lattice.direction * (moved - now.amount)
        d_variance = slope * change + self.own * change * change
        charged = self._charges.of(moved, look)
        d_cost = charged.cost - now.charged.cost
        objective = self.price * d_variance + d_cost + (charged.tax - now.charged.tax) + self.tilt * change
        there = _State(
            active=now.active,
            rows=now.rows + self.rows * change[None, :],
            cash=now.cash - change,
            cost=now.cost + d_cost,
            variance=now.variance + d_variance,
            traded=now.traded + (moved - now.amount),
            amount=moved,
            charged=charged,
            gains=now.gains + (charged.gains - now.charged.gains),
        )
        return there, objective

    def _broken(self, state: _State) -> FloatArray:
        """How far the rules are passed, weighted; 0 where all hold."""
        over = np.maximum(self.row_low[:, None] - state.rows, 0.0).sum(axis=0)
        over = over + np.maximum(state.rows - self.row_high[:, None], 0.0).sum(axis=0)
        over = over + np.maximum(self.cash_low - (state.cash - state.cost), 0.0)
        over = over + np.maximum(state.cash - self.cash_high, 0.0)
        if np.isfinite(self.turnover):
            over = over + np.maximum(0.5 * state.traded - self.turnover, 0.0)
        total = _PENALTY * (over + self.gains.over(state.gains))
        if self.cap is not None:
            total = total + _VARIANCE_PENALTY * np.maximum(state.variance - self.cap, 0.0)
        return np.asarray(total, dtype=np.float64)
