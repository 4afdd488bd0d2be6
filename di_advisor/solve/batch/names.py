"""The names of several accounts at given prices: the best trade of each on either side, and what the sum of all says.

At prices of exposures and rows a name is a scalar problem (`di_advisor.solve.prices`). A name without losses has
one side, on which it may sell gains and buy; a name with losses sells, or buys and sells nothing. The dual over all
choices takes the better side; softened, it takes both by weight (`di_advisor.solve.smoothed`), which is smooth; with
sides given it is that of the convex problem. A trade lies in one piece, whose line through it is looked up, so that
pieces are gone through for the trade alone. Limits: sales of a name must not pay for its buys at any price
(`ordered`), for then pieces of both interleave.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.solve.batch.laid import Laid

__all__ = ["Sides", "at_prices", "coupling", "curvature_at", "ordered"]

_DISORDER = 1e-13
_WEIGHTLESS = 1e-12
_RIDGE = 1e-12
_FLAT, _STIFF = 1e-3, 0.02
_START, _END, _PAY, _COST, _COUNTS = 0, 1, 2, 3, 4


@dataclass(frozen=True)
class Sides:
    """Best trades at some prices. Shapes as in `Laid`; d is k + r, t the names with two sides.

    Attributes
    ----------
    value : ndarray of shape (a,)
        Of the dual at hand: softened, or with sides given.
    trade : ndarray of shape (a, n)
        Net trade of a name on its only side, or on that of buys.
    selling : ndarray of shape (t,)
        On the side of sales.
    bought : ndarray of shape (t,)
        Weight of the side of buys.
    better : ndarray of shape (t,)
        By how much the side of buys costs more, with the group of the name.
    activity : ndarray of shape (a, d)
        What the prices multiply.
    piece, sold_piece : ndarray of shape (a * n, 4 + 2 c), (t, 4 + 2 c)
        The piece in which each trade lies.
    """

    value: FloatArray
    trade: FloatArray
    selling: FloatArray
    bought: FloatArray
    better: FloatArray
    activity: FloatArray
    piece: FloatArray
    sold_piece: FloatArray


def at_prices(
    laid: Laid, prices: FloatArray, *, softness: FloatArray | None = None, buys: NDArray[np.bool_] | None = None
) -> Sides:
    """Every account's dual at its prices.

    Parameters
    ----------
    laid : Laid
        The accounts.
    prices : ndarray of shape (a, d)
        Of the turned exposures, and of the rows.
    softness : ndarray of shape (a,), optional
        Of the minimum over sides; a plain minimum where left out.
    buys : ndarray of bool, shape (t,), optional
        Sides given: which names with two sides may buy.
    """
    with np.errstate(invalid="ignore", over="ignore"):  # an account without a plan may run away; it is found out
        return _at_prices(laid, prices, softness, buys)


def _at_prices(laid: Laid, prices: FloatArray, softness: FloatArray | None, buys: NDArray[np.bool_] | None) -> Sides:
    common, sales, torn = laid.common, laid.sales, laid.torn
    a, n = laid.active.shape
    k = common.factors
    pull = np.matmul(prices[:, None, :], common.across)[:, 0]
    reach = laid.reach - pull * laid.softer
    charged = [(at, prices[:, k + j]) for at, j in enumerate(laid.counting) if prices[:, k + j].any()]
    for at, price in charged:
        reach -= price[:, None] * laid.turn[at]
    np.minimum(reach, laid.end, out=reach)
    sold, other = reach[:sales].max(axis=0), reach[sales:].max(axis=0)
    trade = np.maximum(np.maximum(other, sold + laid.one_sided), laid.least)
    selling = np.maximum(np.minimum(sold.take(torn), 0.0), laid.most_sold)
    flat, lean = trade.ravel(), (laid.lean + pull).ravel()
    in_sale = laid.first_sale + np.add.reduce(trade <= laid.sale_end, axis=0, dtype=np.int8).ravel()
    in_buy = laid.first_buy + np.add.reduce(trade >= laid.buy_start, axis=0, dtype=np.int8).ravel()
    piece = laid.pieces.take(np.where((flat < 0) & laid.gains, in_sale, in_buy), axis=0)
    in_sale = laid.first_sale.take(torn) + np.add.reduce(selling <= laid.torn_end, axis=0, dtype=np.int8)
    sold_piece = laid.pieces.take(in_sale, axis=0)
    owner = laid.torn_owner
    second = (laid.half * flat + lean - piece[:, _PAY]) * flat + piece[:, _COST]
    first = (laid.half.take(torn) * selling + lean.take(torn) - sold_piece[:, _PAY]) * selling + sold_piece[:, _COST]
    counted = []
    for at in range(len(laid.counting)):
        line = _COUNTS + 2 * at
        counted.append(
            (piece[:, line] * flat + piece[:, line + 1], sold_piece[:, line] * selling + sold_piece[:, line + 1])
        )
    for at, price in charged:
        second += (counted[at][0].reshape(a, n) * price[:, None]).ravel()
        first += counted[at][1] * price.take(owner)
    if laid.never_sell is not None:
        first = np.where(laid.never_sell, np.inf, first)
    other_side = second.take(torn)
    if laid.never_buy is not None:
        other_side = np.where(laid.never_buy, np.inf, other_side)
    better = other_side - first
    for members in laid.teams:
        better[members] = better[members].sum()
    bought, least_value = _weighed(laid, first, other_side, better, softness, buys)
    second[torn] = least_value
    made = flat.copy()
    made[torn] = selling + bought * (flat.take(torn) - selling)
    activity = laid.idle + np.matmul(made.reshape(a, 1, n), common.levers)[:, 0]
    for at, j in enumerate(laid.counting):
        mine, sales_count = counted[at]
        mine[torn] = sales_count + bought * (mine.take(torn) - sales_count)
        activity[:, k + j] += mine.reshape(a, n).sum(axis=1)
    value = laid.own + second.reshape(a, n).sum(axis=1) + (prices * laid.idle).sum(axis=1)
    value += coupling(laid, prices, kept=True)
    return Sides(value, trade, selling, bought, better, activity, piece, sold_piece)


def _weighed(
    laid: Laid,
    first: FloatArray,
    second: FloatArray,
    better: FloatArray,
    softness: FloatArray | None,
    buys: NDArray[np.bool_] | None,
) -> tuple[FloatArray, FloatArray]:
    """The weight of buying, and the value that comes of it, each of shape (t,)."""
    one = better <= 0 if buys is None else buys
    least = np.where(one, second, first)
    if softness is None or buys is not None:
        return one.astype(np.float64), least
    mu = softness[laid.torn // laid.active.shape[1]]
    far = np.exp(-np.abs(better) / mu)
    near = 1.0 / (1.0 + far)
    return np.where(one, near, far * near), least - mu * laid.apiece * np.log1p(far)


def coupling(laid: Laid, prices: FloatArray, *, kept: bool) -> FloatArray:
    """The part of the dual that belongs to exposures and rows, shape (a,); with their reserves kept or not."""
    k = laid.common.factors
    s, y = prices[:, :k], prices[:, k:]
    limit = np.where(y > 0, laid.kept if kept else laid.highest, laid.lowest)
    spent = (y * np.where(y == 0, 0.0, limit)).sum(axis=1)
    return np.asarray(-(s * s).sum(axis=1) / (4.0 * laid.aversion) - spent, dtype=np.float64)


def curvature_at(laid: Laid, sides: Sides, softness: FloatArray | None) -> FloatArray:
    """Minus the second derivative of the dual, shape (a, d, d): names inside a piece, and names between sides."""
    common, counting, torn = laid.common, laid.counting, laid.torn
    levers, k = common.levers, common.factors
    (a, n), d = laid.active.shape, levers.shape[1]
    softer, flat, piece, sold_piece = laid.softer.ravel(), sides.trade.ravel(), sides.piece, sides.sold_piece
    weight = np.where(_inside(flat, piece, laid.lower.ravel(), laid.upper.ravel()), softer, 0.0)
    rest = 1.0 - sides.bought
    weight[torn] *= sides.bought
    sold = np.where(_inside(sides.selling, sold_piece, laid.most_sold, laid.upper.take(torn)), rest, 0.0)
    sold *= softer.take(torn)
    heavy = weight.copy()
    heavy[torn] += sold
    if softness is not None:
        share = sides.bought * rest / softness.take(laid.torn_owner)
        apart = flat.take(torn) - sides.selling
        heavy[torn] += share * apart * apart
    found = np.empty((a, d, d))
    heavy = heavy.reshape(a, n)
    rooted = np.sqrt(heavy)
    for i in range(a):
        on = np.flatnonzero(heavy[i] > _WEIGHTLESS)
        part = levers.take(on, axis=0)
        part *= rooted[i].take(on)[:, None]
        np.matmul(part.T, part, out=found[i])
    gaps = []
    for at, j in enumerate(counting):
        line = _COUNTS + 2 * at
        cross = weight * piece[:, line]
        cross[torn] += sold * sold_piece[:, line]
        if softness is not None:
            gap = piece[:, line].take(torn) * flat.take(torn) + piece[:, line + 1].take(torn)
            gap -= sold_piece[:, line] * sides.selling + sold_piece[:, line + 1]
            gaps.append(gap)
            cross[torn] += share * apart * gap
        turned = np.matmul(cross.reshape(a, 1, n), levers)[:, 0]
        found[:, k + j, :] += turned
        found[:, :, k + j] += turned
        for before, i in enumerate(counting[: at + 1]):
            both = weight * piece[:, line] * piece[:, _COUNTS + 2 * before]
            both[torn] += sold * sold_piece[:, line] * sold_piece[:, _COUNTS + 2 * before]
            if softness is not None:
                both[torn] += share * gap * gaps[before]
            total = both.reshape(a, n).sum(axis=1)
            found[:, k + j, k + i] += total
            if i != j:
                found[:, k + i, k + j] += total
    steps = np.arange(d)
    found[:, steps[:k], steps[:k]] += 1.0 / (2.0 * laid.aversion)[:, None]
    own = found[:, steps, steps]
    # where next to no name moves with a price, the step would be endless
    found[:, steps, steps] = own * (1.0 + _RIDGE) + np.where(own < _FLAT * laid.loosest, _STIFF * laid.loosest, 0.0)
    return found


def _inside(trade: FloatArray, piece: FloatArray, lower: FloatArray, upper: FloatArray) -> NDArray[np.bool_]:
    """Whether trades would move with the prices."""
    moving = (trade > piece[:, _START]) & (trade < piece[:, _END])
    return np.asarray(moving & (trade > lower) & (trade < upper), dtype=np.bool_)


def ordered(laid: Laid, prices: FloatArray) -> NDArray[np.bool_]:
    """Whether pieces are filled in the order they are laid out at these prices, shape (a,)."""
    fine = np.empty(len(laid.blocks), dtype=np.bool_)
    k = laid.common.factors
    for i, block in enumerate(laid.blocks):
        segments, table = block.segments, laid.pieces[laid.bounds[i] : laid.bounds[i + 1]]
        cost = -table[:, _PAY] + table[:, _COUNTS::2] @ prices[i, [k + j for j in laid.counting]]
        same = segments.name[1:] == segments.name[:-1]
        up, down = cost[1:] >= cost[:-1] - _DISORDER, cost[1:] <= cost[:-1] + _DISORDER
        sell, gains = segments.sell, ~laid.losses[i][segments.name]
        within = np.where(sell[1:], down, up) | (sell[1:] != sell[:-1]) | ~same
        first_sale = np.full(len(laid.active[i]), -np.inf)
        np.maximum.at(first_sale, segments.name[sell], cost[sell])
        first_buy = np.full(len(laid.active[i]), np.inf)
        np.minimum.at(first_buy, segments.name[~sell], cost[~sell])
        crossed = (first_sale > first_buy + _DISORDER)[segments.name] & gains
        fine[i] = bool(within.all()) and not crossed.any()
    return fine
