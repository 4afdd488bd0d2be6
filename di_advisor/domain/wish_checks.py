"""Checks of a mandate's figures: what a wish may be, before anything is formulated.

A wish of the wrong kind must not be lost silently: a ticker in place of a set of ids, a percent in
place of a fraction, a figure that is not a number. Each gets an error that names the field.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from di_advisor.domain.frozen_map import FrozenMap
from di_advisor.errors import InputError

__all__ = ["all_of", "check_cash", "check_fraction", "check_whole", "choice_of", "ids_of", "stand_ins_of"]

Option = TypeVar("Option", bound=StrEnum)
Wish = TypeVar("Wish")

_LEAST_CASH_RANGE = 5e-4


def ids_of(value: Iterable[str], name: str) -> frozenset[str]:
    """A set of security ids; a single text is refused, because it would be read letter by letter."""
    if isinstance(value, str | bytes):
        raise InputError(
            f"{name} is the text {value!r}.", hint=f"Pass a set of security ids: {name}=frozenset({{{value!r}}})."
        )
    ids = frozenset(value)
    for each in frozenset[object](ids):
        if not isinstance(each, str):
            raise InputError(f"{name} holds {each!r}, which is not a security id.", hint="Ids are texts.")
    return ids


def stand_ins_of(value: Mapping[str, Iterable[str]]) -> Mapping[str, tuple[str, ...]]:
    """Stand-ins by security id; a name that stands in for itself, or for nothing, is refused."""
    if not isinstance(value, Mapping):
        raise InputError(f"replacements is {value!r}.", hint="Pass a mapping: {'AAA': ('BBB',)}.", field="replacements")
    found: dict[str, tuple[str, ...]] = {}
    for security_id, given in value.items():
        if isinstance(given, str):
            raise InputError(
                f"replacements[{security_id!r}] is the text {given!r}.", hint=f"Pass a tuple: ({given!r},)."
            )
        found[security_id] = tuple(dict.fromkeys(given))
        if security_id in found[security_id] or not found[security_id]:
            raise InputError(
                f"replacements[{security_id!r}] is {found[security_id]!r}.", hint="Name other securities, one or more."
            )
    return FrozenMap(found)


def all_of(kind: type[Wish], value: object, name: str) -> tuple[Wish, ...]:
    """A tuple of wishes of one kind; a single wish outside a tuple is refused like one of another kind."""
    many = isinstance(value, tuple | list)
    given = tuple(value) if isinstance(value, tuple | list) else (value,)
    wrong = [each for each in given if not (many and isinstance(each, kind))]
    if wrong:
        raise InputError(
            f"{name} holds {wrong[0]!r}.", hint=f"Pass a tuple of {kind.__name__}: {name}=(...,).", field=name
        )
    return given


def choice_of(kind: type[Option], value: object, name: str) -> Option:
    """A member of an enumeration, by itself or by its text."""
    try:
        return kind(value)  # type: ignore[arg-type]  # what is not a text is refused right here
    except ValueError:
        raise InputError(
            f"{name} is {value!r}.", hint=f"Use one of: {', '.join(option.value for option in kind)}."
        ) from None


def check_fraction(value: Any, name: str, *, low: float, high: float, open_low: bool = False, what: str = "") -> None:  # noqa: ANN401 - anything may come in, and that is what is checked
    """Refuse what is not a number in a range; None passes."""
    if value is None:
        return
    number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not number or value < low or value > high or (open_low and value == low):
        raise InputError(
            f"{name} is {value!r}.",
            hint=what or f"Use a number {'above' if open_low else 'of at least'} {low:g} and at most {high:g}.",
            field=name,
        )


def check_whole(value: Any, name: str, *, low: int, high: int) -> None:  # noqa: ANN401 - anything may come in
    """Refuse what is not a whole number in a range; None passes."""
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InputError(f"{name} is {value!r}.", hint=f"Use a whole number from {low} to {high}.", field=name)


def check_cash(low: float, high: float) -> None:
    """Refuse an empty range of cash, and one that trading costs and shares cannot hit."""
    check_fraction(low, "cash_min", low=0, high=1)
    check_fraction(high, "cash_max", low=0, high=1)
    if high < low + _LEAST_CASH_RANGE:
        raise InputError(
            f"Cash must lie between {low:g} and {high:g} of the account.",
            hint=f"Leave at least {_LEAST_CASH_RANGE:g} between cash_min and cash_max, for costs and whole shares.",
        )
