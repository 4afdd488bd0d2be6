"""What washed losses add to a row: by the amount up to a width and nothing beyond it, so a branch of every name.

Problem: a budget counts the losses of a name that are not washed. What is washed, the largest losses of what
is sold up to a width, is the least of several linear functions of the amounts: for any level, the width at
this level and what each loss is more than it. Decision: of these the row holds the two that matter, a name
whose every loss is washed and one that sells beyond its width (at the level of the loss at which lots filled
by size pass the width), for plans; and all others, for bounds. As each lies above what is washed, a plan that
keeps the row by the branches of its names keeps the budget. Limits: where lots are not sold by size of their
losses no branch is exact, and the row asks for a little more than the budget does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray

__all__ = ["WashedBranch", "WashedRow"]


@dataclass(frozen=True)
class WashedBranch:
    """One linear function: ``on`` per unit of each segment, shape (m,), and ``whole`` for each name, shape (n,)."""

    on: FloatArray
    whole: FloatArray


@dataclass(frozen=True)
class WashedRow:
    """What washed losses add to a row, per unit of the segments and as constants of names.

    Attributes
    ----------
    rates : tuple of two floats
        What the row counts a dollar of short-term and of long-term gain.
    within : ndarray of shape (m,)
        Of sales, where all losses that a name sells are washed.
    beyond : WashedBranch
        Of sales, where more is sold than can be washed.
    others : tuple of WashedBranch
        Further functions that what is washed is the least of; for bounds.
    out : ndarray of shape (m,)
        Of sales, where everything is sold.
    bought : ndarray of shape (m,)
        Of buys, where all that is bought washes a loss sold before.
    bought_whole : ndarray of shape (n,)
        And where more is bought than that.
    """

    rates: tuple[float, float]
    within: FloatArray
    beyond: WashedBranch
    others: tuple[WashedBranch, ...]
    out: FloatArray
    bought: FloatArray
    bought_whole: FloatArray

    def added(
        self,
        name: NDArray[np.int64],
        *,
        within: NDArray[np.bool_],
        beyond: NDArray[np.bool_],
        out: NDArray[np.bool_],
        buys: NDArray[np.bool_],
        buys_beyond: NDArray[np.bool_] | None = None,
    ) -> tuple[FloatArray, float]:
        """What is added on segments, shape (m,), and in all, for names (n,) of each branch; ``name`` is shape (m,)."""
        on = np.where(within[name], self.within, 0.0) + np.where(beyond[name], self.beyond.on, 0.0)
        on = on + np.where(out[name], self.out, 0.0) + np.where(buys[name], self.bought, 0.0)
        whole = float(self.beyond.whole[beyond].sum())
        if buys_beyond is not None:
            whole += float(self.bought_whole[buys_beyond].sum())
        return np.asarray(on, dtype=np.float64), whole
