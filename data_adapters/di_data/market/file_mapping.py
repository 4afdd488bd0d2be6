"""Mapping files: what a user's own file calls its columns, and what its figures are, in TOML.

Problem: a file from a desk has headers of its own, and nothing in it says whether closes are as traded,
whether weights are percent, or under which terms it may be used. Decision: a small TOML file says all of
that once; every key is documented and checked, an unknown key is an error, and what decides about scale
has no default. Limits: one mapping for files of one shape.
"""

from __future__ import annotations

import tomllib
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from di_advisor.domain.index_holdings import HoldingKind
from di_advisor.errors import InputError
from di_data.notation import FileNotation

__all__ = [
    "Closes",
    "FileMapping",
    "HoldingColumns",
    "HoldingsMapping",
    "PriceColumns",
    "PriceMapping",
    "mapping_from_toml",
    "mapping_of_text",
]


class Closes(StrEnum):
    """What the column of closes holds."""

    AS_TRADED = "as traded"
    SPLIT_ADJUSTED = "split adjusted"
    """Refused: lots are booked as traded, and the two are never mixed."""


class FileMapping(BaseModel):
    """What all mapping files may say.

    Attributes
    ----------
    provider, licence : str
        Who gives the file, and under which terms.
    delimiter, decimal_mark, date_format, encoding : str
        How it is written; dates are ISO where no format is given.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    provider: str = "own file"
    licence: str = "as agreed with the provider"
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    decimal_mark: Literal[".", ","] = "."
    date_format: str = ""
    encoding: str | None = None

    @property
    def notation(self) -> FileNotation:
        """How amounts and dates are read."""
        return FileNotation(self.decimal_mark, self.date_format)


class PriceColumns(BaseModel):
    """Headers of a file of prices; empty for what it does not have."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    day: str = "date"
    close: str = "close"
    symbol: str = ""
    open: str = ""
    high: str = ""
    low: str = ""
    volume: str = ""
    adjusted_close: str = ""
    dividend: str = ""
    split: str = ""
    currency: str = ""


class PriceMapping(FileMapping):
    """Mapping of a file of prices.

    Attributes
    ----------
    closes : Closes
        What its closes are: without a default, because nothing in the file shows it.
    currency : str
        Of all prices, where there is no column for it; only USD is read.
    no_split : str
        What the column of splits holds on days without one: "1", "0", or "" for a blank.
    columns : PriceColumns
        Its headers.
    """

    closes: Closes
    currency: str = "USD"
    no_split: Literal["0", "1", ""] = "1"
    columns: PriceColumns = PriceColumns()


class HoldingColumns(BaseModel):
    """Headers of a file of index weights; empty for what it does not have."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    weight: str = "weight"
    ticker: str = "ticker"
    name: str = ""
    isin: str = ""
    cusip: str = ""
    sedol: str = ""
    figi: str = ""
    security_id: str = ""
    sector: str = ""
    shares: str = ""
    market_value_usd: str = ""
    kind: str = ""
    as_of: str = ""


class HoldingsMapping(FileMapping):
    """Mapping of a file of index weights.

    Attributes
    ----------
    index : str
        Name of the index or fund.
    weights : str
        "percent" or "fraction": without a default, because both look alike.
    as_of : date or None
        The day of the weights, where no column says it.
    columns : HoldingColumns
        Its headers.
    kinds : dict of str to HoldingKind
        What the words of the column of kinds mean; other words are an error.
    """

    index: str
    weights: Literal["percent", "fraction"]
    as_of: date | None = None
    columns: HoldingColumns = HoldingColumns()
    kinds: dict[str, HoldingKind] = Field(default_factory=dict)


_Mapping = TypeVar("_Mapping", bound=FileMapping)


def mapping_from_toml(path: Path, model: type[_Mapping]) -> _Mapping:
    """Mapping of a TOML file.

    Raises
    ------
    InputError
        If it cannot be read, is not TOML, or holds something else.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as e:
        raise InputError(f"{path} cannot be read: {e}.", hint="Check the path.", source=path.name) from e
    return mapping_of_text(text, model, path.name)


def mapping_of_text(text: str, model: type[_Mapping], source: str) -> _Mapping:
    """Mapping of TOML text; errors as for `mapping_from_toml`."""
    try:
        return model.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as e:
        raise InputError(f"{source} is not TOML: {e}.", hint='Write key = "value".', source=source) from e
    except ValidationError as e:
        first = e.errors()[0]
        key = ".".join(str(p) for p in first["loc"])
        raise InputError(
            f"{source}, {key}: {first['msg']}.",
            hint=f"It may hold: {', '.join(model.model_fields)}.",
            source=source,
            field=key,
        ) from e
