"""Intervals of a mean difference between two policies, where vintages overlap.

Problem: vintages that begin a quarter apart share most of their days, so a plain bootstrap claims too much. Decision:
the stationary bootstrap of Politis and Romano (JASA 89, 1994, pp. 1303-1313): blocks of geometric length around the
joined circle, so that resampled series keep the dependence of neighbours. Limits: the mean block length is the
caller's: as many vintages as overlap; few blocks give wide and rough intervals, and the result says how many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from di_advisor.errors import InputError

__all__ = ["Difference", "mean_difference"]

_DRAWS = 5_000
_FEWEST_BLOCKS = 2


@dataclass(frozen=True, slots=True)
class Difference:
    """A mean difference with its interval.

    Attributes
    ----------
    mean : float
        Over the vintages.
    low, high : float
        Ends of the interval.
    level : float
        Of the interval, such as 0.9.
    vintages : int
        How many.
    blocks : float
        How many blocks of the mean length they make: below about five the interval is rough.
    """

    mean: float
    low: float
    high: float
    level: float
    vintages: int
    blocks: float

    @property
    def clear(self) -> bool:
        """Whether the interval leaves zero out; never of less than two blocks, which leave it no width to speak of."""
        return self.blocks >= _FEWEST_BLOCKS and (self.low > 0 or self.high < 0)


def mean_difference(
    ours: Sequence[float],
    theirs: Sequence[float],
    *,
    seed: int,
    mean_block: float = 1.0,
    level: float = 0.9,
    draws: int = _DRAWS,
) -> Difference:
    """Mean of ours less theirs, vintage by vintage, with a stationary bootstrap interval.

    Parameters
    ----------
    ours, theirs : sequence of float
        One figure a vintage, of the same vintages in the order of their starts.
    seed : int
        Of the draws.
    mean_block : float
        Mean length of a block in vintages, at least 1; 1 is the plain bootstrap.
    level : float
        Of the interval, in (0, 1).
    draws : int
        How many resampled series.

    Raises
    ------
    InputError
        If the two are not of the same vintages, there are fewer than two, or the settings are not sensible.
    """
    if len(ours) != len(theirs) or len(ours) < 2:
        raise InputError(
            f"{len(ours)} figures against {len(theirs)}.", hint="Give one of each policy for the same vintages, two up."
        )
    if not mean_block >= 1 or not 0 < level < 1 or draws < 1:
        raise InputError(
            f"Mean block {mean_block}, level {level}, {draws} draws.",
            hint="Give a block of 1 or more, a level between 0 and 1, and at least one draw.",
        )
    values = np.asarray(ours, dtype=np.float64) - np.asarray(theirs, dtype=np.float64)
    if not np.isfinite(values).all():
        raise InputError("A figure is not finite.", hint="Leave out vintages that have no result, of both policies.")
    n = len(values)
    rng = np.random.default_rng(seed)
    at = np.empty((draws, n), dtype=np.int64)
    at[:, 0] = rng.integers(0, n, size=draws)
    for k in range(1, n):
        fresh = rng.random(draws) < 1.0 / mean_block
        at[:, k] = np.where(fresh, rng.integers(0, n, size=draws), (at[:, k - 1] + 1) % n)
    low, high = np.quantile(values[at].mean(axis=1), [(1 - level) / 2, (1 + level) / 2])
    return Difference(float(values.mean()), float(low), float(high), level, n, n / mean_block)
