"""Frozen values as plain data, and back, for the pipe to a child process.

Problem: a case goes to a child process and a proposal comes back; mappings in frozen dataclasses
are read-only proxies, which do not travel. Decision: dataclasses, enums, dates and exact amounts
become tagged dictionaries; numpy arrays of numbers pass as they are; coming back, only classes of
this package are built, through their own constructors, so that what arrives has passed their
checks. Limits: sequences come back as tuples; an array of objects is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from functools import cache
from importlib import import_module
from pathlib import Path, PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from di_advisor.errors import InputError

__all__ = ["plain", "restored"]

_TAG = "@"


def _class_name(kind: type) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"


@cache
def _class_of(name: str) -> type:
    module, _, qualname = name.partition(":")
    if module.partition(".")[0] != "di_advisor":
        raise InputError(f"{name} is not a class of di_advisor.", hint="Only the package's own values come back.")
    kind = getattr(import_module(module), qualname, None)
    if not (isinstance(kind, type) and (is_dataclass(kind) or issubclass(kind, Enum))):
        raise InputError(f"{name} is neither a frozen value nor an enumeration.", hint="Only such values come back.")
    return kind


def _array(value: NDArray[Any]) -> NDArray[Any]:
    if value.dtype == np.dtype(object):
        raise _refusal("array of objects")
    return value


def _refusal(what: str) -> InputError:
    return InputError(
        f"A value of the kind {what} cannot be sent to the process that solves.",
        hint="Give the panel frozen values of di_advisor.domain, numbers, text, or arrays of numbers.",
    )


def _fields(value: Any) -> dict[str, Any]:  # noqa: ANN401 any dataclass
    kind = type(value)
    if kind not in _NAMES:
        _NAMES[kind] = tuple(f.name for f in fields(value) if f.init)
    return {name: plain(getattr(value, name)) for name in _NAMES[kind]}


_NAMES: dict[type, tuple[str, ...]] = {}


# The first kind that fits decides: an enumeration of texts is a text too, a moment is a date too.
_ENCODERS: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    (Enum, lambda v: {_TAG: "enum", "class": _class_name(type(v)), "value": v.value}),
    (bool | int | float | str | None, lambda v: v),
    (datetime, lambda v: {_TAG: "datetime", "value": v.isoformat()}),
    (date, lambda v: {_TAG: "date", "value": v.isoformat()}),
    (Decimal, lambda v: {_TAG: "decimal", "value": str(v)}),
    (Fraction, lambda v: {_TAG: "fraction", "value": str(v)}),
    (PurePath, lambda v: {_TAG: "path", "value": str(v)}),
    (np.generic, lambda v: plain(v.item())),
    (np.ndarray, _array),
    (Mapping, lambda v: {_TAG: "map", "items": [[plain(k), plain(each)] for k, each in v.items()]}),
    (frozenset | set, lambda v: {_TAG: "set", "items": [plain(each) for each in sorted(v, key=str)]}),
    (tuple | list, lambda v: [plain(each) for each in v]),
)

_DECODERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "enum": lambda d: _class_of(d["class"])(d["value"]),
    "datetime": lambda d: datetime.fromisoformat(d["value"]),
    "date": lambda d: date.fromisoformat(d["value"]),
    "decimal": lambda d: Decimal(d["value"]),
    "fraction": lambda d: Fraction(d["value"]),
    "path": lambda d: Path(d["value"]),
    "map": lambda d: {restored(k): restored(v) for k, v in d["items"]},
    "set": lambda d: frozenset(restored(v) for v in d["items"]),
    "value": lambda d: _class_of(d["class"])(**{k: restored(v) for k, v in d["fields"].items()}),
}


def plain(value: Any) -> Any:  # noqa: ANN401 anything a case holds
    """Plain data of a value.

    Raises
    ------
    InputError
        If it holds something that is not a value (an open file, an array of objects).
    """
    kind = type(value)
    if kind not in _ENCODER:
        _ENCODER[kind] = next((encode for kinds, encode in _ENCODERS if issubclass(kind, kinds)), _value)
    return _ENCODER[kind](value)


_ENCODER: dict[type, Callable[[Any], Any]] = {}
"""By the exact type, so that a thousand trades do not ask the same question in turn."""


def _value(value: Any) -> dict[str, Any]:  # noqa: ANN401 any dataclass
    if not is_dataclass(value) or isinstance(value, type):
        raise _refusal(type(value).__name__)
    return {_TAG: "value", "class": _class_name(type(value)), "fields": _fields(value)}


def restored(data: Any) -> Any:  # noqa: ANN401 whatever `plain` made
    """The value behind plain data; sequences come back as tuples.

    Raises
    ------
    InputError
        If it names a class that is not one of this package's values.
    """
    if isinstance(data, list):
        return tuple(restored(v) for v in data)
    return _DECODERS[data[_TAG]](data) if isinstance(data, dict) else data
