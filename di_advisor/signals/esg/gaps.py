"""What stands in for a gap in a measure, and how much of the weight must not be one.

Problem: scores cover a part of the names, and what an uncovered name counts as moves the index's average as much as
the wish itself. Decision: each wish names its policy, the same for portfolio and index, and the index's average
under it is reported; a tilt on scores that cover too little of the weight is refused unless it is forced.
Limits: a policy is a choice, none of them is knowledge.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from di_advisor.domain.esg_table import Direction
from di_advisor.domain.esg_wishes import COVERAGE_MIN, Uncovered
from di_advisor.domain.market import FloatArray
from di_advisor.domain.universe import Universe
from di_advisor.errors import IncompleteDataError

__all__ = ["filled", "thin_coverage"]

_WORST_SHARE: Final = {Uncovered.WORST_DECILE: 0.10, Uncovered.WORST_QUARTILE: 0.25}


def thin_coverage(measure: str, weight: float) -> IncompleteDataError:
    """The refusal of a tilt on scores that cover too little of the weight, a fraction."""
    return IncompleteDataError(
        f"{measure} covers {weight:.3f} of the weight, and a tilt asks for {COVERAGE_MIN:.2f}.",
        hint="Load more scores, or set forced=True: the tilt then mostly follows what stands in for the gaps.",
        measure=measure,
        coverage=weight,
    )


def filled(
    values: FloatArray, universe: Universe, policy: Uncovered, direction: Direction
) -> tuple[FloatArray, FloatArray]:
    """Figures without gaps, and what counts in an average.

    Parameters
    ----------
    values : ndarray of shape (n,)
        NaN where not covered.
    universe : Universe
        Gives the sectors.
    policy : Uncovered
        What stands in for a gap; a sector without any figure takes the median of all.
    direction : Direction
        Which tail is the worst: the worst decile is the 90th percentile where lower is better.

    Returns
    -------
    values : ndarray of shape (n,)
        Finite; 0 where left out.
    counted : ndarray of shape (n,)
        1, or 0 where left out.

    Raises
    ------
    IncompleteDataError
        If no name has a figure.
    """
    covered = np.isfinite(values)
    if not covered.any():
        raise IncompleteDataError("An ESG measure covers no name.", hint="Load its figures, or drop the wish.")
    known, everyone = values[covered], np.ones(len(values))
    if policy is Uncovered.LEAVE_OUT:
        return np.where(covered, values, 0.0), covered.astype(np.float64)
    if policy is Uncovered.ZERO:
        return np.where(covered, values, 0.0), everyone
    if policy is Uncovered.UNIVERSE_MEAN:
        return np.where(covered, values, known.mean()), everyone
    if policy in _WORST_SHARE:
        share = _WORST_SHARE[policy]
        tail = 1.0 - share if direction is Direction.LOWER_IS_BETTER else share
        return np.where(covered, values, float(np.quantile(known, tail))), everyone
    middle = np.full(len(values), float(np.median(known)))
    for sector in np.unique(universe.sector_of[covered]).tolist():
        inside = universe.sector_of == sector
        if sector >= 0:
            middle[inside] = np.median(values[inside & covered])
    return np.where(covered, values, middle), everyone
