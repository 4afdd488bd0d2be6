"""Newton's method on the duals of several accounts at once, softened or with sides given.

Every account steps for itself: its own curvature, its own share of the step, and it rests as soon as it has arrived;
nothing of one account goes into another. Limits: budgets are counts of steps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray
from di_advisor.solve.batch.laid import Laid
from di_advisor.solve.batch.names import Sides, at_prices, curvature_at

__all__ = ["Standing", "climbed", "slope_at"]

_ARMIJO = 1e-4
_SHORTER = 0.3
_HALVINGS = 8
_NOISE = 1e-15
_LEAST_NOISE = 1e-19


@dataclass
class Standing:
    """Where the accounts stand: prices (a, d), and their sides there."""

    prices: FloatArray
    sides: Sides


def climbed(
    laid: Laid,
    start: FloatArray,
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
    steps : int
        Budget of each account.
    softness, buys
        As for `at_prices`.
    enough : float
        An account rests where a step promises no more than this.
    """
    prices = start.copy()
    here = at_prices(laid, prices, softness=softness, buys=buys)
    resting = np.zeros(len(prices), dtype=np.bool_)
    for _ in range(steps):
        slope, free = slope_at(laid, prices, here)
        way = _ways(laid, prices, slope, free, curvature_at(laid, here, softness))
        promised = (slope * way).sum(axis=1)
        resting |= (promised <= enough) | ~np.isfinite(promised)
        if resting.all():
            break
        share = np.where(resting, 0.0, 1.0)
        noise = _NOISE * np.abs(here.value) + _LEAST_NOISE
        pending = ~resting
        for _ in range(_HALVINGS):
            trial = _moved(laid, prices, share[:, None] * way)
            there = at_prices(laid, trial, softness=softness, buys=buys)
            short = pending & ~(there.value >= here.value + _ARMIJO * share * promised - noise)
            if not short.any():
                break
            share = np.where(short, _SHORTER * share, share)
        else:
            resting |= short
            share = np.where(short, 0.0, share)
            trial = _moved(laid, prices, share[:, None] * way)
            there = at_prices(laid, trial, softness=softness, buys=buys)
        prices, here = trial, there
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
    laid: Laid, prices: FloatArray, slope: FloatArray, free: NDArray[np.bool_], curvature: FloatArray
) -> FloatArray:
    """Newton's directions; a price leaves zero to the side of its slope only."""
    k = laid.common.factors
    resting = prices == 0
    resting[:, :k] = False
    diagonal = np.arange(slope.shape[1])
    while True:
        both = free[:, :, None] & free[:, None, :]
        system = np.where(both, curvature, 0.0)
        system[:, diagonal, diagonal] = np.where(free, curvature[:, diagonal, diagonal], 1.0)
        way = np.linalg.solve(system, np.where(free, slope, 0.0)[:, :, None])[:, :, 0]
        against = free & resting & (way * slope < 0)
        if not against.any():
            return np.asarray(way, dtype=np.float64)
        free = free & ~against


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
