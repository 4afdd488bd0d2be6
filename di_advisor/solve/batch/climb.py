"""Newton's method on the duals of several accounts at once, softened or with sides given.

Every account steps for itself: its own curvature, its own share of the step, and it rests as soon as it has arrived;
nothing of one account goes into another. Limits: budgets are counts of steps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.solve.batch.curvature import curvature_at
from di_advisor.solve.batch.laid import Laid
from di_advisor.solve.batch.names import Sides, at_prices
from di_advisor.solve.batch.tuning import TUNING

__all__ = ["Standing", "climbed", "slope_at"]


@dataclass
class Standing:
    """Where the accounts stand: prices (a, d), and their sides there."""

    prices: FloatArray
    sides: Sides


def climbed(
    laid: Laid,
    start: FloatArray,
    here: Sides | None = None,
    *,
    steps: int,
    softness: FloatArray | None = None,
    buys: NDArray[np.bool_] | None = None,
    enough: float,
) -> Standing:
    """Climb from given prices on.

    Parameters
    ----------
    laid : Laid
        The accounts.
    start : ndarray of shape (a, d)
        Prices.
    here : Sides, optional
        What is known there.
    steps : int
        Budget of each account.
    softness, buys
        As for `at_prices`.
    enough : float
        An account rests where a step promises no more than this.
    """
    prices = start.copy()
    if here is None:
        here = at_prices(laid, prices, softness=softness, buys=buys)
    resting = np.zeros(len(prices), dtype=np.bool_)
    for _ in range(steps):
        slope, free = slope_at(laid, prices, here)
        if buys is not None:
            resting |= np.abs(slope).max(axis=1) <= TUNING.level  # at the top of the last piece, to the last bit
            if resting.all():
                break
        curvature = curvature_at(laid, here, softness, free, ~resting)
        way = _ways(laid, prices, slope, free, curvature, ~resting)
        promised = (slope * way).sum(axis=1)
        resting |= (promised <= enough) | ~np.isfinite(promised)
        if resting.all():
            break
        share = np.where(resting, 0.0, 1.0)
        noise = TUNING.noise * np.abs(here.value) + TUNING.least_noise
        pending = ~resting
        for _ in range(TUNING.halvings):
            trial = _moved(laid, prices, share[:, None] * way)
            there = at_prices(laid, trial, softness=softness, buys=buys)
            short = pending & ~(there.value >= here.value + TUNING.armijo * share * promised - noise)
            if not short.any():
                break
            share = np.where(short, TUNING.shorter * share, share)
        else:
            resting |= short
            share = np.where(short, 0.0, share)
            trial = _moved(laid, prices, share[:, None] * way)
            there = at_prices(laid, trial, softness=softness, buys=buys)
        prices, here = trial, there
        if softness is not None:
            resting |= (share == 1.0) & (promised <= TUNING.last * enough)
            if resting.all():
                break
    return Standing(prices, here)


def slope_at(laid: Laid, prices: FloatArray, here: Sides) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Slope of the dual, and which prices may move: a row within its limits has none."""
    k = laid.common.factors
    slope = here.activity.copy()
    slope[:, :k] -= prices[:, :k] / (2.0 * laid.aversion)[:, None]
    y, reached = prices[:, k:], here.activity[:, k:]
    lower, upper = laid.lowest, laid.kept
    above, below = reached - upper, reached - lower
    at_zero = np.where(above > 0, above, np.where(below < 0, below, 0.0))
    slope[:, k:] = np.where(y > 0, above, np.where(y < 0, below, at_zero))
    free = np.ones(slope.shape, dtype=np.bool_)
    free[:, k:] = (y != 0) | (above > 0) | (below < 0)
    return slope, free


def _ways(
    laid: Laid,
    prices: FloatArray,
    slope: FloatArray,
    free: NDArray[np.bool_],
    curvature: FloatArray,
    wanted: NDArray[np.bool_],
) -> FloatArray:
    """Newton's directions of the accounts wanted; a price leaves zero to the side of its slope only."""
    k = laid.common.factors
    way = np.zeros(slope.shape)
    waiting = np.flatnonzero(wanted)
    free = free.copy()
    while len(waiting):
        numbers = free[waiting].sum(axis=1)
        for number in np.unique(numbers):  # each system by itself and as small as it is, whoever stands beside it
            some = waiting[numbers == number]
            on = np.nonzero(free[some])[1].reshape(len(some), number)
            at, right = some[:, None], slope[some[:, None], on]
            found = np.linalg.solve(curvature[at[:, :, None], on[:, :, None], on[:, None, :]], right[:, :, None])
            way[some] = 0.0
            way[at, on] = found[:, :, 0]
        against = free & (prices == 0) & (way * slope < 0)
        against[:, :k] = False
        free &= ~against
        waiting = np.flatnonzero(against.any(axis=1))
    return way


def _moved(laid: Laid, prices: FloatArray, way: FloatArray) -> FloatArray:
    """Prices after a step: none past zero, none against an open side."""
    k = laid.common.factors
    trial = prices + way
    lower, upper = laid.lowest, laid.kept
    y = trial[:, k:]
    y = np.where(y * prices[:, k:] < 0, 0.0, y)
    y = np.where((y > 0) & np.isinf(upper) | (y < 0) & np.isinf(lower), 0.0, y)
    trial[:, k:] = y
    return trial
