"""ESG measures aligned to the market's names: coverage, what stands in for a gap, and where providers disagree.

Problem: scores cover a part of the names, and what an uncovered name counts as moves the index's
average as much as the wish itself. Decision: alignment never fills; each wish names its policy, the
same for portfolio and index, and the index's average under it is reported. A figure that was known
only after the market's date is refused. Limits: policy only, nothing is fetched here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.esg_table import Direction, EsgScale, EsgTable
from di_advisor.domain.esg_wishes import Uncovered
from di_advisor.domain.market import FloatArray, Market
from di_advisor.domain.signals import MarketSignals
from di_advisor.domain.universe import Universe
from di_advisor.errors import IncompleteDataError, InputError

__all__ = ["AlignedEsg", "Disagreement", "aligned_esg", "disagreements", "filled"]

_WORST_SHARE = 0.10
_APART = 0.5
"""Ranks (0 worst, 1 best) further apart than this are a disagreement."""

_FEWEST = 5


@dataclass(frozen=True)
class AlignedEsg:
    """Measures in a market's order.

    Attributes
    ----------
    values : dict of str to ndarray of shape (m,)
        NaN where not covered.
    scale : dict of str to EsgScale
        How they are read, where known.
    provenance : dict of str to str
        Under "esg: <measure>": who, which way is good, known when, how many names.
    """

    values: dict[str, FloatArray]
    scale: dict[str, EsgScale]
    provenance: dict[str, str]


def aligned_esg(esg: EsgTable | Mapping[str, FloatArray] | None, market: Market) -> AlignedEsg:
    """Measures of a table, or arrays as given, in the market's order.

    Raises
    ------
    InputError
        If an array has another length than the market, or a measure was known only after its date.
    """
    if esg is None:
        return AlignedEsg({}, {}, {})
    m = len(market.universe)
    if not isinstance(esg, EsgTable | Mapping):
        raise InputError(
            f"The ESG measures are a {type(esg).__name__}.",
            hint="Pass esg=EsgTable.from_frame(frame, columns), or arrays by name.",
        )
    if not isinstance(esg, EsgTable):
        values = {name: np.asarray(given, dtype=np.float64) for name, given in esg.items()}
        for name, given in values.items():
            if given.shape != (m,):
                raise InputError(
                    f"The ESG measure {name} has the shape {given.shape} for {m} names.",
                    hint="Give one figure a name in the market's order, NaN where not covered.",
                    measure=name,
                )
        return AlignedEsg(values, {}, {f"esg: {n}": f"given as an array; {_covers(v)}" for n, v in values.items()})
    values, scale, provenance = {}, {}, {}
    for measure in esg.measures:
        if measure.known_at is not None and measure.known_at > market.as_of:
            raise InputError(
                f"The ESG measure {measure.name} was known on {measure.known_at}, after the market of {market.as_of}.",
                hint="Load the figures that were known then.",
                measure=measure.name,
            )
        values[measure.name] = measure.aligned(market.universe)
        scale[measure.name] = measure.scale
        known = f"known on {measure.known_at}" if measure.known_at else "of an unknown day"
        says = f"{measure.provider or 'no provider named'}, {measure.direction.value}, {known}"
        provenance[f"esg: {measure.name}"] = f"{says}; {_covers(values[measure.name])}"
    return AlignedEsg(values, scale, provenance)


def _covers(values: FloatArray) -> str:
    return f"covers {int(np.isfinite(values).sum())} of {len(values)} names"


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
        Which tail is the worst: its decile is the 90th percentile where lower is better.

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
    if policy is Uncovered.WORST_DECILE:
        tail = 1.0 - _WORST_SHARE if direction is Direction.LOWER_IS_BETTER else _WORST_SHARE
        return np.where(covered, values, float(np.quantile(known, tail))), everyone
    middle = np.full(len(values), float(np.median(known)))
    for sector in np.unique(universe.sector_of[covered]).tolist():
        inside = universe.sector_of == sector
        if sector >= 0:
            middle[inside] = np.median(values[inside & covered])
    return np.where(covered, values, middle), everyone


@dataclass(frozen=True)
class Disagreement:
    """Where two providers rank names far apart on the same topic.

    Attributes
    ----------
    topic, first, second : str
        The topic, and the two measures.
    names : ndarray of int
        Positions of the names, widest apart first.
    both : int
        How many names both cover.
    correlation : float
        Of their ranks, in the good direction.
    """

    topic: str
    first: str
    second: str
    names: NDArray[np.int64]
    both: int
    correlation: float


def disagreements(
    market: MarketSignals, among: Iterable[str] | None = None, *, apart: float = _APART
) -> tuple[Disagreement, ...]:
    """Pairs of measures of one topic, and the names on which they rank more than ``apart`` (of 1) apart.

    Parameters
    ----------
    market : MarketSignals
        With scales that name topics.
    among : iterable of str, optional
        Only pairs that hold one of these measures.
    apart : float
        Distance of ranks, 0 worst and 1 best.
    """
    wanted = None if among is None else set(among)
    found = []
    topics = {n: s.topic for n, s in market.esg_scale.items() if s.topic and n in market.esg}
    for first, second in combinations(topics, 2):
        if topics[first] != topics[second] or not (wanted is None or wanted & {first, second}):
            continue
        both = np.flatnonzero(np.isfinite(market.esg[first]) & np.isfinite(market.esg[second]))
        if len(both) < _FEWEST:
            continue
        ranks = [_ranks(market.esg[n][both] * market.esg_scale[n].direction.sign) for n in (first, second)]
        gap = np.abs(ranks[0] - ranks[1])
        order = np.argsort(-gap, kind="stable")
        spread = ranks[0].std() * ranks[1].std()
        correlation = float(np.corrcoef(ranks[0], ranks[1])[0, 1]) if spread > 0 else float("nan")
        far = both[order][gap[order] > apart]
        found.append(Disagreement(topics[first], first, second, far, len(both), correlation))
    return tuple(found)


def _ranks(values: FloatArray) -> FloatArray:
    """Mean ranks from 0 to 1, shape (n,)."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    middle = last - (counts + 1) / 2.0
    return np.asarray(middle[inverse] / max(len(values) - 1, 1), dtype=np.float64)
