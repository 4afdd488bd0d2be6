"""What the ESG adapters share: rows checked against a documented shape, workbooks, and subjects of a query.

Problem: each source has its own columns, and a renamed one must be said in the same words everywhere.
Decision: rows are checked by pydantic models, workbooks are read by calamine, and both refuse with the
frame's errors. Limits: the first wrong rows are named, all are counted.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.domain.source_query import SourceQuery
from di_advisor.errors import InputError
from di_data.frame.adapter import SourceFacts
from di_data.frame.exchange import Received
from di_data.frame.guards import content_error

__all__ = [
    "Sheet",
    "as_content_error",
    "checked_rows",
    "column_key",
    "day_of_cell",
    "list_of",
    "object_of",
    "sheets_of",
    "subjects_of",
    "text_of_cell",
]

Sheet = list[list[Any]]
"""Rows of a worksheet; blank cells are empty text."""

_SHOWN: Final = 3
_Model = TypeVar("_Model", bound=BaseModel)


@contextmanager
def as_content_error(received: Received) -> Iterator[None]:
    """Say of what a record refuses, an identifier that is none, that it is the content of a source."""
    try:
        yield
    except InputError as e:
        raise content_error(received, e.what, hint=e.hint) from None


def checked_rows(rows: Iterable[object], model: type[_Model], received: Received) -> list[_Model]:
    """Rows as a model of the documented shape.

    Raises
    ------
    SourceContentError
        Naming the first wrong rows and fields, and how many there are; nothing of the body is used then.
    """
    good: list[_Model] = []
    wrong: list[str] = []
    for number, row in enumerate(rows, start=1):
        try:
            good.append(model.model_validate(row))
        except ValidationError as e:
            first = e.errors(include_url=False)[0]
            place = ".".join(str(part) for part in first["loc"]) or "the row"
            wrong.append(f"row {number}, {place}: {first['msg']}")
    if wrong:
        more = f"; {len(wrong)} rows are wrong" if len(wrong) > _SHOWN else ""
        raise content_error(received, f"{'; '.join(wrong[:_SHOWN])}{more}; nothing of it is used.", rows=len(wrong))
    return good


def list_of(value: object, where: str, received: Received) -> list[Any]:
    """Return a list of an answer; nothing is an empty one.

    Raises
    ------
    SourceContentError
        If something else stands there.
    """
    if value is None or isinstance(value, list):
        return value or []
    raise content_error(received, f"{where}: a list is documented, not {type(value).__name__}.")


def object_of(value: object, where: str, received: Received) -> dict[str, Any]:
    """Return an object of an answer; nothing is an empty one.

    Raises
    ------
    SourceContentError
        If something else stands there.
    """
    if value is None or isinstance(value, dict):
        return value or {}
    raise content_error(received, f"{where}: an object is documented, not {type(value).__name__}.")


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


def subjects_of(
    query: SourceQuery, facts: SourceFacts, *schemes: IdentifierScheme, needed: bool = True
) -> tuple[Identifier, ...]:
    """Subjects of a query, all of kinds that a source can be asked for.

    Raises
    ------
    InputError
        If one is of another kind, or there are none and some are needed.
    """
    other = [str(each) for each in query.subjects if each.scheme not in schemes]
    kinds = " or ".join(scheme.value for scheme in schemes)
    if other or (needed and not query.subjects):
        told = f"cannot be asked for {', '.join(other[:3])}" if other else "is asked for nobody"
        hint = f"Give subjects as {kinds}." if schemes else "It comes whole: ask without subjects."
        raise InputError(f"{facts.name} {told}.", hint=hint)
    return query.subjects
