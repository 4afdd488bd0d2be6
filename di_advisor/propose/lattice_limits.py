"""How far share counts pass the rules, now and after each single step.

Problem: a step changes one name, and most rows of coefficients have few names, so weighing every row for every
step repeats itself. Decision: only coefficients that are not zero are looked at; what a step does to a row is
added to how far the rows are passed now. Limits: weights, not dollars; rules that a walk does not see are
checked on the orders.
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
from di_advisor.propose.lattice_gains import BudgetedGains

__all__ = ["Limits", "Measured"]

_PENALTY = 10.0
_VARIANCE_PENALTY = 1e4
_MARGIN = 1e-7
_HELPS = 1e-12


@dataclass(frozen=True)
class Measured:
    """What the rules limit besides rows, of the counts, or of the counts after each of k steps, shape (k,).

    Attributes
    ----------
    cash, cost, variance, traded : ndarray of shape (k,)
        Cash before cost, cost, variance per year, and the sum of what is traded.
    gains : ndarray of shape (g, k)
        Gains that budgets limit.
    """

    cash: FloatArray
    cost: FloatArray
    variance: FloatArray
    traded: FloatArray
    gains: FloatArray


class Limits:
    """The rules that a walk over share counts sees.

    Parameters
    ----------
    problem : Problem
        With its rules.
    direction : ndarray of shape (n,)
        Of every trade, also of those that are not rounded.
    gains : BudgetedGains
        Gains that budgets limit.
    names : ndarray of int, shape (t,)
        Names that have steps.
    """

    def __init__(self, problem: Problem, direction: FloatArray, gains: BudgetedGains, names: NDArray[np.int64]) -> None:
        block = problem.block
        self._gains = gains
        groups = [r for r in problem.rules if isinstance(r, ActiveGroup)]
        own = [row for r in problem.rules if isinstance(r, AffineRule) for row in r.on_weights(direction)]
        limits = [*((g.coefficients, g.lower + _MARGIN, g.upper - _MARGIN) for g in groups)]
        limits += [(on, low + _MARGIN, high - _MARGIN) for on, low, high in own]
        for rule in (r for r in problem.rules if isinstance(r, StandInLimit)):
            on_net = rule.on_net(direction)  # with the directions fixed it is linear in the net trades
            limits.append((on_net, -np.inf, float(on_net @ block.holdings.active) + _HELPS))
        self._rows = np.array([on for on, _, _ in limits]).reshape(len(limits), len(direction))
        self._low, self._high = np.array([a for _, a, _ in limits]), np.array([b for _, _, b in limits])
        self._row, self._on = _by_name(self._rows[:, names])
        cash = next(r for r in problem.rules if isinstance(r, CashRange))
        self._cash_low, self._cash_high = cash.lower + _MARGIN, max(cash.upper - _MARGIN, cash.lower + _MARGIN)
        self._turnover = min((r.upper for r in problem.rules if isinstance(r, Turnover)), default=np.inf) - _MARGIN
        self._cap = None if block.tracking_error_max is None else (block.tracking_error_max * (1 - 1e-7)) ** 2

    def passed(self, active: FloatArray, now: Measured) -> float:
        """How far the rules are passed by active weights, shape (n,), weighted; 0 where all hold."""
        rows = self._rows @ active
        over = np.maximum(self._low - rows, 0.0).sum() + np.maximum(rows - self._high, 0.0).sum()
        return float(_PENALTY * over + self._passed_besides_rows(now)[0])

    def passed_after(self, active: FloatArray, change: FloatArray, there: Measured) -> FloatArray:
        """How far they are passed after each step, shape (k, t); ``change`` is of one name's weight each."""
        rows = self._rows @ active
        below, above = self._low - rows, rows - self._high
        standing = float(np.maximum(below, 0.0).sum() + np.maximum(above, 0.0).sum())
        besides = self._passed_besides_rows(there).reshape(change.shape)
        if not len(self._row):
            return besides
        moved = self._on * change[:, None, :]
        over = np.maximum(below[self._row] - moved, 0.0)
        over += np.maximum(above[self._row] + moved, 0.0)
        if standing > 0:
            over -= (np.maximum(below, 0.0) + np.maximum(above, 0.0))[self._row]
        by_step = over[:, 0] if over.shape[1] == 1 else over.sum(axis=1)
        return np.asarray(_PENALTY * (standing + by_step) + besides, dtype=np.float64)

    def _passed_besides_rows(self, there: Measured) -> FloatArray:
        over = np.maximum(self._cash_low - (there.cash - there.cost), 0.0)
        over += np.maximum(there.cash - self._cash_high, 0.0)
        if np.isfinite(self._turnover):
            over += np.maximum(0.5 * there.traded - self._turnover, 0.0)
        total = _PENALTY * (over + self._gains.over(there.gains))
        if self._cap is not None:
            total = total + _VARIANCE_PENALTY * np.maximum(there.variance - self._cap, 0.0)
        return np.asarray(total, dtype=np.float64)


def _by_name(rows: FloatArray) -> tuple[NDArray[np.int64], FloatArray]:
    """Which rows each name is in, and its coefficients there, shapes (p, t); p is the most of any name.

    A name with fewer fills up with rows that it is not in, each once.
    """
    most = int((rows != 0).sum(axis=0).max(initial=0))
    order = np.argsort(rows == 0, axis=0, kind="stable")[:most]
    return order, np.take_along_axis(rows, order, axis=0)
