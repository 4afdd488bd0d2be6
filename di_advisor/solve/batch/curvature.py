"""Second derivatives of the duals of several accounts: what a Newton step of each needs.

Decision: only of prices that may move, for most rows rest most of the time, and a product of half the size costs half.
Limits: names inside a piece and names between sides; a name at a corner does not move.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.solve.batch.laid import Laid
from di_advisor.solve.batch.names import Sides
from di_advisor.solve.batch.tuning import TUNING

__all__ = ["curvature_at"]

_START, _END, _COUNTS = 0, 1, 4


def curvature_at(
    laid: Laid, sides: Sides, softness: FloatArray | None, free: NDArray[np.bool_], wanted: NDArray[np.bool_]
) -> FloatArray:
    """Minus the second derivative of the dual, shape (a, d, d): names inside a piece, and names between sides.

    Only of prices that may move (``free``), and of the accounts that are wanted; anything elsewhere.
    """
    torn, best, levers, k = laid.torn, sides.best, laid.common.levers, laid.common.factors
    (a, n), d = laid.active.shape, levers.shape[1]
    softer, flat, piece, sold_piece = laid.softer.ravel(), best.trade.ravel(), best.piece, best.sold_piece
    weight = np.where(_inside(flat, piece, laid.lower.ravel(), laid.upper.ravel()), softer, 0.0)
    rest = 1.0 - sides.bought
    weight[torn] *= sides.bought
    sold = np.where(_inside(best.selling, sold_piece, laid.most_sold, laid.upper.take(torn)), rest, 0.0)
    sold *= softer.take(torn)
    heavy, between = weight.copy(), sold
    if softness is not None:
        share = sides.bought * rest / softness.take(laid.torn_owner)
        apart = flat.take(torn) - best.selling
        share_apart = share * apart
        between = sold + share_apart * apart
    heavy[torn] += between
    found = np.zeros((a, d, d))
    found = _of_exposures(laid, heavy.reshape(a, n), free, wanted)
    gaps: dict[int, FloatArray] = {}
    rows = [(at, j) for at, j in enumerate(laid.counting) if (free[:, k + j] & wanted).any()]
    for here, (at, j) in enumerate(rows):
        line = _COUNTS + 2 * at
        cross = weight * piece[:, line]
        cross[torn] += sold * sold_piece[:, line]
        if softness is not None:
            gaps[at] = best.counted[at][0].take(torn) - best.counted[at][1]
            cross[torn] += share_apart * gaps[at]
        turned = np.matmul(cross.reshape(a, 1, n), levers)[:, 0]
        found[:, k + j, :] += turned
        found[:, :, k + j] += turned
        for before, i in rows[: here + 1]:
            both = weight * piece[:, line] * piece[:, _COUNTS + 2 * before]
            both[torn] += sold * sold_piece[:, line] * sold_piece[:, _COUNTS + 2 * before]
            if softness is not None:
                both[torn] += share * gaps[at] * gaps[before]
            total = both.reshape(a, n).sum(axis=1)
            found[:, k + j, k + i] += total
            if i != j:
                found[:, k + i, k + j] += total
    steps = np.arange(d)
    found[:, steps[:k], steps[:k]] += 1.0 / (2.0 * laid.aversion)[:, None]
    own = found[:, steps, steps]
    # where next to no name moves with a price, the step would be endless
    found[:, steps, steps] = own * (1.0 + TUNING.ridge) + np.where(
        own < TUNING.flat * laid.loosest, TUNING.stiff * laid.loosest, 0.0
    )
    return found


def _of_exposures(laid: Laid, heavy: FloatArray, free: NDArray[np.bool_], wanted: NDArray[np.bool_]) -> FloatArray:
    """What names that move by so much add, shape (a, d, d); as small a product as will do."""
    common, k = laid.common, laid.common.factors
    d = common.levers.shape[1]
    steady = free[:, k:].copy()
    steady[:, list(laid.counting)] = False  # no lever: what they count is reckoned apart
    moving = np.flatnonzero(steady.any(axis=1))
    rooted, found = np.sqrt(heavy), np.zeros((len(heavy), d, d))
    for i in np.flatnonzero(wanted).tolist():
        on = np.flatnonzero(heavy[i] > TUNING.weightless)
        part = (common.levers if i in moving else common.turned).take(on, axis=0)
        part *= rooted[i].take(on)[:, None]
        size = part.shape[1]
        np.matmul(part.T, part, out=found[i, :size, :size])
    return found


def _inside(trade: FloatArray, piece: FloatArray, lower: FloatArray, upper: FloatArray) -> NDArray[np.bool_]:
    """Whether trades would move with the prices."""
    moving = (trade > piece[:, _START]) & (trade < piece[:, _END])
    return np.asarray(moving & (trade > lower) & (trade < upper), dtype=np.bool_)
