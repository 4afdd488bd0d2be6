"""Exponentially weighted averages of daily series with gaps.

Problem: every estimate here forgets at its own pace and must cope with names that list late, halt
or leave. Decision: one recursion, ``S_t = d S_{t-1} + x_t m_t`` over ``D_t = d D_{t-1} + m_t``, with
the observation mask m; ``D_t`` is the weight of evidence, so a caller can add a prior that counts as
so many days. Where only today's average is wanted, the weights are written out. Limits: a day
without a trade ages the evidence like any other day.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from di_advisor.domain.market import FloatArray

__all__ = ["age_weights", "effective_days", "evidence", "final_sum", "lagged", "row_median", "weighted_sum"]


def age_weights(days: int, half_life_days: float) -> FloatArray:
    """Weights of ``days`` days that sum to 1, the last day the heaviest, shape (days,)."""
    weights = _decay(half_life_days) ** np.arange(days - 1, -1, -1, dtype=np.float64)
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def effective_days(weights: FloatArray) -> float:
    """Number of equally weighted days that carry as much evidence as weights that sum to 1."""
    return float(1.0 / np.sum(weights**2))


def weighted_sum(values: FloatArray, half_life_days: float) -> FloatArray:
    """Running sums ``S_t = d S_{t-1} + values_t`` along the first axis, same shape as ``values``."""
    return np.asarray(lfilter([1.0], [1.0, -_decay(half_life_days)], values, axis=0), dtype=np.float64)


def final_sum(values: FloatArray, half_life_days: float) -> FloatArray:
    """Last row of `weighted_sum` alone, which is much cheaper."""
    weights = _decay(half_life_days) ** np.arange(len(values) - 1, -1, -1, dtype=np.float64)
    return np.asarray(weights @ values, dtype=np.float64)


def evidence(observed: NDArray[np.bool_], half_life_days: float) -> FloatArray:
    """Running weight of the days observed, shape as ``observed``; its ceiling is 1 / (1 - d)."""
    return weighted_sum(observed.astype(np.float64), half_life_days)


def lagged(values: FloatArray) -> FloatArray:
    """The same series one day later, so that row t holds what was known before day t; row 0 is zero."""
    shifted = np.zeros_like(values)
    shifted[1:] = values[:-1]
    return shifted


def row_median(values: FloatArray) -> FloatArray:
    """Median of the numbers of each row, shape (m, 1); NaN where a row has none.

    One sort of the whole table (NaN goes last) is ten times faster than `numpy.nanmedian` by rows.
    """
    ordered = np.sort(values, axis=1)
    count = np.isfinite(values).sum(axis=1, keepdims=True)
    low = np.take_along_axis(ordered, np.maximum(count - 1, 0) // 2, axis=1)
    high = np.take_along_axis(ordered, np.minimum(count // 2, values.shape[1] - 1), axis=1)
    return np.asarray(np.where(count > 0, (low + high) / 2.0, np.nan), dtype=np.float64)


def _decay(half_life_days: float) -> float:
    return float(0.5 ** (1.0 / half_life_days))
