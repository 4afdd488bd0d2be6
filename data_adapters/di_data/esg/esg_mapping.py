"""What the columns of somebody's ESG file mean: a small mapping, from TOML or one of the presets.

Problem: analysts hold files of licensed scores, each vendor's with its own headers, and a score whose scale or
direction is guessed does the opposite of what was asked. Decision: a mapping states provider, licence, id,
day, and for every column its scale and direction; letters are ranks on a stated ladder; four presets cover the
shapes met most often. Nothing is taken from a header's look. Limits: one id column leads, further ones become
aliases; one sheet of a workbook.

A mapping file::

    provider = "Example Ratings"
    licence = "internal use, contract 12"
    sheet = "Scores"                          # of a workbook; the first with rows where left out
    decimal_mark = "."

    [id]
    column = "ISIN"
    type = "isin"                             # isin, cusip, sedol, figi, lei, cik, ticker, name, security_id

    [aliases]                                 # further identifiers, by column
    Name = "name"

    [as_of]
    column = "Rating date"                    # or date = 2024-06-30 for the whole file
    format = "%d/%m/%Y"                       # where it is not ISO

    [[scores]]
    column = "Total score"
    metric = "esg_score"
    min = 0
    max = 100
    direction = "higher_is_better"            # or lower_is_better

    [[figures]]                               # amounts with a unit; min and max where there is a scale
    column = "Scope 1+2 per revenue"
    metric = "carbon_intensity"
    unit = "t/$M"                             # "%" where the file has percent, "fraction" for fractions of one
    direction = "lower_is_better"

    [[flags]]
    column = "Tobacco"
    metric = "involved_tobacco"
    true = ["Y"]
    false = ["N"]
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.domain.identifiers import IdentifierScheme
from di_advisor.domain.observations import Reading
from di_advisor.errors import InputError
from di_data.esg.values import HUNDRED_POINTS

__all__ = ["PRESETS", "EsgMapping", "FlagColumn", "ScoreColumn", "preset", "read_mapping"]

_MSCI: Final = ("CCC", "B", "BB", "BBB", "A", "AA", "AAA")
_LSEG: Final = ("D-", "D", "D+", "C-", "C", "C+", "B-", "B", "B+", "A-", "A", "A+")


@dataclass(frozen=True)
class ScoreColumn:
    """A column of scores.

    Attributes
    ----------
    column, metric : str
        Header, and the name of the measure.
    reading : Reading
        Which way is good.
    scale : tuple of float or None
        Least and greatest value; None for a figure without one.
    letters : tuple of str
        Ladder from the least to the greatest letter; a letter's value is its rank. Empty for figures.
    required : bool
        Whether a file without the column is refused.
    unit : str
        "points" of a score; of a figure its own, "%" where the file has percent, "fraction" where fractions of one.
    """

    column: str
    metric: str
    reading: Reading
    scale: tuple[float, float] | None
    letters: tuple[str, ...] = ()
    required: bool = True
    unit: str = "points"


@dataclass(frozen=True)
class FlagColumn:
    """A column of flags, with the texts that mean true and false; any other text is an error, a blank unknown."""

    column: str
    metric: str
    true: frozenset[str] = frozenset({"true", "yes", "y", "1", "t"})
    false: frozenset[str] = frozenset({"false", "no", "n", "0", "f"})


@dataclass(frozen=True)
class EsgMapping:
    """What the columns of a file mean; attributes as in the mapping file."""

    provider: str
    licence: str
    id_column: str
    id_type: IdentifierScheme
    scores: tuple[ScoreColumn, ...]
    flags: tuple[FlagColumn, ...] = ()
    aliases: Mapping[str, IdentifierScheme] = field(default_factory=dict)
    as_of_column: str = ""
    as_of_format: str = ""
    as_of: date | None = None
    sheet: str = ""
    decimal_mark: str = "."

    def __post_init__(self) -> None:
        object.__setattr__(self, "aliases", FrozenMap(dict(self.aliases)))
        if not (self.scores or self.flags):
            raise InputError(f"The mapping of {self.provider} names no scores and no flags.", hint="Add [[scores]].")

    @property
    def required(self) -> tuple[str, ...]:
        """Columns that a file must have."""
        days = (self.as_of_column,) if self.as_of_column else ()
        scores = tuple(score.column for score in self.scores if score.required)
        return (self.id_column, *days, *scores, *(flag.column for flag in self.flags))

    @property
    def known(self) -> tuple[str, ...]:
        """All columns that mean something."""
        return (*self.required, *self.aliases, *(score.column for score in self.scores))


def _points(column: str, metric: str, reading: Reading, *, required: bool = True) -> ScoreColumn:
    return ScoreColumn(column, metric, reading, HUNDRED_POINTS, required=required)


def _ladder(column: str, metric: str, letters: tuple[str, ...], *, required: bool = True) -> ScoreColumn:
    return ScoreColumn(column, metric, Reading.HIGHER_IS_BETTER, (0.0, len(letters) - 1.0), letters, required)


_RISK: Final = Reading.LOWER_IS_BETTER
_GOOD: Final = Reading.HIGHER_IS_BETTER

PRESETS: Final[Mapping[str, EsgMapping]] = FrozenMap(
    {
        "msci_letters": EsgMapping(
            provider="MSCI",
            licence="MSCI ESG Research: as the contract allows; no redistribution",
            id_column="ISSUER_ISIN",
            id_type=IdentifierScheme.ISIN,
            scores=(_ladder("IVA_COMPANY_RATING", "esg_rating", _MSCI),),
            aliases={"ISSUER_NAME": IdentifierScheme.NAME, "ISSUER_TICKER": IdentifierScheme.TICKER},
            as_of_column="IVA_RATING_DATE",
        ),
        "sustainalytics_risk": EsgMapping(
            provider="Sustainalytics",
            licence="Morningstar Sustainalytics: as the contract allows; no redistribution",
            id_column="ISIN",
            id_type=IdentifierScheme.ISIN,
            scores=(_points("ESG Risk Score", "esg_risk_score", _RISK),),
            aliases={"Entity Name": IdentifierScheme.NAME},
            as_of_column="Last Full Update",
        ),
        "lseg": EsgMapping(
            provider="LSEG",
            licence="LSEG: as the contract allows; no redistribution",
            id_column="ISIN",
            id_type=IdentifierScheme.ISIN,
            scores=(
                _points("ESG Score", "esg_score", _GOOD),
                _points("Environmental Pillar Score", "environment_score", _GOOD, required=False),
                _points("Social Pillar Score", "social_score", _GOOD, required=False),
                _points("Governance Pillar Score", "governance_score", _GOOD, required=False),
                _points("ESG Controversies Score", "controversies_score", _GOOD, required=False),
                _ladder("ESG Score Grade", "esg_grade", _LSEG, required=False),
            ),
            aliases={"Company Name": IdentifierScheme.NAME},
            as_of_column="Period End Date",
        ),
        "kaggle_sp500": EsgMapping(
            provider="Sustainalytics (Kaggle copy)",
            licence="content of Sustainalytics without a licence: for tests only, never to be handed on",
            id_column="Symbol",
            id_type=IdentifierScheme.TICKER,
            scores=(
                _points("Total ESG Risk score", "esg_risk_score", _RISK),
                _points("Environment Risk Score", "environment_risk_score", _RISK),
                _points("Social Risk Score", "social_risk_score", _RISK),
                _points("Governance Risk Score", "governance_risk_score", _RISK),
                ScoreColumn("Controversy Score", "controversy_score", _RISK, (0.0, 5.0), required=False),
            ),
            aliases={"Name": IdentifierScheme.NAME},
        ),
    }
)
"""By name; headers as the vendors' exports are described, never verified against a delivery."""


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class _Id(_Shape):
    column: str
    type: str


class _AsOf(_Shape):
    column: str = ""
    format: str = ""
    date: Any = None

    @model_validator(mode="after")
    def _one_of_them(self) -> _AsOf:
        day = self.date
        if bool(self.column) == (day is not None) or not (day is None or type(day) is date):
            message = "give a column, or a date without time (2024-06-30)"
            raise ValueError(message)
        return self


class _Score(_Shape):
    column: str
    metric: str
    direction: str
    min: float | int | None = None
    max: float | int | None = None
    letters: list[str] = Field(default_factory=list)
    required: bool = True


class _Figure(_Shape):
    column: str
    metric: str
    unit: str = Field(min_length=1)
    direction: str
    min: float | int | None = None
    max: float | int | None = None
    required: bool = True


class _Flag(_Shape):
    column: str
    metric: str
    true: list[str] = Field(min_length=1)
    false: list[str] = Field(min_length=1)


class _File(_Shape):
    provider: str = Field(min_length=1)
    licence: str = Field(min_length=1)
    id: _Id
    as_of: _AsOf = _AsOf.model_construct()
    aliases: dict[str, str] = Field(default_factory=dict)
    scores: list[_Score] = Field(default_factory=list)
    figures: list[_Figure] = Field(default_factory=list)
    flags: list[_Flag] = Field(default_factory=list)
    sheet: str = ""
    decimal_mark: str = "."


def read_mapping(text: str, source: str) -> EsgMapping:
    """Mapping from the text of a TOML file; ``preset = "lseg"`` alone gives a preset.

    Raises
    ------
    InputError
        If it is no TOML, or lacks what a mapping needs: provider, licence, id, and of each score its scale
        and direction.
    """
    try:
        written = tomllib.loads(text)
        if set(written) == {"preset"}:
            return preset(str(written["preset"]))
        shape = _File.model_validate(written)
        return _mapping(shape, source)
    except tomllib.TOMLDecodeError as e:
        raise InputError(f"{source} is no TOML: {e}.", hint="See the example in the README of data_adapters.") from None
    except ValidationError as e:
        first = e.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the mapping"
        raise InputError(
            f"{source}, {place}: {first['msg']}.", hint="See the example in the README of data_adapters."
        ) from None


def preset(name: str) -> EsgMapping:
    """Return a preset.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    if name not in PRESETS:
        raise InputError(f"There is no preset {name!r}.", hint=f"Presets: {', '.join(PRESETS)}.")
    return PRESETS[name]


def _mapping(shape: _File, source: str) -> EsgMapping:
    return EsgMapping(
        provider=shape.provider,
        licence=shape.licence,
        id_column=shape.id.column,
        id_type=_scheme(shape.id.type, source),
        scores=(*(_score(s, source) for s in shape.scores), *(_figure(f, source) for f in shape.figures)),
        flags=tuple(
            FlagColumn(f.column, f.metric, *(frozenset(t.casefold() for t in texts) for texts in (f.true, f.false)))
            for f in shape.flags
        ),
        aliases={column: _scheme(kind, source) for column, kind in shape.aliases.items()},
        as_of_column=shape.as_of.column,
        as_of_format=shape.as_of.format,
        as_of=shape.as_of.date,
        sheet=shape.sheet,
        decimal_mark=shape.decimal_mark,
    )


def _scheme(text: str, source: str) -> IdentifierScheme:
    try:
        return IdentifierScheme(text.casefold())
    except ValueError:
        known = ", ".join(IdentifierScheme)
        raise InputError(f"{source}: {text!r} is no kind of identifier.", hint=f"Known are {known}.") from None


def _reading(direction: str, where: str) -> Reading:
    try:
        reading = Reading(direction)
    except ValueError:
        reading = Reading.NEUTRAL
    if reading not in {Reading.HIGHER_IS_BETTER, Reading.LOWER_IS_BETTER}:
        raise InputError(f"{where}: the direction is {direction!r}.", hint="Write higher_is_better or lower_is_better.")
    return reading


def _figure(figure: _Figure, source: str) -> ScoreColumn:
    where = f"{source}, figure {figure.metric}"
    reading, ends = _reading(figure.direction, where), (figure.min, figure.max)
    if (None in ends and ends != (None, None)) or (None not in ends and not ends[0] < ends[1]):  # type: ignore[operator]
        raise InputError(f"{where}: the scale is {ends[0]} to {ends[1]}.", hint="Give both ends, or none.")
    scale = None if None in ends else (float(ends[0] or 0), float(ends[1] or 0))
    return ScoreColumn(figure.column, figure.metric, reading, scale, required=figure.required, unit=figure.unit)


def _score(score: _Score, source: str) -> ScoreColumn:
    where = f"{source}, score {score.metric}"
    reading = _reading(score.direction, where)
    if score.letters:
        if len(set(score.letters)) != len(score.letters) or len(score.letters) == 1:
            raise InputError(
                f"{where}: the letters are no ladder.", hint="List them once each, from least to greatest."
            )
        return ScoreColumn(
            score.column, score.metric, reading, (0.0, len(score.letters) - 1.0), tuple(score.letters), score.required
        )
    if score.min is None or score.max is None or not score.min < score.max:
        raise InputError(f"{where}: there is no scale.", hint="Give min and max, or letters from least to greatest.")
    scale = (float(score.min), float(score.max))
    return ScoreColumn(score.column, score.metric, reading, scale, required=score.required)
