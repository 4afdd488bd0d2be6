"""The convex problem of several stages as sparse matrices.

Variables of each stage: weights sold of the open lots x, pieces of each name's sales p and of its
purchases b along the cost curve, active weights z, exposures e, and cash after costs c. The order in
which a name's lots go depends on prices that couple the stages, so lots and pieces are separate
here, tied by ``sum of x = sum of p``. Keeping z and e explicit leaves the Hessian block diagonal
(block tridiagonal where cost has a quadratic part) and the stages coupled by few entries a row.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.plan import Plan
from di_advisor.formulate.staged import Flags, StagedProblem

__all__ = ["CRUMB", "SOME", "Layout", "LegLayout", "Open", "YearLayout"]

CRUMB = 1e-8
"""Weight below which a trade is round-off: a cent in a million dollars."""

SOME = 1e-7
"""Weight from which a trade or a position counts."""


@dataclass(frozen=True)
class Open:
    """What fixed choices leave open.

    Attributes
    ----------
    loss, buy : ndarray of bool, shape (S, n)
        Whether a name may be sold at a loss, and bought, at each stage.
    sell : ndarray of bool, shape (S, n)
        Whether it may be sold at all.
    least_sold, least_bought : ndarray of shape (S, n)
        Weight that it must at least sell or buy.
    traded : ndarray of bool, shape (S, n)
        Whether it counts as traded at the stage, whatever is traded.
    out : ndarray of bool, shape (S, n)
        Whether nothing of it is held after the stage.
    kept : ndarray of bool, shape (n,)
        Whether it counts as held after the last stage.
    washed : ndarray of int, shape (2, n)
        On which side of its width a name's sales at a loss, and its purchases, are today, where wash sales are priced.
    pieces : tuple of ndarray of bool
        Which pieces of each year's tax are open, then of the tax of years so far that budgets limit; empty where
        all are.
    """

    loss: Flags
    buy: Flags
    sell: Flags
    least_sold: FloatArray
    least_bought: FloatArray
    traded: Flags
    out: Flags
    kept: Flags
    washed: NDArray[np.int64]
    pieces: tuple[Flags, ...] = ()

    @classmethod
    def everything(cls, problem: StagedProblem) -> Open:
        """No choice made."""
        shape = (len(problem.legs), len(problem.start))
        yes, no = np.ones(shape, dtype=np.bool_), np.zeros(shape, dtype=np.bool_)
        least, nowhere = np.zeros(shape), np.zeros((2, shape[1]), dtype=np.int64)
        return cls(yes, yes.copy(), yes.copy(), least, least.copy(), no, no.copy(), no[0].copy(), nowhere)

    def stages(self, which: slice) -> Open:
        """The choices of some stages, the last among them."""
        by_stage = {
            name: getattr(self, name)[which]
            for name in ("loss", "buy", "sell", "least_sold", "least_bought", "traded", "out")
        }
        washed = self.washed if which.start in (None, 0) else np.zeros_like(self.washed)
        return replace(self, **by_stage, washed=washed, pieces=())


@dataclass(frozen=True)
class LegLayout:
    """Where one stage's variables stand.

    Attributes
    ----------
    lots : ndarray of int
        Lots behind x.
    sell_name, buy_name : ndarray of int
        Names behind the pieces p and b.
    x, p, b, z, e, c : slice
        Their places.
    chain, exposure, cash_row : slice, slice, int
        Rows of the equalities ``z = z before + b - p``, ``e = X'z`` and of cash.
    """

    lots: NDArray[np.int64]
    sell_name: NDArray[np.int64]
    buy_name: NDArray[np.int64]
    x: slice
    p: slice
    b: slice
    z: slice
    e: slice
    c: slice
    chain: slice
    exposure: slice
    cash_row: int


@dataclass(frozen=True)
class YearLayout:
    """Where one year's tax stands: shares of the corners of its pieces, and the rows of the two gains.

    Attributes
    ----------
    at : slice
        Shares, one a corner, piece after piece; at least 0 and together 1.
    tax : ndarray
        Tax at the corners.
    gain_rows : tuple of two ints
        Equalities that tie short-term and long-term gain to the lots sold.
    """

    at: slice
    tax: FloatArray
    gain_rows: tuple[int, int]


@dataclass(frozen=True)
class Layout:
    """``min 1/2 v'Pv + q'v + constant``, ``A v = a``, ``low <= G v <= high``, ``lower <= v <= upper``; v in weights.

    ``lower`` and ``upper`` are finite (they serve the bound); ``free`` marks those that other limits
    imply, which a solver need not see. ``own`` is the diagonal of P that belongs to single names' risk.
    Rows of G by meaning: ``lot_row`` (shape (L,), -1 where there is none) says that a lot is sold once,
    ``budget_rows`` are by tax year and kind, ``cash_rows`` are the upper limits of cash. ``checks`` are the tax of
    a year so far, by the stage it is reckoned after, where a budget limits it.
    """

    legs: tuple[LegLayout, ...]
    P: Any
    own: FloatArray
    q: FloatArray
    constant: float
    A: Any
    a: FloatArray
    G: Any
    low: FloatArray
    high: FloatArray
    lower: FloatArray
    upper: FloatArray
    free: Flags
    lot_row: NDArray[np.int64]
    budget_rows: dict[tuple[int, str], tuple[int, ...]]
    cash_rows: tuple[int, ...]
    years: tuple[YearLayout, ...] = ()
    checks: dict[int, YearLayout] = field(default_factory=dict)

    def plans(self, v: FloatArray, problem: StagedProblem) -> tuple[Plan, ...]:
        """Plans from the variables, inside their boxes, lots never oversold."""
        v = np.clip(v, self.lower, self.upper)
        lots, n = len(problem.holdings.lot_name), len(problem.start)
        left = problem.holdings.lot_weight.copy()
        found = []
        for leg in self.legs:
            sells = np.zeros(lots)
            sells[leg.lots] = np.minimum(v[leg.x], left[leg.lots])
            left -= sells
            buys = np.bincount(leg.buy_name, weights=v[leg.b], minlength=n).astype(np.float64)
            if problem.is_sided:  # what is counted, or has a least size, is no crumb
                sold = np.bincount(problem.holdings.lot_name, weights=sells, minlength=n)
                sells = np.where(sold[problem.holdings.lot_name] < SOME, 0.0, sells)
                buys = np.where(buys < SOME, 0.0, buys)
            found.append(Plan(np.where(sells < CRUMB, 0.0, sells), np.where(buys < CRUMB, 0.0, buys)))
        return tuple(found)
