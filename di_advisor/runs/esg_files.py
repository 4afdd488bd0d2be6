"""A user's file of ESG measures: columns that a person has named, or a layout of our own.

Problem: who has figures has them in a table, and what is not in it must stay unknown. Decision: with `EsgColumns` the
registered reader takes the file apart, whatever its headers; with a column ``provider`` the table says directions and
units (`EsgTable.from_frame`); else its columns are taken as they are, by permanent security id, and wishes say which
way is good. Limits: what a reader set aside is a note of the run, in full where the file is tried.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from di_advisor.domain.esg_columns import EsgColumns, HeadColumn, ReadEsg
from di_advisor.domain.rows import some_of
from di_advisor.errors import InputError, why_unreadable
from di_advisor.registry import esg_file_reader
from di_advisor.report.wording import count_of

if TYPE_CHECKING:
    import pandas as pd

    from di_advisor.domain.esg_table import EsgTable
    from di_advisor.domain.market import FloatArray, Market

__all__ = ["EsgOfFile", "esg_head", "esg_of", "esg_read"]


@dataclass(frozen=True)
class EsgOfFile:
    """Measures of a file, and what must be said of them."""

    measures: EsgTable | Mapping[str, FloatArray]
    notes: tuple[str, ...] = ()


def esg_head(path: Path) -> tuple[HeadColumn, ...]:
    """Columns as they stand in a file, for who names what they mean.

    Raises
    ------
    InputError, SourceContentError
        If it cannot be read.
    """
    return esg_file_reader().head(path)


def esg_read(path: Path, columns: EsgColumns, market: Market) -> ReadEsg:
    """What a file holds for a market's names on its day.

    Raises
    ------
    InputError, SourceContentError
        If it cannot be read, a column is missing, or a cell is no figure or outside its scale.
    """
    return esg_file_reader().read(path, columns, market.universe, as_of=market.as_of)


def esg_of(
    path: Path, market: Market, columns: EsgColumns | None = None, *, notation: Mapping[str, str] | None = None
) -> EsgOfFile:
    """ESG measures of a file.

    Parameters
    ----------
    path : Path
        CSV; with `columns` also a workbook or Parquet.
    market : Market
        Whose names count.
    columns : EsgColumns, optional
        What its columns mean; without, one row a security and a column a measure, or with a column ``provider`` one
        row of each.
    notation : Mapping of str to str, optional
        Where `columns` are not given: encoding, delimiter and decimal_mark of the file; a delimiter that is not
        stated is read off the header.

    Raises
    ------
    InputError, SourceContentError
        If it cannot be read, has no securities, or a figure is none; with `columns` also if nothing is covered.
    """
    if columns is None:
        return EsgOfFile(_own_layout(path, market, notation or {}))
    found = esg_read(path, columns, market)
    if not found.table.measures:
        raise InputError(
            f"{path.name} covers none of the market's names: {_in_words(found, market.as_of)}",
            hint="Check which column names the securities, and since when the figures are known.",
        )
    notes = (f"{path.name}: {_in_words(found, market.as_of)}",) if found.unresolved or found.left_out else ()
    return EsgOfFile(found.table, (*notes, *found.warnings))


def _in_words(found: ReadEsg, on: date) -> str:
    parts = []
    if found.unresolved:
        parts.append(
            f"{len(found.unresolved)} of {count_of(found.subjects, 'security', 'securities')} are not recognised "
            f"({some_of(list(found.unresolved))})"
        )
    parts += [f"{count_of(n, 'figure')} {reason}" for reason, n in found.left_out.items()]
    return f"{'; '.join(parts) or 'it has no figures'}, on {on}."


def _delimiter(path: Path, encoding: str) -> str:
    """The sign beside which the header has a column security_id; a comma where none does."""
    with path.open(encoding=encoding) as file:
        header = next((line for line in file if line.strip()), "")
    named = (s for s in ",;\t|" if "security_id" in (cell.strip().strip('"') for cell in header.split(s)))
    return next(named, ",")


def _frame(path: Path, notation: Mapping[str, str]) -> pd.DataFrame:
    import pandas as pd

    encoding = notation.get("encoding") or "utf-8-sig"
    mark = notation.get("decimal_mark") or "."
    try:
        return pd.read_csv(
            path,
            dtype={"security_id": str, "provider": str},
            encoding=encoding,
            sep=notation.get("delimiter") or _delimiter(path, encoding),
            decimal=mark,
            thousands="." if mark == "," else None,
            index_col=False,
        )
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {why_unreadable(error)}.", hint="Check the path and its permissions."
        ) from error
    except (UnicodeError, LookupError) as error:
        raise InputError(
            f"{path.name} is not {notation.get('encoding') or 'UTF-8'}.",
            hint="Save it as UTF-8, or state its encoding (--encoding esg=cp1252).",
        ) from error
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise InputError(f"{path} cannot be read: {error}.", hint="Check the path; it is a CSV file.") from error


def _own_layout(path: Path, market: Market, notation: Mapping[str, str]) -> EsgTable | Mapping[str, FloatArray]:
    import numpy as np
    import pandas as pd

    from di_advisor.domain.esg_table import EsgTable

    frame = _frame(path, notation)
    if "security_id" not in frame:
        raise InputError(
            f"{path.name}: the column security_id is missing.",
            hint=f"It has: {', '.join(map(str, frame.columns))}. Name what they mean (esg_columns).",
        )
    if "provider" in frame:
        return EsgTable.from_frame(_dated(frame, path))
    twice = frame["security_id"][frame["security_id"].duplicated()].tolist()
    if twice:
        raise InputError(f"{path.name} gives {twice[0]} twice.", hint="One row a security, or a column provider.")
    measures = [c for c in frame if c != "security_id"]
    words = [c for c in measures if not pd.api.types.is_numeric_dtype(frame[c])]
    if words or not measures:
        raise InputError(
            f"{path.name}: the column {words[0] if words else 'of a measure'} holds no figures.",
            hint="Every column beside security_id is a measure; leave a cell empty where nothing is known.",
        )
    rows = frame.set_index("security_id").reindex(list(market.universe.security_ids))
    return {str(c): np.asarray(rows[c], dtype=np.float64) for c in measures}


def _dated(frame: pd.DataFrame, path: Path) -> pd.DataFrame:
    """The frame with its column ``known_at`` as days, where it has one."""
    import pandas as pd

    if "known_at" not in frame:
        return frame
    days = pd.to_datetime(frame["known_at"], format="ISO8601", errors="coerce")
    wrong = frame["known_at"][days.isna() & frame["known_at"].notna()]
    if len(wrong):
        raise InputError(
            f"{path.name}: known_at in line {int(wrong.index[0]) + 2} is {wrong.iloc[0]!r}, which is no day.",
            hint="Write days as 2026-06-30.",
        )
    return frame.assign(known_at=days)
