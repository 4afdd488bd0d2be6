"""What there is to be drawn, read off the code, and what the committed seeds have drawn of it.

Terms and rules are found in the modules of `formulate`; wishes, with all their fields and the members of their
enumerations, by walking the types of `Mandate`, `TransitionWish` and the taxpayers; optional parts of the block and
of separable forms by their dataclasses; options of `formulate` by its signature. So what is added to the code
and never drawn is missed by name.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from typing import Any

import numpy as np

import di_advisor.formulate
from di_advisor.formulate import formulate
from di_advisor.formulate.cost_knots import CostChords
from di_advisor.formulate.problem import Block, Problem
from di_advisor.formulate.separable import Row, Separable
from di_advisor.formulate.staged import Leg, StagedProblem, YearBudget

__all__ = ["known_classes", "known_options", "known_parts", "known_wishes", "parts_of", "set_in"]

_PARTS = (Block, Separable, Row, CostChords, Problem, Leg, StagedProblem, YearBudget)


def known_classes() -> set[type]:
    """Terms and rules that the formulation defines: what has a sentence, and a separable form or rows."""
    found: set[type] = set()
    for info in pkgutil.iter_modules(di_advisor.formulate.__path__):
        module = importlib.import_module(f"di_advisor.formulate.{info.name}")
        for each in vars(module).values():
            if not isinstance(each, type) or each.__module__ != module.__name__ or getattr(each, "_is_protocol", False):
                continue
            worded = hasattr(each, "sentence") or "sentence" in getattr(each, "__dataclass_fields__", {})
            if worded and (hasattr(each, "separable") or hasattr(each, "rows")):
                found.add(each)
    return found


def known_wishes(*kinds: type) -> set[str]:
    """Fields of dataclasses and of all that their fields may hold, as ``Class.field``, and ``Enum.MEMBER``."""
    found: set[str] = set()
    waiting, seen = list(kinds), set[Any]()
    while waiting:
        kind = waiting.pop()
        if kind in seen:
            continue
        seen.add(kind)
        if isinstance(kind, type) and issubclass(kind, Enum):
            found |= {f"{kind.__name__}.{member.name}" for member in kind}
        elif isinstance(kind, type) and is_dataclass(kind):
            hints = typing.get_type_hints(kind)
            for each in fields(kind):
                found.add(f"{kind.__name__}.{each.name}")
                waiting += _inside(hints[each.name])
    return found


def _inside(hint: Any) -> list[Any]:
    """The types that a type hint is made of."""
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is not None:
        return [t for part in typing.get_args(hint) if part is not Ellipsis for t in _inside(part)]
    return [hint]


def set_in(value: Any) -> set[str]:
    """Fields that differ from their defaults and enumeration members in use, in a value and all that it holds."""
    if isinstance(value, Enum):
        return {f"{type(value).__name__}.{value.name}"}
    if isinstance(value, Mapping):
        return set().union(*(set_in(v) for v in value.values()))
    if isinstance(value, tuple | frozenset):
        return set().union(*(set_in(v) for v in value))
    if not is_dataclass(value) or isinstance(value, type):
        return set()
    found = set()
    for each in fields(value):
        held = getattr(value, each.name)
        found |= set_in(held)
        if not _same(held, _default(each)):
            found.add(f"{type(value).__name__}.{each.name}")
    return found


def _default(field: Any) -> Any:
    if field.default is not MISSING:
        return field.default
    return field.default_factory() if field.default_factory is not MISSING else MISSING


def _same(value: Any, default: Any) -> bool:
    if isinstance(value, np.ndarray) or isinstance(default, np.ndarray):
        return value is default
    return value is default or bool(value == default)


def known_parts() -> set[str]:
    """Parts of a problem that may be left out: those with a default, and those that may be None."""
    found: set[str] = set()
    for kind in _PARTS:
        hints = typing.get_type_hints(kind)
        for each in fields(kind):
            if _default(each) is not MISSING or type(None) in typing.get_args(hints[each.name]):
                found.add(f"{kind.__name__}.{each.name}")
    return found


def parts_of(*values: Any) -> set[str]:
    """The parts that are there, of problems and of all that they are made of."""
    found: set[str] = set()
    for value in values:
        if isinstance(value, tuple):
            found |= parts_of(*value)
        elif isinstance(value, _PARTS):
            hints = typing.get_type_hints(type(value))
            for each in fields(value):
                held = getattr(value, each.name)
                left_out = (
                    held is None if type(None) in typing.get_args(hints[each.name]) else _same(held, _default(each))
                )
                if not left_out:
                    found.add(f"{type(value).__name__}.{each.name}")
                found |= parts_of(held) if isinstance(held, (tuple, *_PARTS)) else set()
        separable = getattr(value, "separable", None)
        found |= parts_of(separable()) if callable(separable) else set()
    return found


def known_options() -> Iterable[str]:
    """Options of `formulate`."""
    return [
        p.name for p in inspect.signature(formulate).parameters.values() if p.default is not inspect.Parameter.empty
    ]
