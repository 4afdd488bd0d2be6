"""Whether something changed: a change point in residuals, and features that are drawn otherwise than in training.

Change point: the statistic of a day is the score of "every cost is off by the same factor",
``sum(e m / v) / sqrt(sum(m^2 / v))`` with e = cost - predicted, m the prediction and v the noise known in
advance, each ``e / sqrt(v)`` held to four standard deviations, because costs have fat tails. Its
cumulative sum about the mean (CUSUM; Page 1954, Hinkley 1971) is compared with the same days in random
order, so that the rate of false alarms is what is asked for whatever the noise is, as long as days can be
exchanged. Features: the population stability index over the deciles of the training orders.

Limits: a model that was wrong from the first day by the same factor has no change point; its total
dollars say so. Days that hang together (one large order over a week) are not exchangeable.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.market import FloatArray

__all__ = ["ChangePoint", "change_point", "stability_index"]

_HELD_TO = 4.0
_SHUFFLES = 1999
_BINS = 10
_FEWEST_DAYS = 10
_EDGE_DAYS = 3


@dataclass(frozen=True, slots=True)
class ChangePoint:
    """The most likely day of a change, and how surprising it is.

    Attributes
    ----------
    since : datetime64[D]
        First day after the change.
    p_value : float
        Share of random orders of the days with a sum at least as large.
    excess_before, excess_after : float
        By what fraction costs were above the prediction, before and since.
    orders, days : int
        Counts.
    """

    since: np.datetime64
    p_value: float
    excess_before: float
    excess_after: float
    orders: int
    days: int


def change_point(
    day: NDArray[np.datetime64], error_bps: FloatArray, predicted_bps: FloatArray, noise_bps: FloatArray, *, seed: int
) -> ChangePoint | None:
    """The change point of orders in time; None where there are fewer than ten days.

    Parameters
    ----------
    day : ndarray of datetime64[D], shape (m,)
        Day of each order.
    error_bps, predicted_bps, noise_bps : ndarray of shape (m,)
        Cost less prediction, prediction, and the standard deviation known in advance.
    seed : int
        Of the random orders of the days.
    """
    days, of = np.unique(day, return_inverse=True)
    if len(days) < _FEWEST_DAYS:
        return None
    z = np.clip(error_bps / noise_bps, -_HELD_TO, _HELD_TO)
    signal = predicted_bps / noise_bps
    score = _by_day(of, z * signal, len(days))
    information = _by_day(of, signal**2, len(days))
    g = np.random.default_rng(seed)
    rows = g.permuted(np.tile(np.arange(len(days)), (_SHUFFLES, 1)), axis=1)
    overall = float(score.sum() / information.sum())
    path = _paths(score[None, :], information[None, :], overall)[0]
    largest = path.max()
    as_large = int((_paths(score[rows], information[rows], overall).max(axis=1) >= largest).sum())
    at = int(np.argmax(path)) + 1
    return ChangePoint(
        since=days[at],
        p_value=(1 + as_large) / (1 + _SHUFFLES),
        excess_before=float(score[:at].sum() / information[:at].sum()),
        excess_after=float(score[at:].sum() / information[at:].sum()),
        orders=len(error_bps),
        days=len(days),
    )


def _by_day(of: NDArray[np.int64], values: FloatArray, days: int) -> FloatArray:
    return np.asarray(np.bincount(of.ravel(), weights=values, minlength=days), dtype=np.float64)


def _paths(score: FloatArray, information: FloatArray, overall: float) -> FloatArray:
    """Standardised cumulative sums of days in rows, shape (r, days - 1); days at the ends cannot be a change."""
    about = np.cumsum(score - overall * information, axis=1)[:, :-1]
    done = np.cumsum(information, axis=1)
    share = done[:, :-1] / done[:, -1:]
    standard = np.abs(about) / np.sqrt(np.maximum(share * (1.0 - share), 1e-12))
    standard[:, : _EDGE_DAYS - 1] = 0.0
    standard[:, standard.shape[1] - _EDGE_DAYS + 1 :] = 0.0
    return np.asarray(standard, dtype=np.float64)


def stability_index(before: NDArray[Any], now: NDArray[Any]) -> float:
    """Population stability index of a feature, numbers by deciles of ``before``, words by level.

    Values that are not known are a level of their own. NaN where either is empty.
    """
    if not len(before) or not len(now):
        return float("nan")
    if before.dtype.kind == "f":
        numbers = np.asarray(before, dtype=np.float64), np.asarray(now, dtype=np.float64)
        finite = numbers[0][np.isfinite(numbers[0])]
        edges = np.unique(np.quantile(finite, np.arange(1, _BINS) / _BINS)) if len(finite) else np.zeros(0)
        levels = [np.where(np.isnan(v), -1, np.searchsorted(edges, v, side="right")) for v in numbers]
    else:
        codes = np.unique(np.concatenate([before, now]), return_inverse=True)[1].ravel()
        levels = [codes[: len(before)], codes[len(before) :]]
    known = np.unique(np.concatenate(levels))
    p, q = (
        (np.array([(each == level).sum() for level in known]) + 0.5) / (len(each) + 0.5 * len(known)) for each in levels
    )
    return float(((q - p) * np.log(q / p)).sum())
