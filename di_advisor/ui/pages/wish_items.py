"""Wishes of a mandate one by one, in words, each with the mandate that is left without it.

Problem: a list of wishes from which one can be taken must not know of any control. Decision: pure functions of
the mandate, in the order in which the mandate holds them. Limits: limits and dials with controls of their own
(tracking error, minimum trade, turnover) are the optimize page's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from di_advisor.domain.esg_wishes import EsgWish, Uncovered
from di_advisor.domain.exclusions import Exclusion
from di_advisor.domain.mandate import Band, Mandate
from di_advisor.report.wording import percent, usd
from di_advisor.signals.measure_coverage import MeasureCoverage
from di_advisor.units import percent_from_fraction

__all__ = ["COUNTS_AS", "WishItem", "items_of", "out_of_reach", "wish_in_words"]

_Wish = TypeVar("_Wish")

COUNTS_AS = {
    Uncovered.LEAVE_OUT: "left out of both averages",
    Uncovered.SECTOR_MEDIAN: "the median of its sector",
    Uncovered.UNIVERSE_MEAN: "the mean of all names",
    Uncovered.WORST_DECILE: "the worst tenth",
    Uncovered.WORST_QUARTILE: "the worst quarter",
    Uncovered.ZERO: "zero",
}
"""What a name without a figure counts as."""


@dataclass(frozen=True)
class WishItem:
    """One wish.

    Attributes
    ----------
    label : str
        In words; not escaped.
    without : Mandate
        The mandate without it.
    """

    label: str
    without: Mandate


def items_of(mandate: Mandate) -> tuple[WishItem, ...]:
    """ESG wishes, screens, group bands, factor tilts and bands that are set."""
    found = [WishItem(wish_in_words(w), mandate.with_changes(esg=_others(mandate.esg, w))) for w in mandate.esg]
    for screen in mandate.exclusions:
        rest = _others(mandate.exclusions, screen)
        found.append(WishItem(_screen_in_words(screen), mandate.with_changes(exclusions=rest)))
    for band in mandate.group_bands:
        rest_bands = _others(mandate.group_bands, band)
        said = f"{band.kind.value} {band.group or '(each)'}: {band.measured.value} {band.lower:g} to {band.upper:g}"
        found.append(WishItem(said, mandate.with_changes(group_bands=rest_bands)))
    for factor, worth in mandate.factor_tilts.items():
        tilts = {k: v for k, v in mandate.factor_tilts.items() if k != factor}
        found.append(WishItem(f"{factor}: {usd(worth)} a unit of exposure", mandate.with_changes(factor_tilts=tilts)))
    for factor, limits in mandate.factor_bands.items():
        bands = {k: v for k, v in mandate.factor_bands.items() if k != factor}
        found.append(WishItem(f"{factor}: {_band_in_words(limits)}", mandate.with_changes(factor_bands=bands)))
    return tuple(found)


def _others(every: tuple[_Wish, ...], one: _Wish) -> tuple[_Wish, ...]:
    return tuple(each for each in every if each is not one)


def _band_in_words(band: Band) -> str:
    return f"exposure from {band.lower:+g} to {band.upper:+g} against the index"


def wish_in_words(wish: EsgWish) -> str:
    """One line: the measure and everything that is asked of it."""
    share = wish.unit == "%"

    def shown(value: float) -> str:
        return f"{percent(value)} %" if share else f"{value:g}{f' {wish.unit}' if wish.unit else ''}"

    parts = [
        f"tilt, {usd(wish.usd_per_point)} a point" if wish.usd_per_point else "",
        "" if wish.uplift_min is None else f"at least {percent(wish.uplift_min, 1)} % better than the index",
        "" if wish.delta_min is None else f"at least {wish.delta_min:g} points better than the index",
        "" if wish.cut_min is None else f"at least {percent(wish.cut_min, 1)} % below the index",
        "" if wish.floor is None else f"average at least {shown(wish.floor)}",
        "" if wish.ceiling is None else f"average at most {shown(wish.ceiling)}",
        "" if wish.pathway is None else f"down {percent(wish.pathway.cut_per_year, 1)} % a year",
        "" if wish.coverage_min is None else f"coverage at least {percent(wish.coverage_min, 1)} %",
        "" if wish.uncovered is Uncovered.LEAVE_OUT else f"unknown counts as {COUNTS_AS[wish.uncovered]}",
    ]
    return f"{wish.measure}: {', '.join(p for p in parts if p)}"


def _screen_in_words(screen: Exclusion) -> str:
    by = " and ".join(str(c) for c in screen.conditions)
    by = by or (f"industries {', '.join(sorted(screen.labels))}" if screen.labels else "")
    by = by or f"{len(screen.security_ids)} listed"
    return f"no {screen.screen}: {by}{' (stand-in)' if screen.proxy else ''}"


def out_of_reach(wish: EsgWish, measure: MeasureCoverage) -> str:
    """Why no portfolio of the index's names could meet a wish, seen without solving; empty where some might.

    An average never leaves the range of its figures; `Uncovered.ZERO` adds the figure zero.
    """
    if not measure.covered:
        return f"{measure.measure} covers no name of the index."
    zero = wish.uncovered is Uncovered.ZERO and measure.covered < measure.names
    low, high = (min(measure.lowest, 0.0), max(measure.highest, 0.0)) if zero else (measure.lowest, measure.highest)
    scale, unit = (percent_from_fraction(1.0), " %") if measure.unit == "%" else (1.0, f" {measure.unit}".rstrip())
    if wish.floor is not None and wish.floor > high:
        end = f"the highest figure of any name, {high * scale:.4g}{unit}"
        return f"A floor of {wish.floor * scale:g}{unit} is above {end}."
    if wish.ceiling is not None and wish.ceiling < low:
        end = f"the lowest figure of any name, {low * scale:.4g}{unit}"
        return f"A ceiling of {wish.ceiling * scale:g}{unit} is below {end}."
    return ""
