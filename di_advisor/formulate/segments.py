"""Segments: each name's trades cut into pieces of constant marginal cost.

Selling a name empties its lots from the cheapest (most tax saved) to the dearest, while impact
grows with the amount sold; merging the two sets of breakpoints leaves pieces with one slope each.
The slopes ascend in fill order, so the pieces are a convex function of the amount and an
optimiser fills them in order by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from di_advisor.compiled import as_floats, is_compiled
from di_advisor.domain.market import FloatArray
from di_advisor.formulate.cost_knots import CostChords

__all__ = ["Segments", "cut"]

_SHORTEST = 1e-12
_ONE = np.ones(1, dtype=np.bool_)
_NONE = np.zeros(0)


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
    first = _starts(name)
    total = np.cumsum(width)
    before = np.zeros(len(name))
    before[first[1:]] = total[first[1:] - 1]
    end = total - np.maximum.accumulate(before)
    room = 2.0 * float(max(end.max(), chords.knots[:, -1].max()))
    ends = name * room + end
    inner = chords.knots[:, 1:-1]
    knot_name, column = np.nonzero((inner > 0) & (inner < chords.knots[:, -1:]))
    cuts = knot_name * room + inner[knot_name, column]
    if len(cuts):
        top = np.zeros(chords.knots.shape[0])
        last = np.append(first[1:], len(name)) - 1
        top[name[last]] = end[last]
        owner = np.floor(cuts / room).astype(np.int64)
        cuts = cuts[cuts - owner * room < top[owner]]
    at = np.concatenate([ends, cuts])
    at.sort()
    at = at[np.concatenate([_ONE, at[1:] - at[:-1] > _SHORTEST])]
    piece = np.minimum(np.searchsorted(ends, at - _SHORTEST), len(name) - 1)
    owner = name[piece]
    low = owner * room
    start = np.concatenate([[0.0], at[:-1]])
    newly = _starts(owner)
    start[newly] = low[newly]
    parts = at - start
    middle = start + parts / 2 - low
    knot = np.add.reduce(inner.T.take(owner, axis=1) <= middle, axis=0, dtype=np.int64)
    return piece, parts, chords.slopes[owner, knot]


def _side_by_side(sold: NDArray[np.int64], bought: NDArray[np.int64], names: int) -> NDArray[np.int64]:
    """The order in which sales and buys, each sorted by name and counted on, are those of a name after another."""
    sales, buys = np.bincount(sold, minlength=names), np.bincount(bought, minlength=names)
    buys_before, sales_so_far = np.cumsum(buys) - buys, np.cumsum(sales)
    order = np.empty(len(sold) + len(bought), dtype=np.int64)
    place = np.arange(len(order))
    order[place[: len(sold)] + buys_before[sold]] = place[: len(sold)]
    order[place[: len(bought)] + sales_so_far[bought]] = place[len(sold) :]
    return order


def _starts(name: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where runs of the same name start."""
    return np.flatnonzero(np.concatenate([_ONE, name[1:] != name[:-1]]))


class _Lots(NamedTuple):
    """Lots, shape (L,): names, the weight that may be sold, tax and continuation per unit, and which are losses."""

    name: NDArray[np.int64]
    width: FloatArray
    slope: FloatArray
    loss: NDArray[np.bool_]


def _cut_by_loops(lots: _Lots, buy_width: FloatArray, chords: CostChords, linear: FloatArray | None) -> Segments:
    """`cut` in compiled loops, which take whole arrays of one kind."""
    from di_advisor.formulate.fill_order_loops import in_fill_order
    from di_advisor.formulate.segment_loops import cut_by_loops

    name, width, slope = np.ascontiguousarray(lots.name), as_floats(lots.width), as_floats(lots.slope)
    order = in_fill_order(name, width, slope, len(buy_width), _SHORTEST)
    selling, buying = chords.side(selling=True).slopes, chords.side(selling=False).slopes
    paid = (
        as_floats(chords.knots),
        as_floats(selling),
        as_floats(buying),
        _NONE if linear is None else as_floats(linear),
    )
    loss = np.ascontiguousarray(lots.loss)
    return Segments(*cut_by_loops(order, name, width, slope, loss, as_floats(buy_width), *paid))


def _cut_by_arrays(lots: _Lots, buy_width: FloatArray, chords: CostChords, linear: FloatArray | None) -> Segments:
    """`cut` by arrays."""
    open_lots = np.flatnonzero(lots.width > _SHORTEST)
    open_lots = open_lots[np.lexsort((lots.slope[open_lots], lots.name[open_lots]))]
    piece, width, cost = _merge(lots.name[open_lots], lots.width[open_lots], chords.side(selling=True))
    sold = open_lots[piece]
    bought = np.flatnonzero(buy_width > _SHORTEST)
    piece_b, width_b, cost_b = _merge(bought, buy_width[bought], chords.side(selling=False))
    buyer = bought[piece_b]
    name = np.concatenate([lots.name[sold], buyer])
    sell = np.zeros(len(name), dtype=np.bool_)
    sell[: len(sold)] = True
    order = _side_by_side(lots.name[sold], buyer, len(buy_width))
    paid = np.concatenate([cost, cost_b])
    slope = paid.copy() if linear is None else linear[name]
    slope[: len(sold)] += lots.slope[sold]
    lot = np.full(len(name), -1)
    lot[: len(sold)] = sold
    loss = np.zeros(len(name), dtype=np.bool_)
    loss[: len(sold)] = lots.loss[sold]
    return Segments(
        name=name[order],
        sell=sell[order],
        lot=lot[order],
        loss=loss[order],
        width=np.concatenate([width, width_b])[order],
        slope=slope[order],
        cash_cost=paid[order],
    )


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
    lots = _Lots(lot_name, lot_width, lot_slope, lot_loss)
    return (_cut_by_loops if is_compiled() else _cut_by_arrays)(lots, buy_width, chords, linear)
