"""A tilt on the scores of one or several providers: one measure, ready for a wish, with a reason behind every name.

Problem: what a client calls "better ESG scores" is a chain of choices (scales, sectors, providers that disagree, names
that nobody scores), and each moves the portfolio. Decision: screens come first, and names that leave count in no mean;
what is left becomes sector-relative distances, their mean less a part of their dispersion, and a named policy fills
the gaps. Coverage by names and by weight is kept; under 60 percent of the weight a tilt is refused unless forced.
Every name carries what stands behind its score. Limits: a score is a distance, so wishes on it are in points
(`delta_min`, `usd_per_point`); relative limits have no meaning.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.esg_table import Direction, EsgMeasure
from di_advisor.domain.esg_wishes import COVERAGE_MIN, EsgWish, Uncovered
from di_advisor.domain.exclusions import Exclusion
from di_advisor.domain.market import FloatArray
from di_advisor.domain.universe import Universe
from di_advisor.domain.wish_checks import choice_of
from di_advisor.domain.wording import counted, signless
from di_advisor.errors import IncompleteDataError, InputError
from di_advisor.signals.esg.consensus import APART, Consensus, consensus
from di_advisor.signals.esg.gaps import filled, thin_coverage

__all__ = ["MissingScore", "ScoreTilt", "score_tilt"]


class MissingScore(StrEnum):
    """What a name counts as that no provider scores."""

    SECTOR_MEDIAN = "sector_median"
    BENCHMARK_NEUTRAL = "benchmark_neutral"
    """Like the middle of its sector: a distance of zero."""
    WORST_QUARTILE = "worst_quartile"
    EXCLUDE = "exclude"
    """It leaves, with its reason."""


_FILLED_AS: Final = {
    MissingScore.SECTOR_MEDIAN: Uncovered.SECTOR_MEDIAN,
    MissingScore.BENCHMARK_NEUTRAL: Uncovered.ZERO,
    MissingScore.WORST_QUARTILE: Uncovered.WORST_QUARTILE,
}


@dataclass(frozen=True)
class ScoreTilt:
    """One measure out of several providers' scores.

    Attributes
    ----------
    measure : EsgMeasure
        Distances from the sector in standard deviations, higher is better, gaps filled, with evidence by name.
        Names that a screen takes out have none.
    consensus : Consensus
        What it was made of, with dispersion and rank correlations.
    missing : MissingScore
        What stands in for gaps.
    unscored : tuple of str
        Names left by the screens that no provider scores, by id.
    coverage_names, coverage_weight : float
        Scored part of the names that the screens left, by number and by the index's weight.
    exclusions : tuple of Exclusion
        Names that leave for want of a score, where that is the policy.
    """

    measure: EsgMeasure
    consensus: Consensus
    missing: MissingScore
    unscored: tuple[str, ...]
    coverage_names: float
    coverage_weight: float
    exclusions: tuple[Exclusion, ...]

    def wish(self, **asked: Any) -> EsgWish:
        """A wish on the measure: `EsgWish` with its measure named; its coverage was judged when it was made."""
        return EsgWish(self.measure.name, uncovered=Uncovered.LEAVE_OUT, forced=True, **asked)

    @property
    def disagreed(self) -> tuple[str, ...]:
        """Names on which two providers lie more than 1.5 standard deviations apart, by id."""
        ids = self.consensus.universe.security_ids
        return tuple(ids[i] for i in np.flatnonzero(self.consensus.disagreed).tolist())

    @property
    def sentence(self) -> str:
        """Providers, coverage, policy and disagreement in words."""
        who = " + ".join(m.name for m in self.consensus.measures)
        unscored = counted(len(self.unscored), "name")
        told = (
            f"{self.measure.name} is made of {who}; scored: {self.coverage_names:.3f} of the names and "
            f"{self.coverage_weight:.3f} of the weight that screens leave; {unscored} without a score "
            f"count as {self.missing.value.replace('_', ' ')}"
        )
        if self.missing is MissingScore.EXCLUDE:
            told = told.replace("count as exclude", "leave")
        if len(self.consensus.measures) > 1:
            disagreed = counted(len(self.disagreed), "name")
            told += f"; providers lie more than {APART:g} standard deviations apart on {disagreed}"
        return f"{told}."


def score_tilt(  # noqa: PLR0913 - every choice that moves the portfolio is one
    measures: Sequence[EsgMeasure],
    universe: Universe,
    index_weight: Mapping[str, float],
    *,
    name: str = "esg score",
    missing: MissingScore = MissingScore.SECTOR_MEDIAN,
    kappa: float = 0.0,
    screened_out: Collection[str] = (),
    forced: bool = False,
) -> ScoreTilt:
    """Combine scores into one measure to tilt on.

    Parameters
    ----------
    measures : sequence of EsgMeasure
        Of one topic, with declared scales.
    universe : Universe
        The names and their sectors.
    index_weight : Mapping of str to float
        The index's weights by security id, for the coverage.
    name : str
        Of the new measure.
    missing : MissingScore
        What a name counts as that nobody scores.
    kappa : float
        Part of the dispersion that is taken off the mean.
    screened_out : collection of str
        Ids that screens take out: screens come before scores.
    forced : bool
        Go on where less than 60 percent of the weight is scored.

    Raises
    ------
    IncompleteDataError
        If too little of the weight is scored, or nothing is left to score.
    InputError
        If measures cannot be combined, or ``kappa`` is out of range.
    """
    missing = choice_of(MissingScore, missing, "missing")
    ids = universe.security_ids
    out = set(screened_out)
    left = np.array([i not in out for i in ids], dtype=np.bool_)
    made = consensus(measures, universe, left)
    scores = made.robust(kappa)
    scored = np.isfinite(scores)
    weight = np.array([index_weight.get(i, 0.0) for i in ids], dtype=np.float64)
    names, of_weight = _coverage(scored, left, weight)
    if of_weight < COVERAGE_MIN and not forced:
        raise thin_coverage(name, of_weight)
    if not scored.any():
        raise IncompleteDataError(f"Nothing is scored by {name}.", hint="Load scores, or drop the tilt.")
    gaps = left & ~scored
    values = _stood_in(scores, universe, missing, gaps)
    known = [m.known_at for m in made.measures if m.known_at is not None]
    unscored = tuple(ids[i] for i in np.flatnonzero(gaps).tolist())
    measure = EsgMeasure(
        name=name,
        values={i: float(v) for i, v in zip(ids, values, strict=True) if np.isfinite(v)},
        direction=Direction.HIGHER_IS_BETTER,
        provider=" and ".join(dict.fromkeys(m.provider or m.name for m in made.measures)),
        known_at=max(known, default=None),
        evidence=_evidence(made, values, gaps, missing, kappa),
    )
    leaving = _unscored_leave(name, unscored, measure) if missing is MissingScore.EXCLUDE else ()
    return ScoreTilt(measure, made, missing, unscored, names, of_weight, leaving)


def _coverage(scored: NDArray[np.bool_], left: NDArray[np.bool_], weight: FloatArray) -> tuple[float, float]:
    """Scored part of what the screens left, by names that the index holds and by its weight."""
    if not (np.isfinite(weight).all() and (weight >= 0).all() and weight[left].sum() > 0):
        raise InputError(
            "The index has a weight that is negative or no figure, or none on the names that screens leave.",
            hint="Give the index's weights by security id, such as Target.weights_on(day).",
        )
    inside = left & (weight > 0)
    return float(scored[inside].mean()), float(weight[inside & scored].sum() / weight[inside].sum())


def _stood_in(scores: FloatArray, universe: Universe, missing: MissingScore, gaps: NDArray[np.bool_]) -> FloatArray:
    if missing is MissingScore.EXCLUDE:
        return scores
    whole, _ = filled(scores, universe, _FILLED_AS[missing], Direction.HIGHER_IS_BETTER)
    return np.where(gaps, whole, scores)


def _evidence(
    made: Consensus, values: FloatArray, gaps: NDArray[np.bool_], missing: MissingScore, kappa: float
) -> dict[str, str]:
    ids, found = made.universe.security_ids, {}
    for i in np.flatnonzero(np.isfinite(values)).tolist():
        score = signless(values[i], "+.2f")
        if gaps[i]:
            instead = missing.value.replace("_", " ")
            found[ids[i]] = f"{score}: no provider scores it, {instead} stands in"
            continue
        told = f"{score}: {made.says(i)}"
        if made.opinions[i] > 1:
            apart = ", they disagree" if made.disagreed[i] else ""
            less = f", {kappa:g} of it taken off" if kappa else ""
            told += f"; dispersion {made.dispersion[i]:.2f}{less}{apart}"
        elif len(made.measures) > 1:
            told += "; one opinion only"
        found[ids[i]] = told
    return found


def _unscored_leave(name: str, unscored: tuple[str, ...], measure: EsgMeasure) -> tuple[Exclusion, ...]:
    if not unscored:
        return ()
    return (
        Exclusion(
            f"no score: {name}",
            security_ids=frozenset(unscored),
            rule="a score is asked for",
            evidence="no provider scores it",
            source=measure.provider,
            as_of=measure.known_at,
        ),
    )
