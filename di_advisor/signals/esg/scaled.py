"""Scores made comparable: points of a declared scale, and distances from the middle of the sector.

Problem: 21 of one provider is better than 60 of another, and an oil company's 40 is not a bank's. Decision: a score is
turned into points from 0 to 100, higher is better, by the scale that its provider declares and never by the figures
that happen to be there; within a sector it becomes its distance from the mean in standard deviations, cut at 3.
In a sector of fewer than five scores mean and variance are shrunk towards those of all names: ``n / (n + 10)`` of its
own. The variance is shrunk with the mean, because a mean from outside over a spread from inside would let a name's
distance fall as its score rises. Limits: with at least twenty scores in all, a better score never lowers a distance.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.esg_table import EsgMeasure
from di_advisor.domain.market import FloatArray
from di_advisor.domain.universe import Universe
from di_advisor.errors import InputError
from di_advisor.units import percent_from_fraction

__all__ = ["DISTANCE_MAX", "in_points", "sector_relative"]

DISTANCE_MAX: Final = 3.0
_FEW: Final = 5
_SHRINK_NAMES: Final = 10.0
_NO_SPREAD: Final = 1e-9
"""Spread, relative to the greatest score, that is round-off."""


def in_points(measure: EsgMeasure, universe: Universe) -> FloatArray:
    """Scores from 0 to 100, higher is better, shape (n,); NaN where not covered.

    Raises
    ------
    InputError
        If the measure declares no scale: a raw figure is never mixed with others.
    """
    if measure.bounds is None:
        raise InputError(
            f"{measure.name} declares no scale, so it cannot be put on one with others.",
            hint="State it: EsgMeasure(..., bounds=(0.0, 100.0)), or min and max in the mapping of the file.",
            measure=measure.name,
        )
    least, greatest = measure.bounds
    part = (measure.aligned(universe) - least) / (greatest - least)
    good = part if measure.direction.sign > 0 else 1.0 - part
    return np.asarray(percent_from_fraction(1.0) * good, dtype=np.float64)


def sector_relative(points: FloatArray, universe: Universe, among: NDArray[np.bool_] | None = None) -> FloatArray:
    """Distance of each score from its sector's mean in standard deviations.

    Parameters
    ----------
    points : ndarray of shape (n,)
        Higher is better; NaN where not covered.
    universe : Universe
        Gives the sectors; names without one are compared with all.
    among : ndarray of bool, shape (n,), optional
        Names that count, such as those that no screen takes out; others have no distance.

    Returns
    -------
    ndarray of shape (n,)
        From -3 to 3; NaN where not covered; 0 in a sector whose scores are all the same.
    """
    counts = np.isfinite(points) if among is None else np.isfinite(points) & among
    found = np.full(len(points), np.nan)
    if not counts.any():
        return found
    everybody = points[counts]
    mean_all, variance_all = float(everybody.mean()), float(everybody.var())
    tiny = _NO_SPREAD * float(np.abs(everybody).max())
    for sector in np.unique(universe.sector_of[counts]).tolist():
        inside = counts & (universe.sector_of == sector)
        own = points[inside]
        n = len(own)
        weight = 0.0 if sector < 0 else (1.0 if n >= _FEW else n / (n + _SHRINK_NAMES))
        mean = weight * float(own.mean()) + (1.0 - weight) * mean_all
        spread = float(np.sqrt(weight * float(own.var()) + (1.0 - weight) * variance_all))
        found[inside] = 0.0 if spread <= tiny else np.clip((own - mean) / spread, -DISTANCE_MAX, DISTANCE_MAX)
    return found
