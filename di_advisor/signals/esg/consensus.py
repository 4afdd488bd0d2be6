"""What several providers say together: mean, dispersion, rank correlations, and on whom they disagree.

Problem: providers agree on little (their mean rank correlation is about 0.54), and a tilt on one of them follows its
errors. Decision: each provider's scores become distances from the sector's mean; a name counts as their mean, and how
far they lie apart is kept beside it, so that a careful tilt takes off a part of it. That part is limited to what keeps
a better score from ever counting against a name. Limits: a name that one provider scores has no dispersion.

Source: Berg, Koelbel, Rigobon (2022), Aggregate Confusion, Review of Finance 26, 1315.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.esg_table import EsgMeasure
from di_advisor.domain.market import FloatArray
from di_advisor.domain.universe import Universe
from di_advisor.domain.wording import signless
from di_advisor.errors import InputError
from di_advisor.signals.esg.scaled import in_points, sector_relative

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["APART", "FEWEST_BOTH", "Consensus", "RankCorrelation", "consensus", "rank_correlation"]

APART: Final = 1.5
"""Standard deviations further apart than this are a disagreement."""

FEWEST_BOTH: Final = 5
"""Names that both must cover for a correlation."""


@dataclass(frozen=True, slots=True)
class RankCorrelation:
    """Of two measures' ranks, in the good direction, over the ``both`` names that both cover; NaN if too few."""

    first: str
    second: str
    both: int
    correlation: float


@dataclass(frozen=True)
class Consensus:
    """Scores of several providers on one universe.

    Attributes
    ----------
    universe : Universe
        The names.
    measures : tuple of EsgMeasure
        What was combined, p of them.
    distances : ndarray of shape (p, n)
        From the sector's mean in standard deviations, higher is better; NaN where not covered.
    mean, dispersion : ndarray of shape (n,)
        Over the providers that cover a name, the dispersion as a standard deviation; NaN where none does.
    correlations : tuple of RankCorrelation
        One a pair.
    """

    universe: Universe
    measures: tuple[EsgMeasure, ...]
    distances: FloatArray
    mean: FloatArray
    dispersion: FloatArray
    correlations: tuple[RankCorrelation, ...]

    @property
    def opinions(self) -> NDArray[np.int64]:
        """How many providers cover each name, shape (n,)."""
        return np.asarray(np.isfinite(self.distances).sum(axis=0), dtype=np.int64)

    @property
    def disagreed(self) -> NDArray[np.bool_]:
        """Names on which two providers lie more than `APART` apart, shape (n,)."""
        seen = np.isfinite(self.distances)
        most = np.where(seen, self.distances, -np.inf).max(axis=0)
        least = np.where(seen, self.distances, np.inf).min(axis=0)
        return np.asarray(most - least > APART, dtype=np.bool_)

    @property
    def caution_max(self) -> float:
        """Largest share of the dispersion that may be taken off; infinite for one provider.

        The dispersion of m opinions changes by at most ``sqrt(m - 1)`` of what the mean changes by.
        """
        return float(1.0 / np.sqrt(len(self.measures) - 1.0)) if len(self.measures) > 1 else float("inf")

    def robust(self, kappa: float) -> FloatArray:
        """Mean less ``kappa`` times the dispersion, shape (n,); NaN where nobody covers a name.

        Raises
        ------
        InputError
            If ``kappa`` is negative, or so large that a better score would lower the result.
        """
        if not 0.0 <= kappa <= self.caution_max:
            raise InputError(
                f"A share {kappa:g} of the dispersion is not between 0 and {self.caution_max:g}.",
                hint=f"With {len(self.measures)} providers more than that would punish a name for a better score.",
                kappa=kappa,
            )
        return np.asarray(self.mean - kappa * self.dispersion, dtype=np.float64)

    def says(self, at: int) -> str:
        """What each provider says of a name, as published and as a distance from its sector, and since when."""
        security = self.universe.securities[at]
        parts = []
        for measure, distance in zip(self.measures, self.distances[:, at], strict=True):
            if np.isfinite(distance):
                known = f", known by {measure.known_at}" if measure.known_at else ""
                raw = measure.values[security.security_id]
                apart = signless(distance, "+.2f")
                parts.append(f"{measure.provider or measure.name} {raw:g} ({apart} in its sector{known})")
        return ", ".join(parts)

    def correlation_frame(self) -> pd.DataFrame:
        """Table of rank correlations, one row and one column a measure."""
        import pandas as pd

        names = [m.name for m in self.measures]
        table = pd.DataFrame(np.eye(len(names)), index=names, columns=names)
        for pair in self.correlations:
            table.loc[pair.first, pair.second] = table.loc[pair.second, pair.first] = pair.correlation
        return table


def consensus(measures: Sequence[EsgMeasure], universe: Universe, among: NDArray[np.bool_] | None = None) -> Consensus:
    """Combine measures of the same thing by several providers.

    Parameters
    ----------
    measures : sequence of EsgMeasure
        With declared scales, at least one.
    universe : Universe
        The names and their sectors.
    among : ndarray of bool, shape (n,), optional
        Names that count, such as those that no screen takes out; others have no score.

    Raises
    ------
    InputError
        If there is no measure, two are of one name, one declares no scale, or their topics differ.
    """
    names = [m.name for m in measures]
    if not names or len(set(names)) < len(names):
        raise InputError(
            f"Nothing can be combined of the measures {', '.join(names) or '(none)'}.", hint="Give each measure once."
        )
    topics = sorted({m.topic for m in measures if m.topic})
    if len(topics) > 1:
        raise InputError(
            f"The measures are of {', '.join(topics)}, which are not the same thing.",
            hint="Combine measures of one topic; wish something of each topic.",
        )
    points = np.array([in_points(m, universe) for m in measures])
    distances = np.array([sector_relative(p, universe, among) for p in points])
    seen = np.isfinite(distances)
    count = seen.sum(axis=0)
    given, at_least_one = np.where(seen, distances, 0.0), np.maximum(count, 1)
    mean = given.sum(axis=0) / at_least_one
    spread = np.sqrt((np.where(seen, distances - mean, 0.0) ** 2).sum(axis=0) / at_least_one)
    used = points if among is None else np.where(among, points, np.nan)
    pairs = tuple(
        RankCorrelation(names[i], names[j], *rank_correlation(used[i], used[j]))
        for i, j in combinations(range(len(names)), 2)
    )
    nobody = count == 0
    return Consensus(
        universe,
        tuple(measures),
        distances,
        np.where(nobody, np.nan, mean),
        np.where(nobody, np.nan, spread),
        pairs,
    )


def rank_correlation(first: FloatArray, second: FloatArray) -> tuple[int, float]:
    """How many names both cover, and the correlation of their ranks; NaN where too few, or all the same."""
    both = np.isfinite(first) & np.isfinite(second)
    ranks = [_ranks(values[both]) for values in (first, second)]
    if both.sum() < FEWEST_BOTH or not ranks[0].std() * ranks[1].std() > 0:
        return int(both.sum()), float("nan")
    return int(both.sum()), float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def _ranks(values: FloatArray) -> FloatArray:
    """Mean ranks, shape (n,)."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts + 1) / 2.0)[inverse], dtype=np.float64)
