"""Intervals for one trade's cost: conformal, scaled by the noise that is known in advance.

Problem: the noise of a trade spans two orders of magnitude, so that one width for all is far too
wide for small orders and too narrow for large ones. Decision: scores ``|cost - predicted| / sqrt(v)``
of out-of-fold predictions, their quantile with the finite-sample correction (Vovk, Gammerman and
Shafer 2005; Lei et al. 2018), by quartile of the noise where each holds enough orders. Limits: an
interval for the *trade*; how well the mean is known is another, narrower question.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from di_advisor.domain.market import FloatArray
from di_advisor.errors import InputError

__all__ = ["Calibration", "calibrate"]

_GROUPS = 4
_ENOUGH = 100
_DIGITS = 5  # as many as are stored, so that a stored calibration is the same
_WITHOUT_ORDERS = 2.0
"""Scores without a calibration are taken as twice those of a normal distribution: costs have fat tails."""


@dataclass(frozen=True)
class Calibration:
    """Sorted scores by group of noise.

    Attributes
    ----------
    edges : ndarray of shape (g - 1,)
        Where groups of ``sqrt(v)`` end, bps.
    scores : tuple of ndarray
        Sorted scores of each group.
    """

    edges: FloatArray
    scores: tuple[FloatArray, ...]

    @property
    def orders(self) -> int:
        """How many orders it rests on."""
        return sum(len(each) for each in self.scores)

    def half_width(self, noise_bps: FloatArray, coverage: float) -> FloatArray:
        """Half of the interval of each trade, bps.

        Raises
        ------
        InputError
            If the coverage is not between 0.5 and 0.99.
        """
        if not 0.5 <= coverage <= 0.99:
            raise InputError(f"A coverage of {coverage} is asked for.", hint="Use a fraction such as 0.9.")
        if not self.orders:
            from scipy.stats import norm

            return np.asarray(noise_bps * _WITHOUT_ORDERS * float(norm.ppf(0.5 + coverage / 2)))
        quantiles = np.array([_upper(each, coverage) for each in self.scores])
        return np.asarray(noise_bps * quantiles[np.searchsorted(self.edges, noise_bps)])

    def as_json(self) -> dict[str, Any]:
        """For a file of text."""
        return {"edges": self.edges.tolist(), "scores": [each.tolist() for each in self.scores]}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Calibration:
        """What `as_json` wrote."""
        return cls(np.array(stored["edges"], dtype=np.float64), tuple(np.array(s) for s in stored["scores"]))


def calibrate(error_bps: FloatArray, noise_bps: FloatArray) -> Calibration:
    """Calibration from out-of-fold errors and the noise known in advance, both of shape (m,)."""
    scores = np.round(np.abs(error_bps) / noise_bps, _DIGITS)
    if len(scores) < _GROUPS * _ENOUGH:
        return Calibration(np.zeros(0), (np.sort(scores),))
    edges = np.quantile(noise_bps, np.arange(1, _GROUPS) / _GROUPS)
    group = np.searchsorted(edges, noise_bps)
    return Calibration(edges, tuple(np.sort(scores[group == g]) for g in range(_GROUPS)))


def _upper(scores: FloatArray, coverage: float) -> float:
    """The quantile that covers a new score with at least this probability; the largest where orders are few."""
    rank = int(np.ceil((len(scores) + 1) * coverage))
    return float(scores[min(rank, len(scores)) - 1])
