"""Where two providers of the market's measures see a name far apart.

Decision: compared are distances from the sector's mean in standard deviations, each in its own good direction, so that
neither scale nor direction matters. Limits: pairs of measures of the same topic only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.signals import MarketSignals
from di_advisor.signals.esg.consensus import APART, FEWEST_BOTH, rank_correlation
from di_advisor.signals.esg.scaled import sector_relative

__all__ = ["Disagreement", "disagreements"]


@dataclass(frozen=True)
class Disagreement:
    """Where two providers see names far apart on the same topic.

    Attributes
    ----------
    topic, first, second : str
        The topic, and the two measures.
    names : ndarray of int
        Positions of the names, widest apart first.
    both : int
        How many names both cover.
    correlation : float
        Of their ranks, in the good direction; NaN where all are the same.
    """

    topic: str
    first: str
    second: str
    names: NDArray[np.int64]
    both: int
    correlation: float


def disagreements(
    market: MarketSignals, among: Iterable[str] | None = None, *, apart: float = APART
) -> tuple[Disagreement, ...]:
    """Pairs of measures of one topic, and the names on which they lie more than ``apart`` apart.

    Parameters
    ----------
    market : MarketSignals
        With scales that name topics.
    among : iterable of str, optional
        Only pairs that hold one of these measures.
    apart : float
        Standard deviations within the sector.
    """
    wanted = None if among is None else set(among)
    topics = {n: s.topic for n, s in market.esg_scale.items() if s.topic and n in market.esg}
    good = {n: market.esg[n] * market.esg_scale[n].direction.sign for n in topics}
    distance = {n: sector_relative(values, market.universe) for n, values in good.items()}
    found = []
    for first, second in combinations(topics, 2):
        if topics[first] != topics[second] or not (wanted is None or wanted & {first, second}):
            continue
        both, correlation = rank_correlation(good[first], good[second])
        if both < FEWEST_BOTH:
            continue
        gap = np.nan_to_num(np.abs(distance[first] - distance[second]), nan=0.0)
        order = np.argsort(-gap, kind="stable")
        found.append(Disagreement(topics[first], first, second, order[gap[order] > apart], both, correlation))
    return tuple(found)
