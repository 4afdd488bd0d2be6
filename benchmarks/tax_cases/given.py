"""What a case gives: fields read by name, amounts exact, and every misreading a sentence.

Problem: cases are written by people, with fields in any order, some left out, and numbers as text
or as JSON numbers. Decision: one reader that knows a missing field from an empty one, keeps numbers
as the text they were, and remembers which fields were used, so that a field which nobody read is
said aloud and never silently ignored. Limits: dates are ISO dates.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any, Final

from di_advisor.domain.amounts import as_fraction, exact
from di_advisor.errors import InputError

__all__ = ["CaseError", "Given", "amount_of", "day_of"]

_MISSING: Final = object()
_ADORNED: Final = re.compile(r"(?P<sign>-?)\$?(?P<figure>[\d.,]+)")


class CaseError(ValueError):
    """A case that cannot be read; the sentence says which field is wrong."""


def amount_of(value: object, what: str) -> Fraction:
    """Exact amount of a field: text ("1,234.50", "3/4", "-5") or a whole number.

    Raises
    ------
    CaseError
        If it is none.
    """
    if isinstance(value, str) and (found := _ADORNED.fullmatch(value.strip())):
        value = found["sign"] + found["figure"].replace(",", "")
    try:
        return as_fraction(exact(value, what))  # type: ignore[arg-type]  # other types are refused with a sentence
    except InputError as error:
        raise CaseError(str(error)) from None


def day_of(value: object, what: str) -> date:
    """Date of a field.

    Raises
    ------
    CaseError
        If it is no ISO date.
    """
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise CaseError(f"{what} is {value!r}, not a date such as 2025-12-31") from None


class Given:
    """The input of a case, or a part of it.

    Parameters
    ----------
    fields : Mapping
        By name.
    where : str
        For errors ("input", "input.lots[2]").
    """

    def __init__(self, fields: object, where: str = "input") -> None:
        if not isinstance(fields, Mapping):
            raise CaseError(f"{where} is {_short(fields)}, not an object with named fields")
        self.where = where
        self._fields: Mapping[str, Any] = fields
        self._read: set[str] = set()
        self._parts: list[Given] = []

    def has(self, name: str) -> bool:
        """Whether a field is there and not null."""
        return self._fields.get(name) is not None

    def names(self) -> list[str]:
        """Names of the fields, in the order of the file."""
        return list(self._fields)

    def first(self, *names: str) -> str:
        """The first of some names that is there; the first name where none is."""
        return next((name for name in names if self.has(name)), names[0])

    def raw(self, name: str, default: object = _MISSING) -> Any:  # noqa: ANN401  (JSON has no narrower type)
        """A field as it stands.

        Raises
        ------
        CaseError
            If it is missing and there is no default.
        """
        self._read.add(name)
        if self.has(name):
            return self._fields[name]
        if default is _MISSING:
            there = ", ".join(self._fields) or "nothing"
            raise CaseError(f"{self.where}.{name} is missing; it has: {there}")
        return default

    def amount(self, name: str, default: Fraction | int | str | object = _MISSING) -> Fraction:
        """An exact amount."""
        return amount_of(self.raw(name, default), f"{self.where}.{name}")

    def maybe_amount(self, name: str) -> Fraction | None:
        """An exact amount, or None where it is missing."""
        return self.amount(name) if self.has(name) else None

    def day(self, name: str, default: date | object = _MISSING) -> date:
        """A date."""
        return day_of(self.raw(name, default), f"{self.where}.{name}")

    def maybe_day(self, name: str) -> date | None:
        """A date, or None where it is missing."""
        return self.day(name) if self.has(name) else None

    def whole(self, name: str, default: int | object = _MISSING) -> int:
        """A whole number."""
        value = self.amount(name, default)
        if value.denominator != 1:
            raise CaseError(f"{self.where}.{name} is {self.raw(name)!r}, not a whole number")
        return int(value)

    def text(self, name: str, default: str | object = _MISSING) -> str:
        """A text."""
        value = self.raw(name, default)
        if not isinstance(value, str | int):
            raise CaseError(f"{self.where}.{name} is {_short(value)}, not text")
        return str(value)

    def flag(self, name: str, *, default: bool | object = _MISSING) -> bool:
        """True or false."""
        value = self.raw(name, default)
        if value not in (True, False, "true", "false"):
            raise CaseError(f"{self.where}.{name} is {_short(value)}, neither true nor false")
        return value in (True, "true")

    def texts(self, name: str, default: object = ()) -> list[str]:
        """A list of texts, or a single one."""
        value = self.raw(name, default)
        return [value] if isinstance(value, str) else [str(each) for each in self._list(name, value)]

    def amounts(self, name: str) -> list[Fraction]:
        """A list of exact amounts."""
        listed = self._list(name, self.raw(name))
        return [amount_of(each, f"{self.where}.{name}[{i}]") for i, each in enumerate(listed)]

    def part(self, name: str) -> Given:
        """An object inside."""
        part = Given(self.raw(name), f"{self.where}.{name}")
        self._parts.append(part)
        return part

    def parts(self, name: str) -> list[Given]:
        """A list of objects inside, at least one."""
        listed = self._list(name, self.raw(name))
        if not listed:
            raise CaseError(f"{self.where}.{name} is empty")
        parts = [Given(each, f"{self.where}.{name}[{i}]") for i, each in enumerate(listed)]
        self._parts += parts
        return parts

    def unread(self) -> list[str]:
        """Fields that were never asked for, so that nobody believes that they counted."""
        own = [f"{self.where}.{name}" for name in self._fields if name not in self._read]
        return own + [name for part in self._parts for name in part.unread()]

    def _list(self, name: str, value: object) -> Sequence[Any]:
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise CaseError(f"{self.where}.{name} is {_short(value)}, not a list")
        return value


def _short(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."
