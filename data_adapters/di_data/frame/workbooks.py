"""Workbooks: their sheets as rows, and what a cell holds as text or as a day.

Problem: a cell of a workbook is a number, a date or a text at the whim of who saved it. Decision: one reader of
sheets (calamine) and one reading of cells for all adapters. Limits: values as they were saved, no formulas.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from di_advisor.errors import InputError
from di_data.frame.exchange import Received
from di_data.frame.guards import content_error

__all__ = ["Sheet", "column_key", "day_of_cell", "sheets_of", "text_of_cell"]

Sheet = list[list[Any]]
"""Rows of a worksheet; blank cells are empty text."""


def sheets_of(body: bytes, received: Received, names: Sequence[str] = ()) -> dict[str, Sheet]:
    """Worksheets of a workbook by name; all of them where no names are given, else those that are there.

    Raises
    ------
    SourceContentError
        If it is no workbook, or damaged.
    """
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(body))
        return {
            name: book.get_sheet_by_name(name).to_python(skip_empty_area=False)
            for name in book.sheet_names
            if not names or name in names
        }
    except (CalamineError, ValueError, OSError) as e:
        raise content_error(received, f"the workbook cannot be read: {e}.", hint="Download or save it again.") from None


def column_key(header: object) -> str:
    """Header as it is compared: lower case, words joined by underscores, signs left out."""
    return re.sub(r"[^a-z0-9]+", "_", str(header).casefold()).strip("_")


def text_of_cell(cell: object) -> str:
    """Text of a workbook's cell: whole numbers without a point, days as ISO, blank as empty text."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    return str(cell).strip()


def day_of_cell(cell: object, *formats: str) -> date | None:
    """Day of a cell that holds a date, ISO text, or text of one of some formats; None where blank.

    Raises
    ------
    InputError
        If it is none of these.
    """
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    text = text_of_cell(cell)
    if not text:
        return None
    for form in formats:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007  # a date, not an instant
        except ValueError:
            continue
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        known = f" or {', '.join(formats)}" if formats else ""
        raise InputError(f"{text!r} is not a date.", hint=f"Dates are YYYY-MM-DD{known}.") from None
