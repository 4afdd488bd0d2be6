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
from di_advisor.solve.batch.tuning import TUNING

__all__ = ["Best", "Sides", "at_prices", "chosen", "coupling", "ordered", "over_all"]

_PAY, _COST, _COUNTS = 2, 3, 4


@dataclass(frozen=True)
class Best:
    """Best trades of names at some prices. Shapes as in `Laid`; t the names with two sides.

    Attributes
    ----------
    trade : ndarray of shape (a, n)
        Net trade of a name on its only side, or on that of buys.
    selling : ndarray of shape (t,)
        On the side of sales.
    better : ndarray of shape (t,)
        By how much the side of buys costs more, with the group of the name.
    piece, sold_piece : ndarray of shape (a * n, 4 + 2 c), (t, 4 + 2 c)
        The piece in which each trade lies.
    second, first, other_side : ndarray of shape (a * n,), (t,), (t,)
        Values of the trades, of the sales, and of the buys of names with two sides, infinite where limits forbid.
    counted : tuple of c pairs of ndarray, shapes (a * n,), (t,)
        What rows count of trades and of sales.
    """

    trade: FloatArray
    selling: FloatArray
    better: FloatArray
    piece: FloatArray
    sold_piece: FloatArray
    second: FloatArray
    first: FloatArray
    other_side: FloatArray
    counted: tuple[tuple[FloatArray, FloatArray], ...]


@dataclass(frozen=True)
class Sides:
    """The dual at some prices: best trades, and how names take their sides. Here d is k + r.

    Attributes
    ----------
    best : Best
        The trades.
    value : ndarray of shape (a,)
        Of the dual at hand: softened, or with sides given.
    bought : ndarray of shape (t,)
        Weight of the side of buys.
    activity : ndarray of shape (a, d)
        What the prices multiply.
    """

    best: Best
    value: FloatArray
    bought: FloatArray
    activity: FloatArray

    @property
    def better(self) -> FloatArray:
        """By how much the side of buys costs more, shape (t,)."""
        return self.best.better


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
        return _summed(laid, prices, _best(laid, prices), softness, buys)


def chosen(laid: Laid, prices: FloatArray, sides: Sides) -> Sides:
    """The dual at the same prices, where every name takes the side that costs less there."""
    with np.errstate(invalid="ignore", over="ignore"):
        return _summed(laid, prices, sides.best, None, None)


def over_all(laid: Laid, sides: Sides, buys: NDArray[np.bool_]) -> FloatArray:
    """The dual over all choices where that with sides given is known, shape (a,)."""
    gains = np.where(buys, np.maximum(sides.better, 0.0), np.maximum(-sides.better, 0.0)) * laid.apiece
    return sides.value - np.bincount(laid.torn_owner, weights=gains, minlength=len(sides.value))


def _best(laid: Laid, prices: FloatArray) -> Best:
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
        first += counted[at][1] * price.take(laid.torn_owner)
    if laid.never_sell is not None:
        first = np.where(laid.never_sell, np.inf, first)
    other_side = second.take(torn)
    if laid.never_buy is not None:
        other_side = np.where(laid.never_buy, np.inf, other_side)
    better = other_side - first
    if len(laid.teams):
        sums = np.add.reduceat(better.take(laid.teams), laid.team_begins)
        better[laid.teams] = sums.take(laid.team_of)
    return Best(trade, selling, better, piece, sold_piece, second, first, other_side, tuple(counted))


def _summed(
    laid: Laid, prices: FloatArray, best: Best, softness: FloatArray | None, buys: NDArray[np.bool_] | None
) -> Sides:
    torn, (a, n), k = laid.torn, laid.active.shape, laid.common.factors
    bought, least_value = _weighed(laid, best.first, best.other_side, best.better, softness, buys)
    least = best.second.copy()
    least[torn] = least_value
    made = best.trade.ravel().copy()
    made[torn] = best.selling + bought * (made.take(torn) - best.selling)
    activity = laid.idle + np.matmul(made.reshape(a, 1, n), laid.common.levers)[:, 0]
    for at, j in enumerate(laid.counting):
        all_buys, sales = best.counted[at]
        mine = all_buys.copy()
        mine[torn] = sales + bought * (mine.take(torn) - sales)
        activity[:, k + j] += mine.reshape(a, n).sum(axis=1)
    value = laid.own + least.reshape(a, n).sum(axis=1) + (prices * laid.idle).sum(axis=1)
    value += coupling(laid, prices, kept=True)
    return Sides(best, value, bought, activity)


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


def ordered(laid: Laid, prices: FloatArray) -> NDArray[np.bool_]:
    """Whether pieces are filled in the order they are laid out at these prices, shape (a,)."""
    k, bounds, a = laid.common.factors, laid.bounds, len(laid.blocks)
    cost = -laid.pieces[:, _PAY]
    for at, j in enumerate(laid.counting):
        if prices[:, k + j].any():
            charge = np.append(np.repeat(prices[:, k + j], np.diff(bounds)), 0.0)
            cost += charge * laid.pieces[:, _COUNTS + 2 * at]
    rise = cost[1:-1] - cost[:-2]
    wrong = np.where(laid.sell[1:], rise > TUNING.disorder, rise < -TUNING.disorder) & laid.follows[1:]
    missing = len(cost) - 1
    first_sale, first_buy = cost.take(laid.first_sale), cost.take(laid.first_buy)
    there = laid.gains & (laid.first_sale < missing) & (laid.first_buy < missing)
    fine = np.logical_not((there & (first_sale > first_buy + TUNING.disorder)).reshape(a, -1)).all(axis=1)
    wrong_at = np.flatnonzero(wrong) + 1
    return np.asarray(fine & (np.bincount(np.searchsorted(bounds, wrong_at, side="right") - 1, minlength=a) == 0))
