"""Whole shares: walk the lattice of share counts downhill from the continuous plan.

Rounding each trade to the nearest share moves cash, bands and risk by more than round-off when
positions are a few shares. Decision: start at the nearest counts; while a rule is broken take the
single step of one share that costs least for what it mends; then, as long as one helps, the step
that lowers the objective most (at the solution's price of risk) and breaks nothing. Limits: a local
optimum over single steps; the certificate counts what rounding cost.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.account_rules import CashRange, Turnover
from di_advisor.formulate.problem import Problem
from di_advisor.formulate.rules import ActiveGroup
from di_advisor.formulate.terms import TradingCost

__all__ = ["Lattice", "SaleCurve", "descend"]

_PENALTY = 10.0
_VARIANCE_PENALTY = 1e4
_HELPS = 1e-12
_FIRST = 1e6
_MARGIN = 1e-7


@dataclass(frozen=True)
class SaleCurve:
    """Tax (and waiting value) of selling an amount of each name, lots in fill order.

    Attributes
    ----------
    lot : ndarray of int
        Sellable lots, by name, in fill order.
    name, start, width, slope : ndarray
        Their name, where they start within the name, how much they hold, and tax per unit.
    """

    lot: NDArray[np.int64]
    name: NDArray[np.int64]
    start: FloatArray
    width: FloatArray
    slope: FloatArray

    @classmethod
    def of(cls, lot_name: NDArray[np.int64], width: FloatArray, slope: FloatArray) -> SaleCurve:
        """Curve of lots with the weight that may be sold and tax per unit, shapes (L,)."""
        lot = np.flatnonzero(width > 0)
        lot = lot[np.lexsort((slope[lot], lot_name[lot]))]
        name = lot_name[lot]
        end = np.cumsum(width[lot])
        first = np.flatnonzero(np.r_[True, name[1:] != name[:-1]]) if len(lot) else np.zeros(0, np.int64)
        offset = np.repeat(
            np.r_[0.0, end[first[1:] - 1]] if len(first) else np.zeros(0), np.diff(np.r_[first, len(lot)])
        )
        return cls(lot, name, end - width[lot] - offset, width[lot], slope[lot])

    def filled(self, amount: FloatArray) -> FloatArray:
        """How much of each of `lot` is sold when so much of its name is sold."""
        return np.asarray(np.clip(amount[self.name] - self.start, 0.0, self.width), dtype=np.float64)

    def value(self, amount: FloatArray) -> FloatArray:
        """Tax of selling an amount of each name, shape (n,)."""
        total = np.bincount(self.name, weights=self.filled(amount) * self.slope, minlength=len(amount))
        return np.asarray(total, dtype=np.float64)


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
    """

    direction: FloatArray
    unit: FloatArray
    lowest: NDArray[np.int64]
    highest: NDArray[np.int64]


class _Merit:
    """Objective plus penalties, with the change of every single step at once."""

    def __init__(self, problem: Problem, lattice: Lattice, sale: SaleCurve, fixed: FloatArray, price: float) -> None:
        block = problem.block
        self.block, self.lattice, self.sale, self.price = block, lattice, sale, price
        self.cost = next(t for t in problem.terms if isinstance(t, TradingCost))
        self.fixed = fixed
        risk = block.risk
        self.xf = risk.exposures @ risk.factor_covariance_per_year
        self.own = (self.xf * risk.exposures).sum(axis=1) + risk.specific_variance_per_year
        groups = [r for r in problem.rules if isinstance(r, ActiveGroup)]
        n = len(lattice.unit)
        self.rows = np.array([g.coefficients for g in groups]).reshape(len(groups), n)
        self.row_low = np.array([g.lower for g in groups]) + _MARGIN
        self.row_high = np.array([g.upper for g in groups]) - _MARGIN
        cash = next(r for r in problem.rules if isinstance(r, CashRange))
        self.cash_low, self.cash_high = cash.lower + _MARGIN, max(cash.upper - _MARGIN, cash.lower + _MARGIN)
        self.turnover = min((r.upper for r in problem.rules if isinstance(r, Turnover)), default=np.inf) - _MARGIN
        self.cap = None if block.tracking_error_max is None else (block.tracking_error_max * (1 - 1e-7)) ** 2

    def amounts(self, count: NDArray[np.int64]) -> FloatArray:
        return np.asarray(count * self.lattice.unit, dtype=np.float64)

    def _sold(self, amount: FloatArray) -> FloatArray:
        return np.where(self.lattice.direction < 0, amount, 0.0)

    def _charge(self, amount: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Cost and tax of each name, shapes (n,), for an amount in its direction."""
        return self.cost.of(amount), self.sale.value(self._sold(amount))

    def best_step(self, count: NDArray[np.int64]) -> tuple[int, int, float]:
        """Name, step and change of the single step that helps most."""
        lattice, block = self.lattice, self.block
        amount = self.amounts(count)
        z = block.holdings.active + self.fixed + lattice.direction * amount
        e = block.risk.exposures.T @ z
        slope = 2.0 * (self.xf @ e + block.risk.specific_variance_per_year * z)
        cost, tax = self._charge(amount)
        variance = block.risk.variance_per_year(z)
        rows = self.rows @ z
        signed = float((lattice.direction * amount).sum() + self.fixed.sum())
        traded = float(amount.sum() + np.abs(self.fixed).sum())
        cash = block.holdings.cash - signed - float(cost.sum()) - float(self.cost.of(np.abs(self.fixed)).sum())
        now = self._penalty(rows[:, None], np.array([cash]), np.array([variance]), np.array([traded]))[0]
        best = (-1, 0, -_HELPS)
        for step in (1, -1):
            after = count + step
            after = np.where((step < 0) & (count == lattice.lowest), 0, after)
            after = np.where((step > 0) & (count == 0), lattice.lowest, after)
            open_ = (lattice.direction != 0) & (after <= lattice.highest) & (after >= 0)
            if not open_.any():
                continue
            moved = self.amounts(after)
            change = lattice.direction * (moved - amount)
            cost_after, tax_after = self._charge(moved)
            d_variance = slope * change + self.own * change * change
            penalty = self._penalty(
                rows[:, None] + self.rows * change[None, :],
                cash - change - (cost_after - cost),
                variance + d_variance,
                traded + (moved - amount),
            )
            objective = self.price * d_variance + (cost_after - cost) + (tax_after - tax)
            if now > 0:  # mend first, by the step that costs least for what it mends
                mended = now - penalty
                total = np.where(mended > _HELPS, objective / np.maximum(mended, _HELPS) - _FIRST, np.inf)
            else:
                total = np.where(penalty > 0, np.inf, objective)
            total = np.where(open_, total, np.inf)
            i = int(total.argmin())
            if total[i] < best[2]:
                best = (i, int(after[i] - count[i]), float(total[i]))
        return best

    def _penalty(self, rows: FloatArray, cash: FloatArray, variance: FloatArray, traded: FloatArray) -> FloatArray:
        over = np.maximum(self.row_low[:, None] - rows, 0.0).sum(axis=0)
        over = over + np.maximum(rows - self.row_high[:, None], 0.0).sum(axis=0)
        over = over + np.maximum(self.cash_low - cash, 0.0) + np.maximum(cash - self.cash_high, 0.0)
        if np.isfinite(self.turnover):
            over = over + np.maximum(0.5 * traded - self.turnover, 0.0)
        total = _PENALTY * over
        if self.cap is not None:
            total = total + _VARIANCE_PENALTY * np.maximum(variance - self.cap, 0.0)
        return np.asarray(total, dtype=np.float64)


def descend(
    problem: Problem,
    lattice: Lattice,
    sale: SaleCurve,
    count: NDArray[np.int64],
    fixed: FloatArray,
    price: float,
    *,
    steps_max: int,
) -> NDArray[np.int64]:
    """Share counts after walking downhill.

    Parameters
    ----------
    problem : Problem
        Rules and terms.
    lattice : Lattice
        Steps and limits.
    sale : SaleCurve
        Tax of sales.
    count : ndarray of int, shape (n,)
        Where to start.
    fixed : ndarray of shape (n,)
        Net trades that are not rounded (whole positions sold).
    price : float
        Price of variance.
    steps_max : int
        Budget.
    """
    merit = _Merit(problem, lattice, sale, fixed, price)
    count = count.copy()
    for _ in range(steps_max):
        name, step, _change = merit.best_step(count)
        if name < 0:
            break
        count[name] += step
    return count
