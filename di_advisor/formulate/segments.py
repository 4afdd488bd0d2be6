"""Segments: each name's trades cut into pieces of constant marginal cost.

Selling a name empties its lots from the cheapest (most tax saved) to the dearest, while impact
grows with the amount sold; merging the two sets of breakpoints leaves pieces with one slope each.
The slopes ascend in fill order, so the pieces are a convex function of the amount and an
optimiser fills them in order by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.cost_knots import CostChords

__all__ = ["Segments", "cut"]

_SHORTEST = 1e-12


@dataclass(frozen=True)
class Segments:
    """m pieces, sorted by name, sales before buys, in fill order.

    Attributes
    ----------
    name : ndarray of int, shape (m,)
        Position of the name.
    sell : ndarray of bool, shape (m,)
        Sale or buy.
    lot : ndarray of int, shape (m,)
        Lot that is sold, -1 for a buy.
    loss : ndarray of bool, shape (m,)
        Whether the sale realises a loss.
    width : ndarray of shape (m,)
        Largest amount, fraction of the account.
    slope : ndarray of shape (m,)
        All separable terms per unit of amount.
    cash_cost : ndarray of shape (m,)
        The part of the slope that is paid in cash (trading cost).
    """

    name: NDArray[np.int64]
    sell: NDArray[np.bool_]
    lot: NDArray[np.int64]
    loss: NDArray[np.bool_]
    width: FloatArray
    slope: FloatArray
    cash_cost: FloatArray

    def __len__(self) -> int:
        return len(self.name)

    def names_with_losses(self, names: int) -> NDArray[np.bool_]:
        """Which of n names hold a loss that may be sold, shape (n,)."""
        found = np.zeros(names, dtype=np.bool_)
        found[self.name[self.loss]] = True
        return found

    def tilted(self, name_slope: FloatArray | None) -> Segments:
        """The same with a charge per unit of net trade of each name, shape (n,): buys bear it, sales earn it."""
        return self if name_slope is None else replace(self, slope=self.slope + self.sign * name_slope[self.name])

    @property
    def sign(self) -> FloatArray:
        """Effect on the net trade per unit: -1 for sales, +1 for buys."""
        return np.where(self.sell, -1.0, 1.0)


def _merge(
    name: NDArray[np.int64], width: FloatArray, chords: CostChords
) -> tuple[NDArray[np.int64], FloatArray, FloatArray]:
    """Cut consecutive pieces (grouped by name, in fill order) at the cost knots.

    Returns the piece each part came from, the width of the part, and its cost slope.
    """
    if not len(name):
        return np.zeros(0, np.int64), np.zeros(0), np.zeros(0)
    first = np.flatnonzero(np.r_[True, name[1:] != name[:-1]])
    total = np.cumsum(width)
    before = np.zeros(len(name))
    before[first] = np.r_[0.0, total[first[1:] - 1]]
    end = total - np.maximum.accumulate(before)
    room = 2.0 * float(max(end.max(), chords.knots[:, -1].max()))
    ends = name * room + end
    inner = chords.knots[:, 1:-1]
    knot_name, column = np.nonzero((inner > 0) & (inner < chords.knots[:, -1:]))
    cuts = np.unique(knot_name * room + inner[knot_name, column]) if len(knot_name) else np.zeros(0)
    if len(cuts):
        top = np.zeros(chords.knots.shape[0])
        np.maximum.at(top, name, end)
        owner = np.floor(cuts / room).astype(np.int64)
        cuts = cuts[cuts - owner * room < top[owner]]
    at = np.sort(np.concatenate([ends, cuts]))
    keep = np.r_[True, np.diff(at) > _SHORTEST]
    at = at[keep]
    piece = np.minimum(np.searchsorted(ends, at - _SHORTEST), len(name) - 1)
    owner = name[piece]
    start = np.r_[0.0, at[:-1]]
    newly = np.r_[True, owner[1:] != owner[:-1]]
    start = np.where(newly, owner * room, start)
    parts = at - start
    middle = start + parts / 2 - owner * room
    knot = (middle[:, None] >= chords.knots[owner, 1:-1]).sum(axis=1)
    return piece, parts, chords.slopes[owner, knot]


def cut(
    lot_name: NDArray[np.int64],
    lot_width: FloatArray,
    lot_slope: FloatArray,
    lot_loss: NDArray[np.bool_],
    buy_width: FloatArray,
    chords: CostChords,
    linear: FloatArray | None = None,
) -> Segments:
    """Segments of all sales and buys.

    Parameters
    ----------
    lot_name, lot_width, lot_slope, lot_loss : ndarray of shape (L,)
        Lots, the weight that may be sold, tax and continuation per unit, and whether it is a loss.
    buy_width : ndarray of shape (n,)
        Weight that may be bought of each name.
    chords : CostChords
        Trading cost.
    linear : ndarray of shape (n,), optional
        Trading cost per unit that the slopes take instead, where a power is charged beside them; the
        chords then are what is paid in cash.
    """
    lots = np.flatnonzero(lot_width > _SHORTEST)
    lots = lots[np.lexsort((lot_slope[lots], lot_name[lots]))]
    piece, width, cost = _merge(lot_name[lots], lot_width[lots], chords.side(selling=True))
    sold = lots[piece]
    bought = np.flatnonzero(buy_width > _SHORTEST)
    piece_b, width_b, cost_b = _merge(bought, buy_width[bought], chords.side(selling=False))
    buyer = bought[piece_b]
    name = np.concatenate([lot_name[sold], buyer])
    sell = np.r_[np.ones(len(sold), bool), np.zeros(len(buyer), bool)]
    order = np.lexsort((~sell, name))
    nothing = np.zeros(len(buyer))
    charged = np.r_[cost, cost_b] if linear is None else linear[name]
    return Segments(
        name=name[order],
        sell=sell[order],
        lot=np.r_[sold, np.full(len(buyer), -1)][order],
        loss=np.r_[lot_loss[sold], np.zeros(len(buyer), bool)][order],
        width=np.r_[width, width_b][order],
        slope=(np.r_[lot_slope[sold], nothing] + charged)[order],
        cash_cost=np.r_[cost, cost_b][order],
    )
