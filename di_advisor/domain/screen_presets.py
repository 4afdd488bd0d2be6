"""Screens that clients ask for by name, as data; every threshold is a parameter.

A preset knows the business, a usual threshold, and the GICS sub-industries that can stand in where
shares of revenue are not known. A stand-in is labelled so on every reason line: it takes out all of
Aerospace & Defense for "defence", engine makers included, and finds no retailer that sells tobacco.
Source of what is asked for: published investment policies; GICS codes as of 2023; USCCB, Socially
Responsible Investment Guidelines, 2021. The thresholds of Sharia screens differ by standard setter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from di_advisor.domain.exclusions import Condition, Exclusion, GlidePath, Operator
from di_advisor.errors import InputError

__all__ = ["PRESETS", "USCCB_2021", "Profile", "ScreenPreset", "screen", "sharia", "usccb_2021"]

_COAL = {"Coal & Consumable Fuels": "10102050"}
_OIL = {"Integrated Oil & Gas": "10102010", "Oil & Gas Exploration & Production": "10102020"}
_ENERGY = {
    **_COAL,
    **_OIL,
    "Oil & Gas Drilling": "10101010",
    "Oil & Gas Equipment & Services": "10101020",
    "Oil & Gas Refining & Marketing": "10102030",
    "Oil & Gas Storage & Transportation": "10102040",
}


@dataclass(frozen=True)
class ScreenPreset:
    """A screen that clients ask for.

    Attributes
    ----------
    screen : str
        Its name.
    threshold : float
        Usual threshold, a fraction of revenue.
    operator : Operator
        ``>=``, or ``>`` where any involvement is too much.
    labels : Mapping of str to str
        GICS sub-industries that can stand in, with their codes; empty where none can.
    caution : str
        What the stand-in gets wrong.
    """

    screen: str
    threshold: float = 0.05
    operator: Operator = Operator.AT_LEAST
    labels: Mapping[str, str] | None = None
    caution: str = ""


def _any(name: str) -> ScreenPreset:
    return ScreenPreset(name, 0.0, Operator.MORE_THAN)


_ALL = (
    ScreenPreset("tobacco", labels={"Tobacco": "30203010"}, caution="sellers of tobacco stay"),
    _any("controversial weapons"),
    ScreenPreset("civilian firearms"),
    ScreenPreset("defence", labels={"Aerospace & Defense": "20101010"}, caution="civil aviation goes too"),
    ScreenPreset("fossil fuel: coal", labels=_COAL, caution="miners and utilities with coal stay"),
    ScreenPreset("fossil fuel: coal and oil", labels={**_COAL, **_OIL}, caution="utilities with coal stay"),
    ScreenPreset("fossil fuel: all", labels=_ENERGY, caution="all of Energy goes, utilities stay"),
    ScreenPreset("gambling", labels={"Casinos & Gaming": "25301010"}, caution="suppliers go too"),
    ScreenPreset(
        "alcohol",
        labels={"Brewers": "30201010", "Distillers & Vintners": "30201020"},
        caution="bottlers and sellers stay",
    ),
    ScreenPreset("adult entertainment"),
    ScreenPreset("nuclear power"),
    _any("animal testing"),
    ScreenPreset("private prisons"),
    _any("norms violations"),
    ScreenPreset("recreational cannabis"),
    _any("human cloning"),
    _any("abortion"),
    _any("contraceptives"),
    _any("indiscriminate weapons"),
)

PRESETS: Mapping[str, ScreenPreset] = {p.screen: p for p in _ALL}
"""Screens by name."""

USCCB_2021 = (
    "tobacco",
    "recreational cannabis",
    "gambling",
    "human cloning",
    "abortion",
    "contraceptives",
    "adult entertainment",
    "indiscriminate weapons",
)
"""Screens of the guidelines of the United States Conference of Catholic Bishops of 2021."""


def screen(
    name: str,
    *,
    measure: str = "",
    threshold: float | None = None,
    by_label: bool = False,
    source: str = "",
    as_of: date | None = None,
    glide: GlidePath | None = None,
) -> Exclusion:
    """A preset as an exclusion.

    Parameters
    ----------
    name : str
        One of `PRESETS`.
    measure : str
        Measure that holds the share of revenue (or a flag).
    threshold : float, optional
        In place of the usual one.
    by_label : bool
        Take the sub-industries that can stand in, where there is no measure.
    source, as_of, glide
        As in `Exclusion`.

    Raises
    ------
    InputError
        If there is no such preset, or neither a measure nor labels to go by.
    """
    preset = PRESETS.get(name)
    if preset is None:
        raise InputError(f"There is no screen called {name!r}.", hint=f"There are: {', '.join(PRESETS)}.")
    if measure:
        at = preset.threshold if threshold is None else threshold
        operator = preset.operator if threshold is None else Operator.AT_LEAST
        condition = Condition(measure, at, operator)
        return Exclusion(name, conditions=(condition,), source=source, as_of=as_of, glide=glide)
    if not (by_label and preset.labels):
        hint = "Name the measure with its share of revenue: screen(..., measure=...)"
        raise InputError(
            f"Nothing says who is in {name}.",
            hint=f"{hint}, or by_label=True." if preset.labels else f"{hint}; no classification stands in for it.",
        )
    codes = ", ".join(f"GICS {code} {label}" for label, code in preset.labels.items())
    return Exclusion(
        name,
        labels=frozenset(preset.labels),
        rule="sub-industry",
        evidence=f"one of {codes}" if len(preset.labels) > 1 else codes,
        source=source,
        as_of=as_of,
        proxy=True,
        glide=glide,
    )


@dataclass(frozen=True)
class Profile:
    """A set of screens, and those for which nothing was given.

    Attributes
    ----------
    exclusions : tuple of Exclusion
        What can be screened.
    missing : tuple of str
        Screens of the standard that cannot, for want of a measure.
    """

    exclusions: tuple[Exclusion, ...]
    missing: tuple[str, ...]


def usccb_2021(measures: Mapping[str, str], *, source: str = "", as_of: date | None = None) -> Profile:
    """The screens of the Catholic bishops' guidelines, for the businesses that measures are given for."""
    have = [name for name in USCCB_2021 if name in measures]
    exclusions = tuple(screen(name, measure=measures[name], source=source, as_of=as_of) for name in have)
    return Profile(exclusions, tuple(name for name in USCCB_2021 if name not in measures))


def sharia(
    *, debt: str, impure_income: str, debt_max: float = 0.30, income_max: float = 0.05, source: str = ""
) -> tuple[Exclusion, ...]:
    """Ratio screens: debt over market capitalisation and impure income below their limits.

    Parameters
    ----------
    debt, impure_income : str
        Measures, as fractions.
    debt_max, income_max : float
        Limits: 0.30 of market capitalisation (AAOIFI) or 0.33 (index providers), and 0.05 of income.
    """
    return (
        Exclusion("Sharia: debt", conditions=(Condition(debt, debt_max),), source=source),
        Exclusion("Sharia: impure income", conditions=(Condition(impure_income, income_max),), source=source),
    )
