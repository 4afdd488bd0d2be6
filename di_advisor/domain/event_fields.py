"""What the fields of an event hold, read once from its type hints.

Decision: the dataclasses are the only description of an event, so its text can never lag behind
them; a field whose hint is of none of the kinds below is an error when it is first met, which a
test does for all of them. Limits: the kinds are those that events have.
"""

from __future__ import annotations

import dataclasses
import re
import types
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from di_advisor.domain.amounts import exact
from di_advisor.domain.events.event import Event

__all__ = ["REQUIRED", "FieldOfEvent", "Kind", "fields_of"]

REQUIRED: Final = object()
"""In place of a default, where a field has none."""

_READ: Final[dict[type[Any], tuple[FieldOfEvent, ...]]] = {}  # type hints are slow to resolve
_ISO_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclasses.dataclass(frozen=True, slots=True)
class Kind:
    """What a field can hold.

    Attributes
    ----------
    name : str
        amount, day, enum, text, whole, truth, event, record or records.
    of : type
        The Python type; of each item where there are many.
    optional : bool
        Whether None is allowed.
    words : str
        The kind in a sentence.
    """

    name: str
    of: type[Any]
    optional: bool
    words: str

    def holds(self, item: object) -> bool:
        """Whether an item is of this kind."""
        match self.name:
            case "amount":
                return isinstance(item, Fraction) or (isinstance(item, Decimal) and item.is_finite()) or _is_whole(item)
            case "day":
                return isinstance(item, date) and not isinstance(item, datetime)
            case "whole":
                return _is_whole(item)
            case "records":
                return isinstance(item, tuple) and all(isinstance(each, self.of) for each in item)
            case _:
                return isinstance(item, self.of)

    def parsed(self, item: object, where: str) -> object:
        """A value of this kind from what JSON gave; ``where`` names the field.

        Raises
        ------
        ValueError
            If it is of another kind.
        InputError
            If an amount is no amount, or an enum does not know it.
        """
        match self.name:
            case "amount" if isinstance(item, str):
                return exact(item, where)
            case "day" if isinstance(item, str) and _ISO_DAY.fullmatch(item):
                return date.fromisoformat(item)
            case "enum" if isinstance(item, str):
                return self.of(item)
            case "text" | "whole" | "truth" if self.holds(item):
                return item
            case _:
                raise ValueError(item)


@dataclasses.dataclass(frozen=True, slots=True)
class FieldOfEvent:
    """A field: its name, what it holds, and its default or `REQUIRED`."""

    name: str
    kind: Kind
    default: object


def fields_of(cls: type[Any]) -> tuple[FieldOfEvent, ...]:
    """Fields of an event, or of a record inside one.

    Raises
    ------
    TypeError
        If a field's type hint is of no known kind: then the text of events must learn it first.
    """
    if cls not in _READ:
        hints = get_type_hints(cls)
        _READ[cls] = tuple(
            FieldOfEvent(f.name, _kind(hints[f.name]), REQUIRED if f.default is dataclasses.MISSING else f.default)
            for f in dataclasses.fields(cls)
        )
    return _READ[cls]


def _kind(hint: Any) -> Kind:  # noqa: ANN401  (type hints have no common type)
    options = set(get_args(hint)) if get_origin(hint) in (Union, types.UnionType) else {hint}
    optional = type(None) in options
    options -= {type(None)}
    if options == {Decimal, Fraction}:
        return Kind("amount", Fraction, optional, 'an amount as text, such as "0.10" or "1/3"')
    if len(options) != 1:
        raise TypeError(hint)
    (single,) = options
    if get_origin(single) is tuple and len(get_args(single)) == 2 and get_args(single)[1] is ...:
        return Kind("records", get_args(single)[0], optional, "a list of records")
    for matches, name, words in _KINDS:
        if isinstance(single, type) and matches(single):
            return Kind(name, single, optional, words)
    raise TypeError(hint)


def _is_whole(item: object) -> bool:
    return isinstance(item, int) and not isinstance(item, bool)


_KINDS: Final[tuple[tuple[Callable[[type], bool], str, str], ...]] = (
    (lambda t: t is bool, "truth", "true or false"),
    (lambda t: t is int, "whole", "a whole number"),
    (lambda t: t is date, "day", "a date such as 2025-12-31"),
    (lambda t: issubclass(t, StrEnum), "enum", "one of its words"),
    (lambda t: t is str, "text", "text"),
    (lambda t: issubclass(t, Event), "event", "an event"),
    (dataclasses.is_dataclass, "record", "a record"),
)
