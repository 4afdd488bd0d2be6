"""Screens: which names an exclusion takes out, with the reason line, and what it could not tell.

Problem: "why is this name gone" needs the rule, the evidence and the source in one line, and a name
without a figure, or without an industry where labels are asked for, must be reported as unknown, not
passed off as clean. Decision: lists, labels and conditions are looked up once a mandate; a name is out
if any exclusion takes it out, and an unknown one too where the exclusion is strict.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.esg_table import EsgTable
from di_advisor.domain.exclusions import Exclusion, Unknown
from di_advisor.domain.market import FloatArray
from di_advisor.domain.signals import Lock, LockKind, MarketSignals
from di_advisor.domain.universe import Universe
from di_advisor.errors import InputError

__all__ = ["Screened", "esg_values", "exclusion_locks", "screened", "screened_by_table"]


@dataclass(frozen=True)
class Screened:
    """One exclusion on one universe.

    Attributes
    ----------
    exclusion : Exclusion
        The screen.
    out : ndarray of bool, shape (n,)
        Names that it takes out.
    unknown : ndarray of bool, shape (n,)
        Names that stay because a figure or an industry that it asks for is not known; none where it is strict.
    reasons : dict of int to str
        Reason line of each name that is out, by position.
    """

    exclusion: Exclusion
    out: NDArray[np.bool_]
    unknown: NDArray[np.bool_]
    reasons: dict[int, str]


def esg_values(market: MarketSignals, measure: str, wish: str) -> NDArray[np.float64]:
    """Figures of a measure, shape (n,).

    Raises
    ------
    InputError
        If the signals have no such measure: the wish would be lost silently.
    """
    return _values(market.esg, measure, wish)


def _values(esg: Mapping[str, FloatArray], measure: str, wish: str) -> FloatArray:
    if measure not in esg:
        has = ", ".join(repr(name) for name in list(esg)[:8]) or "none; pass esg=..."
        raise InputError(
            f"{wish} asks for the ESG measure {measure!r}, which is not there.",
            hint=f"There is: {has}.",
            measure=measure,
        )
    return esg[measure]


def screened(exclusions: Iterable[Exclusion], market: MarketSignals) -> tuple[Screened, ...]:
    """What each exclusion takes out.

    Raises
    ------
    InputError
        If a condition names a measure that is not there, or a list names a ticker where an id is meant.
    """
    return tuple(_screened(each, market.universe, market.esg) for each in exclusions)


def screened_by_table(exclusions: Iterable[Exclusion], table: EsgTable, universe: Universe) -> tuple[Screened, ...]:
    """What each exclusion takes out, before there are signals: screens come before scores; raises as `screened`."""
    esg = {measure.name: measure.aligned(universe) for measure in table.measures}
    return tuple(_screened(each, universe, esg) for each in exclusions)


def _screened(exclusion: Exclusion, universe: Universe, esg: Mapping[str, FloatArray]) -> Screened:
    n = len(universe)
    listed, labelled = _listed(exclusion, universe), np.zeros(n, dtype=np.bool_)
    unclassified = np.zeros(n, dtype=np.bool_)
    if exclusion.labels:
        industries = [s.industry for s in universe.securities]
        labelled = np.array([i in exclusion.labels for i in industries], dtype=np.bool_)
        unclassified = np.array([not i for i in industries], dtype=np.bool_)
    met = np.full(n, bool(exclusion.conditions))
    failed, missing, figures = np.zeros(n, dtype=np.bool_), np.zeros(n, dtype=np.bool_), {}
    for condition in exclusion.conditions:
        values = _values(esg, condition.measure, f"The exclusion {exclusion.screen}")
        figures[condition.measure] = values
        holds = condition.holds(values)
        met &= holds
        missing |= ~np.isfinite(values)
        failed |= np.isfinite(values) & ~holds
    out = listed | labelled | met
    unknown = ((missing & ~failed) | unclassified) & ~out
    reasons = {}
    for i in np.flatnonzero(out).tolist():
        security = universe.securities[i]
        found = [f"industry {security.industry}"] if labelled[i] else []
        found += [f"{name} {values[i]:g}" for name, values in figures.items()] if met[i] else []
        found += ["listed"] if listed[i] else []
        reasons[i] = f"EXCLUDED {security.ticker}: {exclusion.says(', '.join(found))}"
    if exclusion.unknown is Unknown.STRICT:
        for i in np.flatnonzero(unknown).tolist():
            absent = [f"{name} is not known" for name, values in figures.items() if not np.isfinite(values[i])]
            absent += ["industry is not known"] if unclassified[i] else []
            told = exclusion.says(", ".join(absent), known=False)
            reasons[i] = f"EXCLUDED {universe.securities[i].ticker}: {told}"
        out, unknown = out | unknown, np.zeros(n, dtype=np.bool_)
    return Screened(exclusion, out, unknown, reasons)


def _listed(exclusion: Exclusion, universe: Universe) -> NDArray[np.bool_]:
    """Names that a list holds; names outside the universe may be listed, tickers may not."""
    listed = np.zeros(len(universe), dtype=np.bool_)
    inside = [universe.positions[i] for i in exclusion.security_ids if i in universe.positions]
    listed[inside] = True
    if len(inside) < len(exclusion.security_ids):
        tickers = {s.ticker: s.security_id for s in universe.securities}
        wrong = sorted(i for i in exclusion.security_ids if i not in universe.positions and i in tickers)
        if wrong:
            raise InputError(
                f"The exclusion {exclusion.screen} names {wrong[0]!r}, the ticker of {tickers[wrong[0]]}; "
                "security ids are meant.",
                hint="Name securities by their permanent id; a ticker may change or be used again.",
                security_id=wrong[0],
            )
    return listed


def exclusion_locks(exclusions: Iterable[Exclusion], market: MarketSignals) -> Iterator[Lock]:
    """A lock against buying each name that a screen takes out, with its reason line."""
    for screen in screened(exclusions, market):
        for at, reason in screen.reasons.items():
            yield Lock(market.universe.security_ids[at], LockKind.NO_BUY, f"{reason}.")
