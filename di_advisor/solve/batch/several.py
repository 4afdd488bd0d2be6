"""The climbs of several accounts side by side, by arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.formulate.problem import Block
from di_advisor.solve.batch.climb import climbed, slope_at
from di_advisor.solve.batch.common import Common
from di_advisor.solve.batch.laid import Laid, laid_out
from di_advisor.solve.batch.names import chosen, coupling, ordered, over_all
from di_advisor.solve.batch.parts import Pieces, Top
from di_advisor.solve.batch.tuning import TUNING

__all__ = ["topped"]


def topped(blocks: Sequence[Block], common: Common, starts: FloatArray, softness: float, steps: int) -> list[Top]:
    """Climb softly, fix the sides, and climb to the top.

    Parameters
    ----------
    blocks : sequence of Block
        The accounts.
    common : Common
        What they share.
    starts : ndarray of shape (a, d)
        Prices to begin at.
    softness : float
        Of the minimum over sides.
    steps : int
        Newton steps of the soft climb of each.
    """
    laid = laid_out(blocks, common)
    softnesses, enough = np.full(len(blocks), softness), TUNING.part * softness
    softly = climbed(laid, starts, steps=steps, softness=softnesses, enough=enough)
    soft, plain = softly.prices, chosen(laid, softly.prices, softly.sides)
    buys = plain.better <= 0
    last = climbed(laid, soft, plain, steps=TUNING.last_steps, buys=buys, enough=TUNING.rest)
    at_last = over_all(laid, last.sides, buys)
    bound = np.fmax(_unreserved(laid, soft, plain.value), _unreserved(laid, last.prices, at_last))
    slope, _ = slope_at(laid, last.prices, last.sides)
    fine = np.abs(slope).max(axis=1) <= TUNING.flat_enough
    fine &= ordered(laid, last.prices) & ordered(laid, soft)
    trade, sells = last.sides.best.trade.copy(), np.zeros(laid.active.shape, dtype=np.bool_)
    sells.ravel()[laid.torn] = ~buys
    trade.ravel()[laid.torn] = np.where(buys, trade.take(laid.torn), last.sides.best.selling)
    nothing = laid.own + laid.aversion * (laid.idle[:, : common.factors] ** 2).sum(axis=1)
    found = []
    for i in range(len(blocks)):
        table = laid.pieces[laid.bounds[i] : laid.bounds[i + 1]]
        found.append(
            Top(
                soft=soft[i],
                last=last.prices[i],
                trade=trade[i],
                sells=sells[i],
                value=float(last.sides.value[i]),
                bound=float(bound[i]),
                is_fine=bool(fine[i]),
                pieces=Pieces(table[:, 0], table[:, 1], laid.losses[i]),
                nothing=float(nothing[i]),
            )
        )
    return found


def _unreserved(laid: Laid, prices: FloatArray, value: FloatArray) -> FloatArray:
    """A bound on every plan, whose rows need no reserve."""
    return value - coupling(laid, prices, kept=True) + coupling(laid, prices, kept=False)
