"""What market adapters share: rows of JSON as documented, days and prices in them, errors of files as of bodies.

Problem: a text where a number was documented, or a missing key, must be an error and never a zero. Decision:
rows are checked by pydantic models in strict mode; a price is more than zero. The frame's guards have seen
the body before. Limits: whole bodies in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Annotated, Any, NoReturn, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from di_advisor.errors import InputError, SourceContentError
from di_data.esg.bodies import checked_rows
from di_data.frame.exchange import Received
from di_data.frame.guards import content_error, json_document

__all__ = ["Day", "DocumentedRow", "Price", "as_content_error", "json_rows", "refuse"]


def _day(written: object) -> object:
    """A date of "2019-01-02" or "2019-01-02T00:00:00.000Z": the local day of the exchange stands first."""
    if not isinstance(written, str):
        return written
    head, _, rest = written.partition("T")
    if rest.strip("0:.Z+-"):
        message = f"{written!r} has a time of day"
        raise ValueError(message)
    return date.fromisoformat(head)


Day = Annotated[date, BeforeValidator(_day)]
Price = Annotated[float, Field(gt=0, allow_inf_nan=False)]
"""More than zero: a price of zero is a delisting, which is a corporate action, or a mistake."""


class DocumentedRow(BaseModel):
    """A row as documented; further keys are the source's own business."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")


_Row = TypeVar("_Row", bound=DocumentedRow)


def refuse(received: Received, what: str, hint: str = "", **facts: Any) -> NoReturn:
    """Refuse a body.

    Raises
    ------
    SourceContentError
        Always.
    """
    raise content_error(received, what, hint=hint, **facts)


@contextmanager
def as_content_error(received: Received) -> Iterator[None]:
    """Say of what a reader of files refuses that it is the body of a source."""
    try:
        yield
    except InputError as e:
        raise SourceContentError(f"{received.provider}, {e.what}", hint=e.hint, **e.facts) from e


def json_rows(body: bytes, model: type[_Row], received: Received) -> list[_Row]:
    """Elements of a JSON list, checked; an empty list is one.

    Raises
    ------
    SourceContentError
        If it is no list, or a row is not as documented.
    """
    found = json_document(body, received)
    if not isinstance(found, list):
        told = found.get("detail", "") if isinstance(found, dict) else ""
        refuse(received, f"a list of rows is documented, and a {type(found).__name__} came{told and f': {told}'}.")
    return checked_rows(found, model, received)
