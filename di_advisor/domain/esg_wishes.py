"""Wishes on ESG measures of the portfolio: tilts, floors, ceilings, cuts, dated pathways, coverage.

Every limit is on a weighted average and so linear in the weights once multiplied out. Relative
limits only make sense on scales that start at zero: on others (z-scores) "20 percent more" of a
negative average is less, so the formulation refuses them and names the additive wish.
Source: Regulation (EU) 2020/1818 for the pathway (art. 7); TCFD for weighted average carbon intensity.
"""

from __future__ import annotations

import calendar
import math
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from di_advisor.domain.esg_table import Direction
from di_advisor.domain.wish_checks import check_fraction, choice_of
from di_advisor.errors import InputError

__all__ = ["COVERAGE_MIN", "EsgWish", "Pathway", "Uncovered", "exposure_cap", "not_below_index", "share_floor"]

COVERAGE_MIN: Final = 0.60
"""Share of the index's weight under which a tilt on scores says more of what fills the gaps than of the scores."""

_LIMITS = ("uplift_min", "delta_min", "cut_min", "floor", "ceiling", "pathway")


class Uncovered(StrEnum):
    """What a name without a figure counts as."""

    LEAVE_OUT = "leave_out"
    """Averages are over covered names only (a ratio, still linear)."""
    SECTOR_MEDIAN = "sector_median"
    UNIVERSE_MEAN = "universe_mean"
    WORST_DECILE = "worst_decile"
    ZERO = "zero"
    """Right for shares and flags where unknown means "not shown to be": no target, no revenue."""
    WORST_QUARTILE = "worst_quartile"


@dataclass(frozen=True, slots=True)
class Pathway:
    """A ceiling that falls by the same fraction every year from a base date.

    The ceiling is a function of the date alone: a year that was missed does not move it, so that the
    miss is made up for the next year (2020/1818 art. 7(4)).

    Attributes
    ----------
    base_value : float
        The portfolio's average on the base date, in the measure's unit, above 0.
    base_date : date
        Day from which years are counted.
    cut_per_year : float
        Fraction by which the ceiling falls each year; 0.07 in 2020/1818 art. 7(1).
    evic_inflation : float
        Mean EVIC now over mean EVIC on the base date (art. 7(3)), where intensities are per EVIC: dearer
        shares alone are no decarbonisation. 1 where they are per revenue.
    """

    base_value: float
    base_date: date
    cut_per_year: float = 0.07
    evic_inflation: float = 1.0

    def __post_init__(self) -> None:
        check_fraction(self.base_value, "base_value", low=0, high=1e12, open_low=True)
        check_fraction(self.cut_per_year, "cut_per_year", low=0, high=0.999)
        check_fraction(self.evic_inflation, "evic_inflation", low=0, high=1e6, open_low=True)

    def years(self, on: date) -> float:
        """Years from the base date: whole ones to the last anniversary, and the part of the year since."""
        whole = on.year - self.base_date.year
        if self._anniversary(whole) > on:
            whole -= 1
        last, following = self._anniversary(whole), self._anniversary(whole + 1)
        return whole + (on - last).days / (following - last).days

    def _anniversary(self, years: int) -> date:
        year = self.base_date.year + years
        last = calendar.monthrange(year, self.base_date.month)[1]
        return date(year, self.base_date.month, min(self.base_date.day, last))

    def ceiling(self, on: date) -> float:
        """Highest average on a date, in the measure's unit of that date.

        Raises
        ------
        InputError
            If the date is before the base date.
        """
        if on < self.base_date:
            raise InputError(
                f"The pathway starts on {self.base_date} and has no value on {on}.", hint="Start it earlier."
            )
        left = math.pow(1.0 - self.cut_per_year, self.years(on))
        return self.base_value * left / self.evic_inflation


@dataclass(frozen=True, slots=True)
class EsgWish:
    """Wishes on one ESG measure of the portfolio; each that is set becomes a term or a rule.

    Attributes
    ----------
    measure : str
        Name of the measure in the market signals.
    usd_per_point : float
        What a point of the weighted average in the good direction is worth to the investor, in USD.
    uplift_min : float or None
        Smallest relative improvement on the index's average in the good direction (0.2 asks for 20 percent).
    cut_min : float or None
        Smallest relative cut below the index's average (for carbon intensity).
    direction : Direction or None
        Which way is good; None takes what the data says, and higher where it says nothing.
    delta_min : float or None
        Smallest improvement in points, for scores that may be negative.
    floor, ceiling : float or None
        Lowest and highest average, in the measure's unit.
    pathway : Pathway or None
        A ceiling that falls with time.
    coverage_min : float or None
        Smallest share of the holdings that the measure covers.
    uncovered : Uncovered
        What names without a figure count as, in the portfolio and in the index alike.
    unit : str
        Unit for sentences; "%" shows fractions as percent. Empty takes what the data says.
    forced : bool
        Whether to tilt even where the figures cover less than `COVERAGE_MIN` of the index's weight.

    Raises
    ------
    InputError
        If nothing is asked, or a figure is out of range.
    """

    measure: str
    usd_per_point: float = 0.0
    uplift_min: float | None = None
    cut_min: float | None = None
    direction: Direction | None = None
    delta_min: float | None = None
    floor: float | None = None
    ceiling: float | None = None
    pathway: Pathway | None = None
    coverage_min: float | None = None
    uncovered: Uncovered = Uncovered.LEAVE_OUT
    unit: str = ""
    forced: bool = False

    def __post_init__(self) -> None:
        if self.direction is not None:
            object.__setattr__(self, "direction", choice_of(Direction, self.direction, "direction"))
        object.__setattr__(self, "uncovered", choice_of(Uncovered, self.uncovered, "uncovered"))
        for name, low, high in (
            ("usd_per_point", 0.0, 1e12),
            ("uplift_min", 0.0, 1e3),
            ("delta_min", -1e12, 1e12),
            ("cut_min", 0.0, 1.0),
            ("floor", -1e12, 1e12),
            ("ceiling", -1e12, 1e12),
            ("coverage_min", 0.0, 1.0),
        ):
            check_fraction(getattr(self, name), name, low=low, high=high)
        asked = [n for n in (*_LIMITS, "coverage_min") if getattr(self, n) is not None]
        if not asked and self.usd_per_point == 0:
            raise InputError(
                f"The wish on {self.measure} asks for nothing.",
                hint="Set usd_per_point, uplift_min, delta_min, cut_min, floor, ceiling, pathway or coverage_min.",
            )
        if self.floor is not None and self.ceiling is not None and self.floor > self.ceiling:
            raise InputError(
                f"The floor of {self.measure} ({self.floor:g}) is above its ceiling ({self.ceiling:g}).",
                hint="No portfolio could keep both.",
            )

    @property
    def asks_direction(self) -> bool:
        """Whether some part of the wish depends on which way is good."""
        return bool(self.usd_per_point) or self.uplift_min is not None or self.delta_min is not None

    @property
    def cuts(self) -> bool:
        """Whether some part of the wish only makes sense for a measure that is better the lower it is."""
        return self.cut_min is not None or self.pathway is not None

    def resolved(self, said: Direction | None) -> Direction:
        """Which way is good, from the wish and what the data says.

        Raises
        ------
        InputError
            If the two contradict each other, or the wish both cuts the measure and rewards more of it.
        """
        if self.direction is not None and said is not None and self.direction is not said:
            raise InputError(
                f"The wish says {self.measure} is {self.direction.value}, the data says {said.value}.",
                hint="Leave the direction of the wish out, or correct the data.",
                measure=self.measure,
            )
        direction = self.direction or said or Direction.HIGHER_IS_BETTER
        if self.cuts and self.asks_direction and direction is Direction.HIGHER_IS_BETTER:
            raise InputError(
                f"The wish on {self.measure} cuts it and rewards more of it at once.",
                hint="Set direction=Direction.LOWER_IS_BETTER, or make two wishes.",
                measure=self.measure,
            )
        return direction

    @property
    def needs_coverage(self) -> bool:
        """Whether it leans on scores, where a gap is filled with something that is neither zero nor known."""
        return self.asks_direction and self.uncovered is not Uncovered.ZERO and not self.forced

    def relative(self) -> bool:
        """Whether some part of the wish is relative to the index's average."""
        return self.uplift_min is not None or self.cut_min is not None


def share_floor(measure: str, floor: float, **more: Any) -> EsgWish:
    """At least this share of the holdings (such as with a validated SBTi target); unknown counts as none."""
    return EsgWish(measure, floor=floor, uncovered=Uncovered.ZERO, unit="%", **more)


def exposure_cap(
    measure: str,
    ceiling: float,
    uncovered: Uncovered = Uncovered.ZERO,
    **more: Any,
) -> EsgWish:
    """At most this average share of revenue from a business; say what unknown counts as."""
    if not math.isfinite(ceiling):
        raise InputError(f"The cap on {measure} is {ceiling}.", hint="Use a fraction of revenue, such as 0.02.")
    return EsgWish(measure, ceiling=ceiling, uncovered=uncovered, unit="%", direction=Direction.LOWER_IS_BETTER, **more)


def not_below_index(measure: str, **more: Any) -> EsgWish:
    """No less of a share than the index has (high-climate-impact sectors, 2020/1818 art. 3)."""
    wish = {"direction": Direction.HIGHER_IS_BETTER, "uncovered": Uncovered.ZERO, "unit": "%"} | more
    return EsgWish(measure, delta_min=0.0, **wish)
