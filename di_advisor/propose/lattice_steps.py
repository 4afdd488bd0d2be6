"""The four single steps of every name of a lattice, kept up to date as counts change.

Problem: a walk looks at every step of every name, hundreds of times, and between two looks one name has moved.
Decision: what a step of a name would change is kept by name, for one share more and less and for an eighth of
the count more and less, and only names whose count differs are reckoned anew; what depends on all names (the
slope of risk) is left to the caller. Limits: names without a direction have no steps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.propose.lattice_charges import KnownCharges

__all__ = ["FEWER", "LOOKS", "Lattice", "Steps"]

LOOKS = 4
"""One share more, one fewer, an eighth of the count more, an eighth fewer."""

FEWER = 1
_PART = 8
_COST, _TAX, _GAINS = 0, 1, 2


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

    def after(self, count: NDArray[np.int64]) -> NDArray[np.int64]:
        """Counts after each step, shape (4, n): zero, or within the fewest and the most; else unchanged."""
        longer = np.maximum(count // _PART, 1)
        step = np.stack([np.ones_like(count), -np.ones_like(count), longer, -longer])
        after = count + step
        after = np.where((step > 0) & (count == 0), self.lowest, after)
        after = np.where((step < 0) & (after < self.lowest), 0, after)
        possible = (self.direction != 0) & (after >= 0) & (after <= self.highest)
        if self.forced is not None:
            possible &= ~self.forced | (after >= self.lowest)
        return np.where(possible, after, count)

    def of_names(self, at: NDArray[np.int64]) -> Lattice:
        """The lattice of a few names alone, in this order."""
        forced = None if self.forced is None else self.forced[at]
        return Lattice(self.direction[at], self.unit[at], self.lowest[at], self.highest[at], forced)


class Steps:
    """What each step would change by itself.

    Parameters
    ----------
    lattice : Lattice
        Counts and their limits.
    known : KnownCharges
        Charges of counts.
    square : ndarray of shape (n,)
        Variance of a name by itself.

    Attributes
    ----------
    names : ndarray of int, shape (t,)
        Names that have a direction; all that follows is in their order.
    now : ndarray of shape (2 + g, t)
        Cost, tax and budgeted gains of the counts.
    after : ndarray of shape (4, t)
        Counts after each step.
    change : ndarray of shape (4, t)
        What it does to the weight.
    squared : ndarray of shape (4, t)
        What it adds to the variance beyond the slope.
    charged : ndarray of shape (2 + g, 4, t)
        What it does to cost, tax and budgeted gains.
    """

    def __init__(self, lattice: Lattice, known: KnownCharges, square: FloatArray) -> None:
        self.names = np.flatnonzero(lattice.direction != 0)
        self._lattice, self._known = lattice.of_names(self.names), known
        self._all, self._square = lattice, square[self.names]
        self._count: NDArray[np.int64] | None = None

    def at(self, count: NDArray[np.int64]) -> None:
        """Reckon for these counts of all n names."""
        mine = count[self.names]
        if self._count is None:
            self._begin(count)
        else:
            for j in np.flatnonzero(mine != self._count).tolist():
                self._columns[:, j] = self._column(j, int(mine[j]))
        self._count = mine

    def _begin(self, count: NDArray[np.int64]) -> None:
        """The columns of all names, and the parts that they hold."""
        self._known.learn(count)
        for after in self._all.after(count):
            self._known.learn(after)
        g = _GAINS + self._known.gains
        self._columns = columns = self._of(np.arange(len(self.names)), count[self.names])
        self._kept = {(j, c): columns[:, j].copy() for j, c in enumerate(count[self.names].tolist())}
        self.now, self.change, self.squared = columns[:g], columns[g : g + LOOKS], columns[g + LOOKS : g + 2 * LOOKS]
        self.after = columns[g + 2 * LOOKS : g + 3 * LOOKS]
        self.charged = columns[g + 3 * LOOKS :].reshape(g, LOOKS, len(self.names))

    def _column(self, j: int, count: int) -> FloatArray:
        """All that is kept of a count of one name."""
        if (j, count) not in self._kept:
            self._kept[j, count] = self._of(np.array([j]), np.array([count]))[:, 0]
        return self._kept[j, count]

    def _of(self, at: NDArray[np.int64], count: NDArray[np.int64]) -> FloatArray:
        part, g = self._lattice.of_names(at), _GAINS + self._known.gains
        after, names, of = part.after(count), self.names[at].tolist(), self._known.of
        now = np.array([of(i, c) for i, c in zip(names, count.tolist(), strict=True)]).reshape(len(at), g).T
        then = np.array([[of(i, c) for i, c in zip(names, row, strict=True)] for row in after.tolist()])
        change = part.direction * part.unit * (after - count)
        charged = then.reshape(LOOKS, len(at), g).transpose(2, 0, 1) - now[:, None, :]
        return np.concatenate(
            [now, change, self._square[at] * change * change, after, charged.reshape(g * LOOKS, len(at))]
        )
