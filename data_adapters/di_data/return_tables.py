"""A history of returns as one table, from its wide or its long form.

Problem: vendors write one column for each name, or one row for each day and name. Decision: both
become dates, ids and an array with NaN exactly where a cell was blank; every other cell that is not
a finite number is an error with its row and column. Limits: a decimal comma is stated; thousands have no sign.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from di_advisor.domain.cells import FrameNotation
from di_advisor.domain.market import FloatArray
from di_advisor.domain.rows import Findings, some_of
from di_advisor.errors import InputError
from di_data.delimited import read_records
from di_data.file_styles import FileStyle, recognised_dates, recognised_delimiter

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Table", "table_of_frame", "table_of_text"]

Table = tuple[NDArray[np.datetime64], list[str], FloatArray]
"""Dates of shape (t,), n security ids, and returns of shape (t, n)."""

_LONG = {"date", "security_id", "total_return"}

# Where a cell of the table stands in the file: from its row and column to a label and a name.
Place = Callable[[int, int], tuple[str, str]]


def table_of_text(text: str, source: str, style: FileStyle) -> Table:
    """Table of delimited text; errors name the line and the column."""
    delimiter = style.delimiter or recognised_delimiter(text, source, _LONG)
    header, found = read_records(text, source, delimiter=delimiter)
    names = [h.casefold() for h in header]
    findings = Findings(source)
    if "date" not in names:
        raise InputError(f"{source}: the column date is missing.", hint=f"It has: {some_of(header)}.", source=source)
    at = names.index("date")
    records = list(found)
    dated = ((f"line {line}", record[at]) for line, record in records)
    notation = recognised_dates(style.notation(delimiter), dated, source)
    days: list[date] = []
    lines: list[int] = []
    cells: list[list[str]] = []
    for line, record in records:
        try:
            days.append(notation.day(record[at]))
        except InputError as e:
            findings.wrong(f"line {line}", "date", e.what, e.hint)
            continue
        lines.append(line)
        cells.append([c.strip() for c in record])
    if set(names) == _LONG:
        ids = [c[names.index("security_id")] for c in cells]
        figures = [[_pointed(c[names.index("total_return")], style)] for c in cells]
        column = _numbers(figures, findings, lambda i, _: (f"line {lines[i]}", "total_return"))
        findings.raise_any()
        return _pivoted(days, ids, column[:, 0], lambda i: f"line {lines[i]}", findings)
    wide = [i for i in range(len(header)) if i != at]
    values = _numbers(
        [[_pointed(c[i], style) for i in wide] for c in cells],
        findings,
        lambda i, j: (f"line {lines[i]}", header[wide[j]]),
    )
    findings.raise_any()
    return np.array(days, dtype="datetime64[D]"), [header[i] for i in wide], values


def _pointed(cell: str, style: FileStyle) -> str:
    """The cell with a decimal point; a return has no thousands, so a point beside commas stays an error."""
    return cell.replace(",", ".") if style.decimal_mark == "," and "." not in cell else cell


def _numbers(cells: list[list[str]], findings: Findings, place: Place) -> FloatArray:
    """Floats of text; NaN exactly where a cell is blank, everything else that is not finite is an error."""
    width = len(cells[0]) if cells else 0
    values = np.full((len(cells), width), np.nan)
    for i, row in enumerate(cells):
        try:
            values[i] = [float(c) if c else math.nan for c in row]
            plain = int(np.isfinite(values[i]).sum()) == sum(map(bool, row))
        except ValueError:
            plain = False
        if not plain:
            for j, c in enumerate(row):
                if c and not _is_finite(c):
                    findings.wrong(*place(i, j), f"{c!r} is not a finite number.", _advice(c))
    return values


def _advice(cell: str) -> str:
    if "," in cell:
        return "State a decimal comma for the file (--decimal-mark returns=,)."
    return "Write a fraction: 0.01 for 1 %." if "%" in cell else "Leave it blank where not known."


def _is_finite(cell: str) -> bool:
    try:
        return math.isfinite(float(cell))
    except ValueError:
        return False


def _pivoted(
    days: list[date], ids: list[str], column: FloatArray, label: Callable[[int], str], findings: Findings
) -> Table:
    rows = {day: i for i, day in enumerate(sorted(set(days)))}
    columns = {name: j for j, name in enumerate(dict.fromkeys(ids))}
    values = np.full((len(rows), len(columns)), np.nan)
    first: dict[tuple[date, str], int] = {}
    for i, (day, name) in enumerate(zip(days, ids, strict=True)):
        if first.setdefault((day, name), i) != i:
            findings.wrong(
                label(i), "security_id", f"{name} has a return on {day} already, in {label(first[day, name])}.",
                "Keep one return for each day and security.",
            )  # fmt: skip
        values[rows[day], columns[name]] = column[i]
    findings.raise_any()
    return np.array(list(rows), dtype="datetime64[D]"), list(columns), values


def table_of_frame(table: pd.DataFrame, source: str) -> Table:
    """Table of a frame; errors name the row and the column."""
    findings = Findings(source)
    names = {str(c).casefold(): c for c in table.columns}
    if "date" not in names:
        raise InputError(
            f"{source}: the column date is missing.", hint=f"It has: {some_of([str(c) for c in table.columns])}.",
            source=source,
        )  # fmt: skip
    notation = FrameNotation()
    days: list[date] = []
    for i, cell in enumerate(table[names["date"]]):
        try:
            days.append(notation.day(cell))
        except InputError as e:
            findings.wrong(f"row {i}", "date", e.what, e.hint)
    findings.raise_any()
    long = set(names) - {"index"} == _LONG
    wide = [names["total_return"]] if long else [c for k, c in names.items() if k not in {"date", "index"}]
    try:
        values = table[wide].to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as e:
        raise InputError(f"{source}: a return is not a number ({e}).", hint="Write returns as floats.") from e
    for i, j in np.argwhere(np.isinf(values)):
        findings.wrong(f"row {i}", str(wide[j]), "the return is infinite.", "Leave it blank where not known.")
    findings.raise_any()
    if long:
        ids = [str(name) for name in table[names["security_id"]]]
        return _pivoted(days, ids, values[:, 0], lambda i: f"row {i}", findings)
    return np.array(days, dtype="datetime64[D]"), [str(c) for c in wide], values
