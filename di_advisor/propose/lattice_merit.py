"""What every single step of a share count would do, to the objective and to the rules, all at once.

A move changes one name, so exposures, rows and risk follow from one product each; the best of n
moves costs little more than one evaluation. What depends on a name alone is kept (`lattice_steps`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.terms import TradingCost
from di_advisor.formulate.wash_term import WashDeferral
from di_advisor.propose.lattice_charges import Charges, KnownCharges
from di_advisor.propose.lattice_gains import BudgetedGains
from di_advisor.propose.lattice_limits import Limits, Measured
from di_advisor.propose.lattice_steps import FEWER, LOOKS, Lattice, Steps
from di_advisor.propose.sale_curve import SaleCurve

__all__ = ["HELPS", "Merit"]

HELPS = 1e-12
"""Smallest change of the objective that counts, fraction of the account."""

_FIRST = 1e6
_TRIES = 25


@dataclass(frozen=True)
class _State:
    """Counts as active weights, and what the rules limit."""

    active: FloatArray
    measured: Measured


class Merit:
    """Objective and broken rules, with the change of every single step at once."""

    def __init__(self, problem: Problem, lattice: Lattice, sale: SaleCurve, fixed: FloatArray, price: float) -> None:
        block = problem.block
        self.block, self.lattice, self.price, self.fixed = block, lattice, price, fixed
        self.mends_only = bool(problem.opaque_terms)  # it does not see what a step does to them
        cost = next(t for t in problem.terms if isinstance(t, TradingCost))
        gains = BudgetedGains(problem, sale)
        losing = next((t.losing for t in problem.terms if isinstance(t, WashDeferral)), None)
        charges = Charges(
            cost, sale, gains, lattice.direction, block.wash, None if losing is None else losing[sale.lot]
        )
        risk = block.risk
        xf = risk.exposures @ risk.factor_covariance_per_year
        own = (xf * risk.exposures).sum(axis=1) + risk.specific_variance_per_year
        self.steps = Steps(lattice, KnownCharges(charges, lattice.unit), own)
        names = self.steps.names
        self._xf, self._specific = xf[names], risk.specific_variance_per_year[names]
        self._tilt = np.zeros(len(names)) if block.tilt is None else block.tilt[names]
        direction = np.where(fixed != 0, np.sign(fixed), lattice.direction)
        self.limits = Limits(problem, direction, gains, names)
        self._fixed_cost = float(cost.of(np.abs(fixed), selling=fixed < 0).sum())
        self._fixed_gains = gains.of(np.maximum(-fixed, 0.0)).sum(axis=1)
        self._fixed_traded = float(np.abs(fixed).sum())
        self._held = float(block.holdings.active.sum())

    def best_step(self, count: NDArray[np.int64]) -> tuple[int, int]:
        """Name and step that help most; name -1 when none does."""
        now = self._state(count)
        broken = self.limits.passed(now.active, now.measured)
        if self.mends_only and broken <= 0:
            return -1, 0
        looks = LOOKS if broken > 0 else FEWER + 1  # while mending, one share at a time may take too long
        left, objective = self._moved(now, slice(0, looks))
        if broken > 0:  # mend first, by the step that costs least for what it mends
            mended = broken - left
            total = np.where(mended > HELPS, objective / np.maximum(mended, HELPS) - _FIRST, np.inf)
        else:
            total = np.where(left > 0, np.inf, objective)
        look, at = divmod(int(total.argmin()), total.shape[1]) if total.size else (0, 0)
        if not total.size or total[look, at] >= -HELPS:
            return -1, 0
        name = int(self.steps.names[at])
        return name, int(self.steps.after[look, at]) - int(count[name])

    def judged(self, count: NDArray[np.int64]) -> tuple[float, float]:
        """Objective (at this price of risk) and how far the rules are broken."""
        now = self._state(count)
        objective = self.price * float(now.measured.variance[0]) + float(self.steps.now[:2].sum())
        objective += float(self._tilt @ (now.active - self.block.holdings.active)[self.steps.names])
        return objective, self.limits.passed(now.active, now.measured)

    def fewer(self, count: NDArray[np.int64], name: int) -> int:
        """One step less of a name, or none where that would be less than its fewest."""
        less = int(count[name]) - 1
        return less if less >= self.lattice.lowest[name] else 0

    def unwanted(self, count: NDArray[np.int64]) -> list[int]:
        """Names of which one step less would lower the objective if no rule stood in the way, largest gain first."""
        if self.mends_only:
            return []
        gain = self._objective(self._state(count), slice(FEWER, FEWER + 1))[0]
        order = np.argsort(gain)[:_TRIES]
        return [int(self.steps.names[i]) for i in order if gain[i] < -HELPS]

    def _state(self, count: NDArray[np.int64]) -> _State:
        block = self.block
        self.steps.at(count)
        amount = count * self.lattice.unit
        active = block.holdings.active + self.fixed + self.lattice.direction * amount
        cost, gains = float(self.steps.now[0].sum()) + self._fixed_cost, self.steps.now[2:].sum(axis=1)
        return _State(
            active,
            Measured(
                cash=np.array([block.holdings.cash - (float(active.sum()) - self._held)]),
                cost=np.array([cost]),
                variance=np.array([block.risk.variance_per_year(active)]),
                traded=np.array([float(amount.sum()) + self._fixed_traded]),
                gains=(gains + self._fixed_gains)[:, None],
            ),
        )

    def _variance(self, now: _State, looks: slice) -> FloatArray:
        """What each step does to the variance, shape (k, t)."""
        on_factors = self.block.risk.exposures.T @ now.active
        slope = 2.0 * (self._xf @ on_factors + self._specific * now.active[self.steps.names])
        return np.asarray(slope * self.steps.change[looks] + self.steps.squared[looks], dtype=np.float64)

    def _objective(self, now: _State, looks: slice) -> FloatArray:
        return self._worth(self._variance(now, looks), looks)

    def _worth(self, variance: FloatArray, looks: slice) -> FloatArray:
        cost, tax = self.steps.charged[0, looks], self.steps.charged[1, looks]
        return np.asarray(self.price * variance + cost + tax + self._tilt * self.steps.change[looks], dtype=np.float64)

    def _moved(self, now: _State, looks: slice) -> tuple[FloatArray, FloatArray]:
        """How far the rules are broken after each step, and what each does to the objective, shapes (k, t)."""
        steps, was = self.steps, now.measured
        variance, change = self._variance(now, looks), steps.change[looks]
        gains = steps.charged[2:, looks]
        there = Measured(
            cash=(was.cash - change).ravel(),
            cost=(was.cost + steps.charged[0, looks]).ravel(),
            variance=(was.variance + variance).ravel(),
            traded=(was.traded + change * self.lattice.direction[steps.names]).ravel(),
            gains=was.gains + gains.reshape(len(gains), change.size),
        )
        return self.limits.passed_after(now.active, change, there), self._worth(variance, looks)
