"""A spec as Python: the lines that build it anew and run it, made from its values.

Problem: code written by hand beside the controls says sooner or later something else than they do.
Decision: the lines are made from the values themselves, field by field, without those at their defaults,
and a test runs them and compares. Limits: values of a kernel are named `facts`, which the reader has.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from di_advisor.errors import InputError
from di_advisor.runs.spec import KernelSource, RunSpec

__all__ = ["import_lines", "python_of", "python_value"]

_WIDTH: Final = 96
_STEP: Final = 4
_OPEN: Final = "("


class _Imports:
    """What the lines need, by module."""

    def __init__(self) -> None:
        self._names: dict[str, set[str]] = {}

    def name(self, kind: type) -> str:
        """Name of a class, imported from where it is defined."""
        self._names.setdefault(kind.__module__, set()).add(kind.__qualname__.partition(".")[0])
        return kind.__qualname__

    def lines(self) -> list[str]:
        """Import lines, in order."""
        return [f"from {module} import {', '.join(sorted(names))}" for module, names in sorted(self._names.items())]


def _default(field: Field[Any]) -> Any:  # noqa: ANN401 any value
    if field.default is not MISSING:
        return field.default
    return field.default_factory() if field.default_factory is not MISSING else MISSING


def _call(name: str, parts: list[str], indent: int) -> str:
    """A call on one line, or with an argument a line."""
    flat = f"{name}({', '.join(parts)})"
    if indent + len(flat) <= _WIDTH and "\n" not in flat:
        return flat
    inner = "".join(f"{' ' * (indent + _STEP)}{part},\n" for part in parts)
    return f"{name}(\n{inner}{' ' * indent})"


def _brackets(left: str, parts: list[str], right: str, indent: int) -> str:
    flat = f"{left}{', '.join(parts)}{',' if left == _OPEN and len(parts) == 1 else ''}{right}"
    if indent + len(flat) <= _WIDTH and "\n" not in flat:
        return flat
    inner = "".join(f"{' ' * (indent + _STEP)}{part},\n" for part in parts)
    return f"{left}\n{inner}{' ' * indent}{right}"


def _dataclass(value: Any, imports: _Imports, indent: int) -> str:  # noqa: ANN401 any dataclass
    parts = []
    for field in fields(value):
        given = getattr(value, field.name)
        if field.init and given != _default(field):
            parts.append(f"{field.name}={_written(given, imports, indent + _STEP)}")
    return _call(imports.name(type(value)), parts, indent)


def _float(value: float) -> str:
    return repr(value) if math.isfinite(value) else f'float("{value}")'


def _text(value: str) -> str:
    plain = value.isprintable() and '"' not in value and "\\" not in value
    return f'"{value}"' if plain else repr(value)


def _mapping(value: Mapping[Any, Any], imports: _Imports, indent: int) -> str:
    inner = indent + _STEP
    parts = [f"{_written(k, imports, inner)}: {_written(v, imports, inner)}" for k, v in value.items()]
    return _brackets("{", parts, "}", indent)


def _set(value: frozenset[Any], imports: _Imports, indent: int) -> str:
    parts = [_written(each, imports, indent + _STEP) for each in sorted(value, key=str)]
    return f"frozenset({_brackets('{', parts, '}', indent)})" if parts else "frozenset()"


def _tuple(value: tuple[Any, ...], imports: _Imports, indent: int) -> str:
    return _brackets("(", [_written(each, imports, indent + _STEP) for each in value], ")", indent)


# The first kind that fits decides: an enumeration of texts is a text too, a moment is a date too.
_WRITERS: Final[tuple[tuple[Any, Callable[[Any, _Imports, int], str]], ...]] = (
    (Enum, lambda v, imports, _: f"{imports.name(type(v))}.{v.name}"),
    (float, lambda v, _, __: _float(v)),
    (str, lambda v, _, __: _text(v)),
    (bool | int | None, lambda v, _, __: repr(v)),
    (Decimal, lambda v, imports, _: f"{imports.name(Decimal)}({_text(str(v))})"),
    (Fraction, lambda v, imports, _: f"{imports.name(Fraction)}({_text(str(v))})"),
    (datetime, lambda v, imports, _: f"{imports.name(datetime)}.fromisoformat({_text(v.isoformat())})"),
    (date, lambda v, imports, _: f"{imports.name(date)}({v.year}, {v.month}, {v.day})"),
    (Path, lambda v, imports, _: f"{_path_name(imports)}({_text(str(v))})"),
    (Mapping, _mapping),
    (frozenset | set, _set),
    (tuple | list, _tuple),
)


def _path_name(imports: _Imports) -> str:
    imports.name(Path)
    return "Path"


def _written(value: Any, imports: _Imports, indent: int) -> str:  # noqa: ANN401 any value of a spec
    for kinds, write in _WRITERS:
        if isinstance(value, kinds):
            return write(value, imports, indent)
    if is_dataclass(value) and not isinstance(value, type):
        return _dataclass(value, imports, indent)
    raise InputError(
        f"A value of the kind {type(value).__name__} cannot be written as Python.",
        hint="Specs hold frozen values of di_advisor.domain, numbers and text.",
    )


def python_value(value: Any) -> tuple[list[str], str]:  # noqa: ANN401 any value of a spec
    """Import lines and an expression that gives a value equal to ``value``.

    Raises
    ------
    InputError
        If it holds something that is not a value.
    """
    imports = _Imports()
    expression = _written(value, imports, 0)
    return imports.lines(), expression


def import_lines(lines: Iterable[str]) -> list[str]:
    """Lines ``from module import names`` in order, one a module."""
    names: dict[str, set[str]] = {}
    for each in lines:
        module, _, imported = each.removeprefix("from ").partition(" import ")
        names.setdefault(module, set()).update(imported.split(", "))
    return [f"from {module} import {', '.join(sorted(found))}" for module, found in sorted(names.items())]


def python_of(spec: RunSpec) -> str:
    """Lines that run in a fresh kernel and make the same proposal.

    With values of the kernel, ``facts`` is the `di_advisor.runs.Facts` that were given.
    """
    imports, expression = python_value(spec)
    given = ", facts" if isinstance(spec.source, KernelSource) else ""
    first = sorted({*imports, "from di_advisor.runs import run"})
    return "\n".join([*first, "", f"spec = {expression}", f"result = run(spec{given})", "result.proposal"])
