"""Papers of the ledger as CSV and as a data frame, and rows back from CSV exactly.

Problem: a spreadsheet takes text for formulas and 1/3 for a date, and a file that lost its settings
is a file of unknown meaning. Decision: text is made safe as in `csv_export`; amounts are plain
decimals, a number of shares that has no decimal form is written as text (``'1/3``); what stands on
the paper stands in front of the header, one cell a line, each starting with ``# ``. `read_paper_csv`
gives back equal rows. Files hold the rows, not the totals. Limits: not tax advice, as each file says.
"""

from __future__ import annotations

import csv
import io
import types
from collections.abc import Iterable
from dataclasses import fields
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, get_args, get_origin, get_type_hints

from di_advisor.domain.amounts import exact, show_exact
from di_advisor.errors import InputError
from di_advisor.ledger.papers import Paper
from di_advisor.ledger.papers.paper import RowT
from di_advisor.report.csv_export import text_cell, text_of_cell
from di_advisor.report.output_files import write_text
from di_advisor.report.wording import printable

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["paper_csv", "paper_frame", "read_paper_csv", "write_paper_csv"]

_COMMENT: Final = "# "


def paper_csv(paper: Paper[RowT]) -> str:
    """The paper as CSV text, lines ending in CRLF.

    Parameters
    ----------
    paper : Paper
        Any paper of the ledger.
    """
    written = io.StringIO(newline="")
    rows = csv.writer(written)
    for label, text in paper.about.lines():
        rows.writerow([f"{_COMMENT}{printable(label)}: {printable(text)}"])
    names = _names(paper.row_type)
    rows.writerow(names)
    for row in paper.rows:
        rows.writerow([_cell(getattr(row, name)) for name in names])
    return written.getvalue()


def read_paper_csv(text: str, row_type: type[RowT]) -> tuple[RowT, ...]:
    """Rows of a file that `paper_csv` wrote, equal to those that were written.

    Parameters
    ----------
    text : str
        The file.
    row_type : type
        Type of the rows, such as `Form8949Row`.

    Raises
    ------
    InputError
        If there is no header of such rows, or a cell cannot be read; row and column are named.
    """
    names = _names(row_type)
    cells = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    start = next((i for i, row in enumerate(cells) if not (row and row[0].startswith(_COMMENT))), len(cells))
    if start == len(cells) or cells[start] != names:
        raise InputError(
            f"The file has no header of {row_type.__name__}.", hint=f"Its columns are: {', '.join(names)}."
        )
    kinds = get_type_hints(row_type)
    read = []
    for number, row in enumerate(cells[start + 1 :], start + 2):
        if len(row) != len(names):
            raise InputError(f"Line {number} has {len(row)} cells instead of {len(names)}.", hint="Restore the line.")
        values = {n: _value(cell, kinds[n], f"line {number}, {n}") for n, cell in zip(names, row, strict=True)}
        read.append(row_type(**values))
    return tuple(read)


def paper_frame(paper: Paper[RowT]) -> pd.DataFrame:
    """The rows as a data frame; amounts stay exact objects, and ``attrs`` holds what stands on the paper.

    Parameters
    ----------
    paper : Paper
        Any paper of the ledger.
    """
    import pandas as pd

    names = _names(paper.row_type)
    columns = {n: pd.Series([getattr(row, n) for row in paper.rows], dtype=object) for n in names}
    frame = pd.DataFrame(columns, columns=names)
    frame.attrs["about"] = [f"{label}: {text}" for label, text in paper.about.lines()]
    return frame


def write_paper_csv(folder: Path, name: str, paper: Paper[RowT]) -> Path:
    """Write the paper to a file of a folder, whole or not at all.

    Parameters
    ----------
    folder : Path
        Made if need be.
    name : str
        Plain file name.
    paper : Paper
        Any paper of the ledger.

    Raises
    ------
    InputError
        If the name leads out of the folder, or the folder cannot be written to.
    """
    return write_text(folder, name, paper_csv(paper))


def _names(row_type: type[Any]) -> list[str]:
    return [f.name for f in fields(row_type)]


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case date():
            return value.isoformat()
        case Fraction():
            return _fraction(value)
        case Decimal() | int():
            return f"{value:f}" if isinstance(value, Decimal) else str(value)
        case _:
            return text_cell(str(value))


def _fraction(value: Fraction) -> str:
    """A decimal where there is an exact one; else a ratio that no spreadsheet takes for a date."""
    rest, twos, fives = value.denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    if rest != 1:
        return f"'{show_exact(value)}"
    places = max(twos, fives)
    digits = str(abs(value.numerator) * 10**places // value.denominator).rjust(places + 1, "0")
    sign = "-" if value < 0 else ""
    return sign + (f"{digits[:-places]}.{digits[-places:]}" if places else digits)


def _value(cell: str, kind: Any, where: str) -> object:  # noqa: ANN401 - a type or a union of types
    options: Iterable[Any] = get_args(kind) if get_origin(kind) is types.UnionType else (kind,)
    options = tuple(options)
    if str in options:
        return text_of_cell(cell)
    if cell == "" and type(None) in options:
        return None
    try:
        return _typed(cell, options, where)
    except ValueError as e:
        raise InputError(f"{where}: {cell!r} cannot be read.", hint="Restore the cell.", where=where) from e


def _typed(cell: str, options: tuple[Any, ...], where: str) -> object:
    if bool in options:
        return {"true": True, "false": False}[cell] if cell in ("true", "false") else _refuse(cell)
    if date in options:
        return date.fromisoformat(cell)
    if int in options:
        return int(cell)
    number = exact(cell.removeprefix("'"), where)
    return Fraction(number) if options == (Fraction,) else number


def _refuse(cell: str) -> bool:
    raise ValueError(cell)
