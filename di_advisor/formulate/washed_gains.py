"""Losses that a plan washes, as gains of the year: what budgets of gain and tax must not count on.

Problem: a washed loss is disallowed (26 USC 1091(a)): it sets nothing off this year, so a budget that took
it off would be kept on paper and passed on the return; and a purchase that washes a loss sold before
raises the year's gain by that loss. Decision: of each name the shares sold that could be washed are
taken to be those with the largest losses, so that the gain counted is never less than the ledger's.
Limits: an estimate on the safe side, as the prices of wash sales are (`WashQuantities`); a loss sold
before is taken to be a short-term one, which is the dearer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.domain.washes import WashQuantities
from di_advisor.formulate.gains import RealisedGains
from di_advisor.formulate.plan import Holdings, Plan, SymbolicPlan
from di_advisor.formulate.segments import Segments
from di_advisor.formulate.washed_rows import WashedBranch, WashedRow

__all__ = ["WashedGains"]

_ROUND_OFF = 1e-12


@dataclass(frozen=True)
class WashedGains:
    """What is disallowed; all figures are fractions of the account's value.

    Attributes
    ----------
    lot, name : ndarray of int, shape (l,)
        Lots that may be sold at a loss, by name, the largest loss per unit first; and their names.
    short, long : ndarray of shape (l,)
        Their loss per unit of weight sold, of either term.
    sell_width, buy_width : ndarray of shape (n,)
        The first so much sold at a loss, and bought, of each name washes, at most.
    buy_loss : ndarray of shape (n,)
        Loss per unit bought that is washed.
    """

    lot: NDArray[np.int64]
    name: NDArray[np.int64]
    short: FloatArray
    long: FloatArray
    sell_width: FloatArray
    buy_width: FloatArray
    buy_loss: FloatArray

    @classmethod
    def of(cls, washes: WashQuantities, gains: RealisedGains, holdings: Holdings) -> WashedGains:
        """What could be washed, from the facts."""
        short, long = np.maximum(-gains.short, 0.0), np.maximum(-gains.long, 0.0)
        lot = np.flatnonzero(short + long > 0)
        lot = lot[np.lexsort((-(short + long)[lot], holdings.lot_name[lot]))]
        value = holdings.value_usd
        widths = washes.sell_usd / value, washes.buy_usd / value
        return cls(lot, holdings.lot_name[lot], short[lot], long[lot], widths[0], widths[1], washes.buy_loss)

    def at(self, rates: tuple[float, float]) -> WashedGains:
        """The same where a dollar of either term counts at a rate: lots by the largest loss so counted."""
        order = np.lexsort((-(rates[0] * self.short + rates[1] * self.long), self.name))
        return replace(self, lot=self.lot[order], name=self.name[order], short=self.short[order], long=self.long[order])

    def disallowed(self, plan: Plan) -> tuple[float, float]:
        """Short-term and long-term loss that a plan washes, at most; each at least 0."""
        washed, before = self._washed(plan)
        return float(self.short @ washed) + before, float(self.long @ washed)

    def on_plan(self, plan: Plan, rates: tuple[float, float], *, at_most: bool = False) -> float:
        """What a row counts of a plan's washed losses (`on_row`), by the amounts themselves."""
        washed, before = self._washed(plan)
        return float(self.counted(rates, at_most=at_most) @ washed) + rates[0] * before

    def _washed(self, plan: Plan) -> tuple[FloatArray, float]:
        """What is washed of each lot, shape (l,), and the loss sold before that purchases wash."""
        sold = plan.sells[self.lot]
        end = np.cumsum(sold)
        first = np.flatnonzero(np.r_[True, self.name[1:] != self.name[:-1]]) if len(sold) else np.zeros(0, np.int64)
        begun = np.repeat(np.r_[0.0, end][first], np.diff(np.r_[first, len(sold)]))
        washed = np.clip(self.sell_width[self.name] - (end - sold - begun), 0.0, sold)
        before = float(self.buy_loss @ np.minimum(plan.buys, self.buy_width))
        return np.asarray(washed, dtype=np.float64), before

    def counted(self, rates: tuple[float, float], *, at_most: bool) -> FloatArray:
        """What the loss per unit of each lot counts at rates, never more than that of a lot washed before it.

        A name that holds losses of both terms may wash a dearer one after a cheaper one; then this is the largest
        function of that kind below what is counted, or ``at_most`` the least one above. Shape (l,).
        """
        found = rates[0] * self.short + rates[1] * self.long
        for name in np.unique(self.name).tolist():
            mine = np.flatnonzero(self.name == name)
            if at_most:
                found[mine] = np.maximum.accumulate(found[mine][::-1])[::-1]
            else:
                found[mine] = np.minimum.accumulate(found[mine])
        return np.asarray(found, dtype=np.float64)

    def on_row(self, rates: tuple[float, float], segments: Segments, *, at_most: bool = False) -> WashedRow:
        """What is washed, counted at rates, on a row over segments.

        Parameters
        ----------
        rates : tuple of two floats
            What a dollar of short-term and of long-term loss counts, at least 0.
        segments : Segments
            Of the account.
        at_most : bool
            Where it is no function of that kind, from above: for plans, and not for bounds.
        """
        n = len(self.sell_width)
        counted = self.counted(rates, at_most=at_most)
        loss = np.zeros(max([int(segments.lot.max(initial=-1)), *self.lot.tolist()], default=0) + 2)
        loss[self.lot] = np.where(self.sell_width[self.name] > 0, counted, 0.0)
        on = np.where(segments.loss, loss[segments.lot], 0.0)
        levels = self._levels(segments, loss, n)

        def branch(level: FloatArray) -> WashedBranch:
            more = np.where(on > 0, np.maximum(on - level[segments.name], 0.0), 0.0)
            return WashedBranch(more, np.asarray(level * self.sell_width, dtype=np.float64))

        all_of_it = np.bincount(segments.name, weights=on * segments.width, minlength=n)
        least = all_of_it.copy()
        for level in levels:
            found = branch(level)
            washed = np.bincount(segments.name, weights=found.on * segments.width, minlength=n) + found.whole
            least = np.minimum(least, washed)
        part = np.divide(least, all_of_it, out=np.zeros(n), where=all_of_it > 0)
        buying = np.where(self.buy_width > 0, rates[0] * self.buy_loss, 0.0)
        return WashedRow(
            rates=rates,
            within=on,
            beyond=branch(levels[0]),
            others=tuple(branch(level) for level in levels[1:]),
            out=on * part[segments.name],
            bought=np.where(segments.sell, 0.0, buying[segments.name]),
            bought_whole=buying * self.buy_width,
        )

    def under(
        self,
        symbols: SymbolicPlan,
        rates: tuple[float, float],
        sell_max: FloatArray,
        *,
        within: tuple[NDArray[np.bool_], NDArray[np.bool_]],
        beyond: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    ) -> Any:  # noqa: ANN401 - a cvxpy expression
        """What is washed, counted at rates, under fixed choices: affine, lot by lot.

        Parameters
        ----------
        symbols : SymbolicPlan
            The decision.
        rates : tuple of two floats
            What a dollar of short-term and of long-term loss counts.
        sell_max : ndarray of shape (L,)
            What may be sold of each lot.
        within, beyond : pair of ndarray of bool, shape (n,)
            Names whose sales, and whose buys, wash by the amount, and all of the width.
        """
        at = self.at(rates)
        loss = rates[0] * at.short + rates[1] * at.long
        on, whole, open_ = np.zeros(len(sell_max)), 0.0, at.sell_width[at.name] > 0
        on[at.lot] = np.where(within[0][at.name] & open_, loss, 0.0)
        for name in np.flatnonzero(beyond[0] & (at.sell_width > 0)).tolist():
            mine = np.flatnonzero((at.name == name) & (sell_max[at.lot] > 0))
            if not len(mine):
                continue
            until = np.cumsum(sell_max[at.lot[mine]]) >= at.sell_width[name] * (1.0 - _ROUND_OFF)
            level = loss[mine[int(until.argmax()) if until.any() else -1]]
            on[at.lot[mine]] = np.maximum(loss[mine] - level, 0.0)
            whole += float(level * at.sell_width[name])
        buying = np.where(at.buy_width > 0, rates[0] * at.buy_loss, 0.0)
        whole += float(np.where(beyond[1], buying * at.buy_width, 0.0).sum())
        return on @ symbols.sells + np.where(within[1], buying, 0.0) @ symbols.buys + whole

    def _levels(self, segments: Segments, loss: FloatArray, names: int) -> list[FloatArray]:
        """Losses per unit of the lots of each name, shape (n,) each: first the one at which the width is passed."""
        width = np.bincount(segments.lot[segments.loss], weights=segments.width[segments.loss], minlength=len(loss))
        passed = np.zeros(names)
        others: list[list[float]] = [[] for _ in range(names)]
        order = np.lexsort((-loss[self.lot], self.name))
        for name in np.unique(self.name[self.sell_width[self.name] > 0]).tolist():
            mine = [int(i) for i in self.lot[order][self.name[order] == name] if width[i] > 0]
            if not mine:
                continue
            until = np.cumsum(width[mine])
            at = min(int(np.searchsorted(until, self.sell_width[name] * (1.0 - _ROUND_OFF))), len(mine) - 1)
            passed[name] = loss[mine[at]]
            others[name] = sorted({float(loss[i]) for i in mine} - {passed[name]})
        most = max((len(x) for x in others), default=0)
        return [passed] + [
            np.array([x[j] if j < len(x) else passed[i] for i, x in enumerate(others)]) for j in range(most)
        ]

    def dearest(self) -> FloatArray:
        """Largest loss per unit sold of each name, shape (n,)."""
        found = np.zeros(len(self.sell_width))
        np.maximum.at(found, self.name, self.short + self.long)
        return found
