"""Records as plain data and back: frozen dataclasses to tables of texts, numbers, dates and lists, by their types.

Problem: a client's wishes must be written down in a file, with every field that there is, and read back
equal; a list of fields kept by hand would be wrong after the next wish. Decision: the types of the
fields say how each is written and read, and what came in wrong is an error that names the file, the
key and what is allowed. A value that is not set and is so by default is left out; "none" says so
where the default is something else. Limits: exact amounts are decimals or ratios written as texts
("1/3"); a field may be a record, a number, a text, a date, an enumeration, or tuples, sets and maps of these.
"""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from enum import StrEnum
from fractions import Fraction
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from di_advisor.domain.amounts import exact, show_exact
from di_advisor.errors import InputError

__all__ = ["NONE", "default_of", "kinds_of", "plain_of", "plain_value", "record_of", "wanted"]

Record = TypeVar("Record")

NONE = "none"
"""How a value that is not set is written where it would be set by default."""


def kinds_of(kind: type[Any]) -> Mapping[str, tuple[Field[Any], Any]]:
    """Fields of a record that are given when it is made, with their types, in order."""
    hints = get_type_hints(kind)
    return {f.name: (f, hints[f.name]) for f in fields(kind) if f.init}


def default_of(field: Field[Any]) -> Any:  # noqa: ANN401 - whatever the field holds
    """Default of a field; `dataclasses.MISSING` where it is needed."""
    return field.default_factory() if field.default_factory is not MISSING else field.default


def plain_of(record: Any) -> dict[str, Any]:  # noqa: ANN401 - a frozen dataclass
    """A record as plain data, without what is as it is by default.

    Parameters
    ----------
    record : dataclass
        Its fields are of the types named above.
    """
    found: dict[str, Any] = {}
    for name, (field, _) in kinds_of(type(record)).items():
        value = getattr(record, name)
        usual = default_of(field)
        if value == usual and (isinstance(value, Mapping) or type(value) is type(usual)):
            continue
        found[name] = plain_value(value)
    return found


def plain_value(value: Any) -> Any:  # noqa: ANN401, PLR0911 - of any of the types, one answer each
    """A value of a field as plain data, all of it."""
    if value is None:
        return NONE
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, Fraction):
        return show_exact(value)
    if is_dataclass(value) and not isinstance(value, type):
        return plain_of(value)
    if isinstance(value, Mapping):
        return {key: plain_value(each) for key, each in value.items()}
    if isinstance(value, frozenset):
        return sorted(plain_value(each) for each in value)
    if isinstance(value, tuple):
        return [plain_value(each) for each in value]
    return value


def record_of(kind: type[Record], given: Any, source: str, path: str = "") -> Record:  # noqa: ANN401 - anything may come in
    """A record of plain data.

    Parameters
    ----------
    kind : type
        A frozen dataclass.
    given : Mapping
        As from a TOML file read with exact decimals.
    source, path : str
        File and key, for errors.

    Raises
    ------
    InputError
        Naming the file, the key, and what is allowed.
    """
    known = kinds_of(kind)
    if not isinstance(given, Mapping):
        raise _wrong(source, path, given, f"a table with some of: {', '.join(known)}")
    for key in given:
        if key not in known:
            meant = get_close_matches(str(key), known, n=1)
            hint = f"Did you mean {meant[0]}? " if meant else ""
            raise InputError(
                f"{source}: there is no {_at(path, str(key))}.",
                hint=f"{hint}There are: {', '.join(known)}.",
                file=source,
                key=_at(path, str(key)),
                allowed=tuple(known),
            )
    values = {
        name: _value(hint, given[name], source, _at(path, name)) for name, (_, hint) in known.items() if name in given
    }
    missing = [name for name, (field, _) in known.items() if name not in values and default_of(field) is MISSING]
    if missing:
        raise InputError(
            f"{source}: {_at(path, missing[0])} is missing.",
            hint=f"Give {wanted(known[missing[0]][1])}.",
            file=source,
            key=_at(path, missing[0]),
        )
    try:
        return kind(**values)
    except InputError as error:
        where = f"{source}: [{path}] " if path else f"{source}: "
        raise InputError(
            f"{where}{error.what}", hint=error.hint, **{**error.facts, "file": source, "key": path}
        ) from error


def _at(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _wrong(source: str, path: str, value: object, want: str) -> InputError:
    shown = str(value) if isinstance(value, Decimal) else repr(value)
    return InputError(f"{source}: {path} is {shown}.", hint=f"Give {want}.", file=source, key=path, allowed=want)


def _value(kind: Any, given: Any, source: str, path: str) -> Any:  # noqa: ANN401, PLR0911 - one answer a type
    """A value of a type from plain data."""
    options = _options(kind)
    if len(options) > 1 or type(None) in options:
        if given == NONE and type(None) in options:
            return None
        real = [o for o in options if o is not type(None)]
        if {Decimal, Fraction} >= set(real):
            return _exact(given, source, path, kind)
        return _value(real[0], given, source, path)
    origin, inner = get_origin(kind), get_args(kind)
    if isinstance(kind, type) and is_dataclass(kind):
        return record_of(kind, given, source, path)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        if given not in [option.value for option in kind]:
            raise _wrong(source, path, given, wanted(kind))
        return kind(given)
    if kind in (Decimal, Fraction):
        found = _exact(given, source, path, kind)
        return Fraction(found) if kind is Fraction else found
    if origin is not None and issubclass(origin, Mapping):
        if not isinstance(given, Mapping):
            raise _wrong(source, path, given, wanted(kind))
        return {key: _value(inner[1], each, source, f"{path}.{key}") for key, each in given.items()}
    if origin in (tuple, frozenset):
        return _many(kind, given, source, path)
    return _simple(kind, given, source, path)


def _many(kind: Any, given: Any, source: str, path: str) -> Any:  # noqa: ANN401
    origin, inner = get_origin(kind), get_args(kind)
    if isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable):
        raise _wrong(source, path, given, wanted(kind))
    items = list(given)
    of = inner if origin is tuple and inner[-1] is not Ellipsis else (inner[0],) * len(items)
    if len(of) != len(items):
        raise _wrong(source, path, given, wanted(kind))
    each = (_value(o, item, source, f"{path}[{i}]") for i, (o, item) in enumerate(zip(of, items, strict=True)))
    return frozenset(each) if origin is frozenset else tuple(each)


def _simple(kind: Any, given: Any, source: str, path: str) -> Any:  # noqa: ANN401
    number = isinstance(given, int | float | Decimal) and not isinstance(given, bool)
    if kind is float and number:
        return float(given)
    if kind is int and isinstance(given, int) and number:
        return given
    day = isinstance(given, date) and not isinstance(given, datetime)
    if (kind is bool and isinstance(given, bool)) or (kind is str and isinstance(given, str)) or (kind is date and day):
        return given
    raise _wrong(source, path, given, wanted(kind))


def _exact(given: Any, source: str, path: str, kind: Any) -> Decimal | Fraction:  # noqa: ANN401
    if isinstance(given, bool) or not isinstance(given, int | str | Decimal):
        raise _wrong(source, path, given, wanted(kind))
    try:
        return exact(given, path)
    except InputError as error:
        raise InputError(f"{source}: {error.what}", hint=error.hint, file=source, key=path) from error


def _options(kind: Any) -> tuple[Any, ...]:  # noqa: ANN401
    return get_args(kind) if get_origin(kind) in (Union, types.UnionType) else (kind,)


_PLAIN_WORDS: Mapping[Any, str] = {
    float: "a number",
    int: "a whole number",
    str: "a text",
    bool: "true or false",
    date: "a date such as 2026-03-31",
    Decimal: "an exact amount",
    Fraction: "an exact amount",
    type(None): f'"{NONE}"',
}


def wanted(kind: Any) -> str:  # noqa: ANN401, PLR0911 - a type, one answer each
    """What may be given for a type, in words."""
    options = [o for o in _options(kind) if o is not type(None)]
    if len(options) > 1:
        return " or ".join(dict.fromkeys(wanted(o) for o in options))
    kind = options[0]
    origin, inner = get_origin(kind), get_args(kind)
    if kind in _PLAIN_WORDS:
        return _PLAIN_WORDS[kind]
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return "one of: " + ", ".join(f'"{option.value}"' for option in kind)
    if isinstance(kind, type) and is_dataclass(kind):
        return f"a table with some of: {', '.join(kinds_of(kind))}"
    if origin is not None and issubclass(origin, Mapping):
        return f"a table of names, each with {wanted(inner[1])}"
    if origin is tuple and inner[-1] is not Ellipsis:
        return f"a list of {len(inner)}: {', '.join(wanted(i) for i in inner)}"
    return f"a list, each {wanted(inner[0])}"
