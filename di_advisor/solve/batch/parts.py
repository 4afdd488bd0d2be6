"""What an account brings to its climb, and what comes back: plain tuples of arrays, which compiled loops can take.

Limits: arrays are contiguous and writable, for loops are compiled for one layout.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.problem import Block
from di_advisor.solve.batch.common import Common, Shared, limits_of

__all__ = ["Asked", "Case", "Names", "Pieces", "State", "Top", "asked_of", "blank_names", "blank_state"]

T = TypeVar("T", np.int64, np.bool_, np.float64)

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


class Asked(NamedTuple):
    """What an account asks. Segments (m,), what c rows count of each; names (n,); limits of r rows."""

    name: IntArray
    sell: BoolArray
    loss: BoolArray
    width: FloatArray
    slope: FloatArray
    counts: FloatArray
    active: FloatArray
    active_lower: FloatArray
    active_upper: FloatArray
    specific: FloatArray
    impact: FloatArray
    aversion: float
    lowest: FloatArray
    highest: FloatArray
    kept: FloatArray


class Names(NamedTuple):
    """An account's names and pieces, laid out, with all that prices do not change.

    Pieces: ``start`` and ``end`` in net trade, what a unit ``pays`` and the ``cost`` at no trade, ``per_unit`` and
    ``rest`` (c, ·) the same of what rows count, each with one more for names without pieces, (m + 1,); ``reach`` is the
    net trade at which a piece would be used just so, were there no prices, and ``until`` where it ends within the
    limits, below everything where they shut it off, (m,).

    Names (n,): slope ``lean`` at no trade, ``half`` the second derivative and its inverse ``softer``; limits ``lower``
    and ``upper``, and ``least`` on the side of buys; ``apiece`` one over the size of the group; the first of its
    sales and of its buys, and their numbers; whether it has losses (``losing``) or two sides (``torn``), and whether
    limits keep it from selling or buying.

    Of the dual: ``own`` the cost of the specific risk of doing nothing, ``idle`` activities of doing nothing and
    ``loosest`` the curvature along each price if every name moved, (d,).
    """

    start: FloatArray
    end: FloatArray
    pays: FloatArray
    cost: FloatArray
    per_unit: FloatArray
    rest: FloatArray
    reach: FloatArray
    until: FloatArray
    lean: FloatArray
    softer: FloatArray
    half: FloatArray
    lower: FloatArray
    upper: FloatArray
    least: FloatArray
    apiece: FloatArray
    sale: IntArray
    sales: IntArray
    buy: IntArray
    buys: IntArray
    losing: BoolArray
    torn: BoolArray
    never_sell: BoolArray
    never_buy: BoolArray
    own: float
    idle: FloatArray
    loosest: FloatArray


class Case(NamedTuple):
    """All that the climbs of an account stand on."""

    shared: Shared
    asked: Asked
    names: Names


class State(NamedTuple):
    """Best trades at some prices, as in `di_advisor.solve.batch.names.Best`; (n,), of counts (c, n), activity (d,)."""

    trade: FloatArray
    selling: FloatArray
    better: FloatArray
    bought: FloatArray
    first: FloatArray
    second: FloatArray
    counted: FloatArray
    sale_counted: FloatArray
    piece: IntArray
    sale_piece: IntArray
    activity: FloatArray


class Pieces(NamedTuple):
    """Where the pieces of segments begin and end in net trade, (m,), and which names have losses, (n,)."""

    start: FloatArray
    end: FloatArray
    losing: BoolArray


class Top(NamedTuple):
    """Where an account's climbs ended.

    Attributes
    ----------
    soft, last : ndarray of shape (d,)
        Prices at the top of the softened dual, and of that with sides given.
    trade : ndarray of shape (n,)
        Net trades.
    sells : ndarray of bool, shape (n,)
        Names with two sides that take that of sales.
    value, bound : float
        The dual with sides given; and what the better prices prove of every plan.
    is_fine : bool
        Whether the top was reached, and pieces are filled in the order they are laid out.
    pieces : Pieces
        The segments, in net trade.
    nothing : float
        Objective of doing nothing.
    asked : Asked or None
        What was asked, where loops climbed.
    """

    soft: FloatArray
    last: FloatArray
    trade: FloatArray
    sells: BoolArray
    value: float
    bound: float
    is_fine: bool
    pieces: Pieces
    nothing: float
    asked: Asked | None = None


def asked_of(block: Block, common: Common) -> Asked:
    """What a block asks; arrays may be those of the block, and are only read."""
    segments, counting = block.segments, common.counting
    lowest, highest, kept = limits_of(block, common)
    counts = np.empty((len(counting), len(segments)))
    for at, j in enumerate(counting):
        counts[at] = block.rows[j].on_segments
    return Asked(
        name=_plain(segments.name, np.int64),
        sell=_plain(segments.sell, np.bool_),
        loss=_plain(segments.loss, np.bool_),
        width=_plain(segments.width, np.float64),
        slope=_plain(segments.slope, np.float64),
        counts=counts,
        active=_plain(block.holdings.active, np.float64),
        active_lower=_plain(block.active_lower, np.float64),
        active_upper=_plain(block.active_upper, np.float64),
        specific=block.aversion * block.risk.specific_variance_per_year,
        impact=_plain(block.impact, np.float64),
        aversion=float(block.aversion),
        lowest=lowest,
        highest=highest,
        kept=kept,
    )


def _plain(values: NDArray[Any], kind: type[T]) -> NDArray[T]:
    """An array as loops take it: itself where it is in one piece and may be written to, else a copy."""
    found = np.ascontiguousarray(values, dtype=kind)
    return found if found.flags.writeable else found.copy()


def blank_names(n: int, m: int, c: int, d: int) -> Names:
    """Room for names and pieces: no pieces yet, and nothing else known."""
    start, end, pays, cost = np.zeros((4, m + 1))
    per_unit, rest = np.zeros((2, c, m + 1))
    reach, until = np.zeros((2, m))
    lean, softer, half, lower, upper, least, apiece = np.zeros((7, n))
    sale, buy, sales, buys = np.zeros((4, n), dtype=np.int64)
    losing, torn, never_sell, never_buy = np.zeros((4, n), dtype=np.bool_)
    idle, loosest = np.zeros((2, d))
    sale += m
    buy += m
    return Names(
        start=start,
        end=end,
        pays=pays,
        cost=cost,
        per_unit=per_unit,
        rest=rest,
        reach=reach,
        until=until,
        lean=lean,
        softer=softer,
        half=half,
        lower=lower,
        upper=upper,
        least=least,
        apiece=apiece,
        sale=sale,
        sales=sales,
        buy=buy,
        buys=buys,
        losing=losing,
        torn=torn,
        never_sell=never_sell,
        never_buy=never_buy,
        own=0.0,
        idle=idle,
        loosest=loosest,
    )


def blank_state(n: int, c: int, d: int) -> State:
    """Room for best trades."""
    trade, selling, better, bought, first, second = np.zeros((6, n))
    piece, sale_piece = np.zeros((2, n), dtype=np.int64)
    counted, sale_counted = np.zeros((2, c, n))
    activity = np.zeros(d)
    return State(trade, selling, better, bought, first, second, counted, sale_counted, piece, sale_piece, activity)
