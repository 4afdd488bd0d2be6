"""Rows of an answer against a documented shape: one way for all adapters to check and to refuse them.

Problem: each source has its own fields; a renamed one must be said in the same words everywhere, and a text
where a number was documented must be an error and never a zero. Decision: rows are checked by pydantic models,
and what they refuse becomes the frame's error. Limits: the first wrong rows are named, all are counted; whole
bodies in memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Final, NoReturn, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from di_advisor.errors import InputError, SourceContentError
from di_data.frame.exchange import Received
from di_data.frame.guards import content_error, json_document

__all__ = [
    "DocumentedRow",
    "as_content_error",
    "checked_rows",
    "json_rows",
    "list_of",
    "object_of",
    "refuse",
]

_SHOWN: Final = 3
_Row = TypeVar("_Row")
_NO_NUMBERS: Final = (b"NaN", b"Infinity")
_BOM: Final = b"\xef\xbb\xbf"


class DocumentedRow(BaseModel):
    """A row as documented; further keys are the source's own business."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")


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
    """Say of what a record or a reader of files refuses that it is the content of a source."""
    try:
        yield
    except InputError as e:
        if received.source and e.what.startswith(received.source):
            raise SourceContentError(f"{received.provider}, {e.what}", hint=e.hint, **e.facts) from e
        facts = {name: fact for name, fact in e.facts.items() if name not in {"source", "address"}}
        raise content_error(received, e.what, hint=e.hint, **facts) from e


def checked_rows(rows: Iterable[object], model: type[_Row], received: Received) -> list[_Row]:
    """Rows as a model of the documented shape: a `DocumentedRow`, or a `TypedDict` with a strict configuration.

    Raises
    ------
    SourceContentError
        Naming the first wrong rows and fields, and how many there are; nothing of the body is used then.
    """
    good: list[_Row] = []
    wrong: list[str] = []
    one = _one(model)  # type: ignore[arg-type]  # types are hashable
    for number, row in enumerate(rows, start=1):
        try:
            good.append(one.validate_python(row))
        except ValidationError as e:
            first = e.errors(include_url=False)[0]
            place = ".".join(str(part) for part in first["loc"]) or "the row"
            wrong.append(f"row {number}, {place}: {first['msg']}")
    if wrong:
        more = f"; {len(wrong)} rows are wrong" if len(wrong) > _SHOWN else ""
        raise content_error(received, f"{'; '.join(wrong[:_SHOWN])}{more}; nothing of it is used.", rows=len(wrong))
    return good


def json_rows(body: bytes, model: type[_Row], received: Received) -> list[_Row]:
    """Elements of a JSON list, checked; an empty list is one.

    A `TypedDict` for `model` is checked in half the time of a `DocumentedRow`: for answers of many rows.

    Raises
    ------
    SourceContentError
        If it is no list, or a row is not as documented.
    """
    if not any(word in body for word in _NO_NUMBERS):
        try:
            return _several(model).validate_json(body.removeprefix(_BOM))  # type: ignore[arg-type]  # types are hashable
        except ValidationError:
            pass  # what is wrong is said below, row by row
    found = json_document(body, received)
    if not isinstance(found, list):
        told = found.get("detail", "") if isinstance(found, dict) else ""
        refuse(received, f"a list of rows is documented, and a {type(found).__name__} came{told and f': {told}'}.")
    return checked_rows(found, model, received)


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


@lru_cache(maxsize=64)
def _one(model: type[_Row]) -> TypeAdapter[_Row]:
    return TypeAdapter(model)


@lru_cache(maxsize=64)
def _several(model: type[_Row]) -> TypeAdapter[list[_Row]]:
    return TypeAdapter(list[model])  # type: ignore[valid-type]  # a type that is known only here
