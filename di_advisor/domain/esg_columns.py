"""What the columns of somebody's ESG file mean, as a value that a run keeps; and what such a file turned out to hold.

Problem: analysts hold files of scores and figures, each vendor's with its own headers, and a score whose scale or
direction is guessed does the opposite of what was asked. Decision: one value states provider, identifiers, the day
since when the figures are known, and for every column that counts its measure, unit, scale and direction; nothing is
taken from a header's look. Limits: one leading column of identifiers, one more beside it; one provider a file.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from di_advisor.domain.esg_table import Direction, EsgTable
from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.domain.identifiers import IdentifierScheme
from di_advisor.domain.wish_checks import choice_of
from di_advisor.errors import InputError

__all__ = ["ColumnKind", "EsgColumn", "EsgColumns", "HeadColumn", "ReadEsg"]


class ColumnKind(StrEnum):
    """What stands in a column."""

    SCORE = "score"
    """Points or letters on a stated scale."""
    FIGURE = "figure"
    """An amount with a unit: tonnes a million dollars, percent."""
    FLAG = "flag"
    """True, false, or blank: unknown."""


@dataclass(frozen=True)
class EsgColumn:
    """One column that counts.

    Attributes
    ----------
    column, measure : str
        Header, and how the measure is called: "score", "carbon_intensity".
    kind : ColumnKind
        What stands in it.
    direction : Direction
        Which way is good; of a flag, whether true is.
    least, greatest : float or None
        The provider's scale; a score of figures needs both.
    letters : tuple of str
        Ladder of a score of letters, from the worst to the best figure: a letter's value is its rank.
    unit : str
        Of a figure: "t/$M"; "%" where the file has percent, "fraction" where it has fractions of one.

    Raises
    ------
    InputError
        Naming what is missing or contradictory.
    """

    column: str
    measure: str
    kind: ColumnKind = ColumnKind.SCORE
    direction: Direction = Direction.HIGHER_IS_BETTER
    least: float | None = None
    greatest: float | None = None
    letters: tuple[str, ...] = ()
    unit: str = ""

    def __post_init__(self) -> None:
        if not (self.column.strip() and self.measure.strip()):
            raise InputError(
                f"The column {self.column!r} gives the measure {self.measure!r}.",
                hint="Name the column and what it measures.",
                field="measure",
            )
        object.__setattr__(self, "kind", choice_of(ColumnKind, self.kind, f"kind of {self.column}"))
        object.__setattr__(self, "direction", choice_of(Direction, self.direction, f"direction of {self.column}"))
        object.__setattr__(self, "letters", tuple(self.letters))
        for end in ("least", "greatest"):
            value = getattr(self, end)
            object.__setattr__(self, end, None if value is None else float(value))
        given = [x for x in (self.least, self.greatest) if x is not None]
        if any(not math.isfinite(x) for x in given) or (len(given) == 2 and given[0] >= given[1]):
            raise InputError(
                f"The scale of {self.column} goes from {self.least} to {self.greatest}.", hint="Give the least first."
            )
        if self.kind is ColumnKind.SCORE and not self.letters and len(given) < 2:
            raise InputError(
                f"The score {self.column} has no scale.",
                hint="Give its least and greatest value, or its letters; or call it a figure and give its unit.",
                field="least",
            )
        if self.letters and (len(set(self.letters)) != len(self.letters) or len(self.letters) < 2):
            raise InputError(
                f"The letters of {self.column} are no ladder.", hint="List them once each.", field="letters"
            )
        if self.kind is ColumnKind.FIGURE and not self.unit:
            raise InputError(f"The figure {self.column} has no unit.", hint="Give it: t/$M, %.", field="unit")


@dataclass(frozen=True)
class EsgColumns:
    """What a file's columns mean.

    Attributes
    ----------
    provider : str
        Who says so; part of every measure's name.
    id_column : str
        Column that names the security.
    columns : tuple of EsgColumn
        What counts; every other column is left alone.
    id_kind : IdentifierScheme
        What stands in `id_column`.
    also_column, also_kind : str, IdentifierScheme
        A second column of identifiers, for rows that the first does not name; empty for none.
    known_on : date or None
        Day since when the figures are known, of the whole file.
    known_column : str
        Or the column that says it row by row.
    licence : str
        Under which terms the file may be used.
    decimal_mark, sheet : str
        How figures are written; sheet of a workbook.

    Raises
    ------
    InputError
        If no column counts, two give the same measure, or it is not said since when figures are known.
    """

    provider: str
    id_column: str
    columns: tuple[EsgColumn, ...]
    id_kind: IdentifierScheme = IdentifierScheme.SECURITY_ID
    also_column: str = ""
    also_kind: IdentifierScheme = IdentifierScheme.NAME
    known_on: date | None = None
    known_column: str = ""
    licence: str = "own file"
    decimal_mark: str = "."
    sheet: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", tuple(self.columns))
        object.__setattr__(self, "id_kind", choice_of(IdentifierScheme, self.id_kind, "kind of identifier"))
        object.__setattr__(self, "also_kind", choice_of(IdentifierScheme, self.also_kind, "kind of identifier"))
        if not self.provider.strip():
            raise InputError("The ESG file has no provider.", hint="Say whose figures they are.", field="provider")
        if not self.id_column.strip():
            raise InputError("No column names the security.", hint="Choose it.", field="id_column")
        if not self.columns:
            raise InputError(
                "No column of the ESG file counts.", hint="Say of one at least what it measures.", field="columns"
            )
        for what in ("column", "measure"):
            names = [getattr(c, what) for c in self.columns]
            twice = sorted({n for n in names if names.count(n) > 1})
            if twice:
                raise InputError(f"Two columns have the {what} {twice[0]!r}.", hint="Give each its own.", field=what)
        if (self.known_on is None) == (not self.known_column):
            raise InputError(
                "It is not said since when the figures are known."
                if self.known_on is None
                else "Both a day and a column say since when the figures are known.",
                hint="Give the day of the file, or the column that has the days; later figures are not used.",
                field="known_on",
            )


@dataclass(frozen=True, slots=True)
class HeadColumn:
    """A column as it stands in a file: header, some of its texts, and how many of its cells are filled."""

    name: str
    examples: tuple[str, ...]
    filled: int


@dataclass(frozen=True)
class ReadEsg:
    """What a file turned out to hold.

    Attributes
    ----------
    table : EsgTable
        Measures that were known by the day asked.
    subjects : int
        Securities that the file names.
    recognised : Mapping of str to int
        How many were recognised by what: "ticker", "name".
    unresolved : Mapping of str to str
        Those that mean none of the market's, with the reason.
    left_out : Mapping of str to int
        Figures that are not used, by reason.
    warnings : tuple of str
        What a person should read.
    """

    table: EsgTable
    subjects: int
    recognised: Mapping[str, int] = field(default_factory=dict)
    unresolved: Mapping[str, str] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("recognised", "unresolved", "left_out"):
            object.__setattr__(self, name, FrozenMap(dict(getattr(self, name))))
