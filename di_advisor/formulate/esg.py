"""ESG wishes as rules: one `AverageLimit` for each limit that a wish sets.

A relative limit is refused where it would not mean what it says: where the index's average is not
positive, or figures may be negative.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from di_advisor.domain.esg_table import Direction
from di_advisor.domain.esg_wishes import COVERAGE_MIN, EsgWish, Uncovered
from di_advisor.domain.mandate import Mandate, Rounding
from di_advisor.domain.market import FloatArray
from di_advisor.domain.signals import Signals
from di_advisor.errors import IncompleteDataError, InputError
from di_advisor.formulate.esg_average import AverageLimit, Side, average_limit, shown
from di_advisor.formulate.plan import Holdings
from di_advisor.signals.esg import filled, thin_coverage
from di_advisor.signals.screens import esg_values
from di_advisor.units import percent_from_fraction

__all__ = ["WishedMeasure", "esg_rules", "wished_measure"]

_COUNTS_AS = {
    Uncovered.LEAVE_OUT: "are left out of both averages",
    Uncovered.SECTOR_MEDIAN: "count as their sector's median",
    Uncovered.UNIVERSE_MEAN: "count as the mean of all",
    Uncovered.WORST_DECILE: "count as the worst decile",
    Uncovered.ZERO: "count as zero",
    Uncovered.WORST_QUARTILE: "count as the worst quartile",
}
_ALL = 1.0 - 1e-9


@dataclass(frozen=True)
class WishedMeasure:
    """A measure as one wish reads it.

    Attributes
    ----------
    values, counted : ndarray of shape (n,)
        Figures with their gaps filled by the wish's policy, and 1 for what counts in an average.
    covered : ndarray of shape (n,)
        1 where there is a figure.
    direction : Direction
        Which way is good.
    index_value, index_coverage : float
        The target's average, and the share of the target that is covered.
    unit : str
        Unit of the figures.
    may_be_negative : bool
        Whether the scale goes below zero.
    """

    values: FloatArray
    counted: FloatArray
    covered: FloatArray
    direction: Direction
    index_value: float
    index_coverage: float
    unit: str
    may_be_negative: bool


def wished_measure(signals: Signals, wish: EsgWish, holdings: Holdings) -> WishedMeasure:
    """The measure of a wish.

    Raises
    ------
    InputError
        If the signals do not have it, or the wish and the data say different directions.
    IncompleteDataError
        If it covers none of the target, or too little of it for a tilt that is not forced.
    """
    market = signals.market
    raw = esg_values(market, wish.measure, "The mandate")
    scale = market.esg_scale.get(wish.measure)
    direction = wish.resolved(None if scale is None else scale.direction)
    values, counted = filled(raw, market.universe, wish.uncovered, direction)
    weight = counted * holdings.target
    if weight.sum() <= 0:
        raise IncompleteDataError(
            f"The ESG measure {wish.measure} covers no name of the target.",
            hint="Load its figures, choose what uncovered names count as, or drop the wish.",
            measure=wish.measure,
        )
    covered = np.isfinite(raw)
    coverage = float(covered @ holdings.target / holdings.target.sum())
    if wish.needs_coverage and coverage < COVERAGE_MIN:
        raise thin_coverage(wish.measure, coverage)
    return WishedMeasure(
        values=values,
        counted=counted,
        covered=covered.astype(np.float64),
        direction=direction,
        index_value=float(weight @ values / weight.sum()),
        index_coverage=coverage,
        unit=wish.unit or ("" if scale is None else scale.unit),
        may_be_negative=bool((raw[covered] < 0).any()),
    )


def esg_rules(signals: Signals, mandate: Mandate, holdings: Holdings) -> list[AverageLimit]:
    """The rules that a mandate's ESG wishes ask for, each linear in the active weights.

    Raises
    ------
    InputError
        If a measure is not there, or a relative wish is made on a scale where it has no meaning.
    """
    rules: list[AverageLimit] = []
    taken: dict[str, int] = {}
    for wish in mandate.esg:
        for rule in _of_wish(signals, wish, holdings, _rounding(signals, mandate, holdings)):
            taken[rule.name] = taken.get(rule.name, 0) + 1
            again = taken[rule.name]
            rules.append(rule if again == 1 else replace(rule, name=f"{rule.name} ({again})"))
    return rules


def _relative_to(wish: EsgWish, measure: WishedMeasure) -> None:
    """Refuse a relative limit that would not mean what it says."""
    if wish.relative() and (measure.index_value <= 0 or measure.may_be_negative):
        why = f"its index average is {measure.index_value:g}" if measure.index_value <= 0 else "figures may be negative"
        raise InputError(
            f"A relative limit on {wish.measure} has no meaning: {why}.",
            hint="Ask for points instead: EsgWish(..., delta_min=0.5), or a ceiling.",
            measure=wish.measure,
            index_value=measure.index_value,
        )


def _rounding(signals: Signals, mandate: Mandate, holdings: Holdings) -> FloatArray | None:
    """Half a step of each name as a weight where shares are rounded without a walk that mends, shape (n,)."""
    if mandate.rounding is not Rounding.FRACTIONAL:
        return None
    price = np.array([float(p) for p in signals.market.price_usd])
    return np.asarray(0.5 * 10.0**-mandate.share_decimals * price / holdings.value_usd, dtype=np.float64)


def _of_wish(
    signals: Signals, wish: EsgWish, holdings: Holdings, rounding: FloatArray | None
) -> Iterator[AverageLimit]:
    """One rule for each limit of a wish."""
    read = wished_measure(signals, wish, holdings)
    _relative_to(wish, read)
    what = f"average {wish.measure}"
    gaps = "" if read.index_coverage >= _ALL else f"Names without a figure {_COUNTS_AS[wish.uncovered]}."
    better, index = read.direction, read.index_value

    def limited(clause: str, side: Side, limit: float, asked: str, because: str = "") -> AverageLimit:
        return average_limit(
            holdings,
            values=read.values,
            counted=read.counted,
            side=side,
            limit=limit,
            index_value=index,
            name=f"ESG {clause}: {wish.measure}",
            measured=what,
            asked=asked,
            unit=read.unit,
            because=" ".join(part for part in (because, gaps) if part),
            rounding=rounding,
        )

    good = Side.AT_LEAST if better is Direction.HIGHER_IS_BETTER else Side.AT_MOST
    if wish.uplift_min is not None:
        asked = f"{better.sign * percent_from_fraction(wish.uplift_min):+g} %"
        yield limited("uplift", good, index * (1.0 + better.sign * wish.uplift_min), asked)
    if wish.delta_min is not None:
        asked = f"{shown(better.sign * wish.delta_min, read.unit)} against the index"
        yield limited("points", good, index + better.sign * wish.delta_min, asked)
    if wish.cut_min is not None:
        asked = f"{-percent_from_fraction(wish.cut_min):+g} %"
        yield limited("cut", Side.AT_MOST, index * (1.0 - wish.cut_min), asked)
    if wish.floor is not None:
        yield limited("floor", Side.AT_LEAST, wish.floor, "a floor")
    if wish.ceiling is not None:
        yield limited("ceiling", Side.AT_MOST, wish.ceiling, "a ceiling")
    if wish.pathway is not None:
        path, on = wish.pathway, signals.market.as_of
        since = f"{shown(path.base_value, read.unit)} on {path.base_date}"
        evic = "" if path.evic_inflation == 1 else f", EVIC {path.evic_inflation:.4g} times as high as then"
        asked = f"the path's {percent_from_fraction(path.cut_per_year):g} % a year"
        yield limited("pathway", Side.AT_MOST, path.ceiling(on), asked, f"The path started at {since}{evic}.")
    if wish.coverage_min is not None:
        yield average_limit(
            holdings,
            values=read.covered,
            counted=np.ones_like(read.covered),
            side=Side.AT_LEAST,
            limit=wish.coverage_min,
            index_value=read.index_coverage,
            name=f"ESG coverage: {wish.measure}",
            measured=f"coverage by {wish.measure}",
            asked="a floor",
            unit="%",
            rounding=rounding,
        )
