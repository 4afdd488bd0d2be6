"""A table of ESG measures: who says what about which security, on which scale, known since when.

Problem: providers differ in scale, direction and coverage, and a score whose direction is guessed does
the opposite of what was asked. Decision: a measure carries its provider, direction, unit and the day
it was known; a security without a figure is *unknown*, never zero. Limits: one figure a security.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.domain.market import FloatArray
from di_advisor.domain.universe import Universe
from di_advisor.domain.wish_checks import choice_of
from di_advisor.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Direction", "EsgMeasure", "EsgScale", "EsgTable"]

_SCORE = "score"


class Direction(StrEnum):
    """Which way a measure is good."""

    HIGHER_IS_BETTER = "higher_is_better"
    LOWER_IS_BETTER = "lower_is_better"

    @property
    def sign(self) -> float:
        """+1 where higher is better, -1 where lower is."""
        return 1.0 if self is Direction.HIGHER_IS_BETTER else -1.0


@dataclass(frozen=True, slots=True)
class EsgScale:
    """How the figures of a measure are read; attributes as in `EsgMeasure`."""

    direction: Direction
    unit: str = ""
    provider: str = ""
    topic: str = ""
    bounds: tuple[float, float] | None = None
    evidence: Mapping[str, str] = field(default_factory=lambda: FrozenMap({}), hash=False)


@dataclass(frozen=True)
class EsgMeasure:
    """One measure of one provider.

    Attributes
    ----------
    name : str
        How wishes call it; distinct within a table.
    values : Mapping of str to float
        By security id; a security that is left out, or NaN, is not covered.
    direction : Direction
        Which way is good.
    provider : str
        Who says so.
    known_at : date or None
        Day on which the latest of the figures was known.
    unit : str
        Unit of the figures ("t/$M"), "%" for fractions that are shown as percent; empty for scores.
    topic : str
        What is measured: measures of the same topic by several providers can be compared.
    bounds : tuple of float or None
        Least and greatest value of the provider's scale; None where none is declared.
    evidence : Mapping of str to str
        By security id, what stands behind its figure, for reason lines; empty for figures as published.

    Raises
    ------
    InputError
        If it has no name, a figure is infinite, or one lies outside the declared scale.
    """

    name: str
    values: Mapping[str, float]
    direction: Direction
    provider: str = ""
    known_at: date | None = None
    unit: str = ""
    topic: str = ""
    bounds: tuple[float, float] | None = None
    evidence: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.name:
            raise InputError("An ESG measure has no name.", hint="Name it; wishes refer to it by name.")
        object.__setattr__(self, "direction", choice_of(Direction, self.direction, f"direction of {self.name}"))
        figures = {k: float(v) for k, v in self.values.items() if not math.isnan(v)}
        infinite = sorted(k for k, v in figures.items() if math.isinf(v))
        if infinite:
            raise InputError(
                f"The ESG measure {self.name} is infinite for {', '.join(infinite[:5])}.",
                hint="Leave a security out where nothing is known.",
                measure=self.name,
            )
        self._check_bounds(figures)
        object.__setattr__(self, "values", FrozenMap(figures))
        object.__setattr__(self, "evidence", FrozenMap(dict(self.evidence)))

    def _check_bounds(self, figures: Mapping[str, float]) -> None:
        if self.bounds is None:
            return
        least, greatest = self.bounds
        if not (math.isfinite(least) and math.isfinite(greatest) and least < greatest):
            raise InputError(
                f"The scale of {self.name}, {least:g} to {greatest:g}, is none.", hint="Give the least value first."
            )
        outside = sorted(k for k, v in figures.items() if not least <= v <= greatest)
        if outside:
            raise InputError(
                f"{self.name} of {outside[0]} is {figures[outside[0]]:g}, outside its scale {least:g} to {greatest:g}.",
                hint="State the provider's own scale; nothing is clipped.",
                measure=self.name,
                security_id=outside[0],
            )

    @property
    def scale(self) -> EsgScale:
        """How the figures are read."""
        return EsgScale(self.direction, self.unit, self.provider, self.topic, self.bounds, self.evidence)

    def aligned(self, universe: Universe) -> FloatArray:
        """Figures in the universe's order, shape (n,); NaN where not covered."""
        return np.array([self.values.get(s, math.nan) for s in universe.security_ids], dtype=np.float64)


@dataclass(frozen=True)
class EsgTable:
    """Measures of one or more providers.

    Attributes
    ----------
    measures : tuple of EsgMeasure
        With distinct names.

    Raises
    ------
    InputError
        If two measures share a name.
    """

    measures: tuple[EsgMeasure, ...]

    def __post_init__(self) -> None:
        names = [m.name for m in self.measures]
        twice = sorted({n for n in names if names.count(n) > 1})
        if twice:
            raise InputError(f"Two ESG measures are called {twice[0]}.", hint="Give each a name of its own.")

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the measures, in order."""
        return tuple(m.name for m in self.measures)

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, columns: Sequence[str] | None = None) -> EsgTable:
        """From a frame with one row a provider and security, as the sample world gives.

        Columns ``provider`` and ``security_id``; ``known_at`` where given; ``direction`` and ``scale`` ("0 to
        100") are those of the column ``score``. Carbon and revenue shares are better the lower, pillars
        the higher they are.

        Parameters
        ----------
        frame : DataFrame
            Rows; a security may have one row a provider.
        columns : sequence of str, optional
            Which columns to take; all columns of figures when left out. A measure is called
            ``"column, provider"``.

        Raises
        ------
        InputError
            If a column is missing, a provider gives a security twice, or a score has no direction.
        """
        import pandas as pd

        fixed = {"provider", "security_id", "known_at", "scale", "direction"}
        missing = sorted({"provider", "security_id", *(columns or ())} - set(frame.columns))
        if missing:
            raise InputError(f"The ESG frame has no column {', '.join(missing)}.", hint=f"It has: {list(frame)}.")
        figures = [c for c in frame.columns if c not in fixed and pd.api.types.is_float_dtype(frame[c])]
        measures = [
            _measure(str(provider), rows, column)
            for provider, rows in frame.groupby("provider", sort=True)
            for column in (columns or figures)
            if rows[column].notna().any()
        ]
        return cls(tuple(measures))

    def of_topic(self, topic: str) -> tuple[EsgMeasure, ...]:
        """Measures of one topic, such as "score"."""
        return tuple(m for m in self.measures if m.topic == topic)


_HIGHER = frozenset({"environment", "social", "governance"})


def _measure(provider: str, rows: pd.DataFrame, column: str) -> EsgMeasure:
    """One column of one provider's rows."""
    if rows["security_id"].duplicated().any():
        twice = rows.loc[rows["security_id"].duplicated(), "security_id"].iloc[0]
        raise InputError(f"{provider} gives {twice} more than once.", hint="Keep the latest row that was known.")
    direction = Direction.HIGHER_IS_BETTER if column in _HIGHER else Direction.LOWER_IS_BETTER
    if column == _SCORE:
        said: Iterable[str] = set(rows["direction"]) if "direction" in rows else ()
        if len(set(said)) != 1:
            raise InputError(
                f"The scores of {provider} have no single direction.", hint="Add a column direction: higher_is_better."
            )
        direction = choice_of(Direction, next(iter(said)), f"direction of {provider}")
    bounds = _bounds(set(rows["scale"])) if column == _SCORE and "scale" in rows else None
    known = rows["known_at"].max() if "known_at" in rows else None
    return EsgMeasure(
        name=f"{column}, {provider}",
        values=dict(zip(rows["security_id"].astype(str), rows[column].astype(float), strict=True)),
        direction=direction,
        provider=provider,
        known_at=None if known is None else known.date(),
        unit="t/$M" if column == "carbon_intensity" else ("" if column in _HIGHER | {_SCORE} else "%"),
        topic=column,
        bounds=bounds,
    )


def _bounds(said: Iterable[object]) -> tuple[float, float] | None:
    """Return the scale of texts that all say the same "least to greatest"; None where it is said otherwise."""
    texts = {str(text) for text in said}
    found = re.fullmatch(r"\s*(-?[\d.]+) to (-?[\d.]+)\s*", next(iter(texts))) if len(texts) == 1 else None
    return (float(found[1]), float(found[2])) if found else None
