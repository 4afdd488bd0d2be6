"""What a provider changed about the past: former and new records of the same request, side by side.

Problem: a price of two years ago differs from what it was yesterday, and nobody is told. Decision: records
are frozen values; their dates, texts and identifiers say what they are about, their numbers what is said.
Where the same subject has another number, or is gone from a day that the new answer still covers, there is
a sentence. Limits: what is new is no change of the past; of subjects that occur twice in an answer nothing
is said; what a provider adjusts anew with every dividend is expected to change.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from di_advisor.domain.observations import Provenance

__all__ = ["changed_past"]

_NUMBERS: Final = (int, float, Decimal)
_SENTENCES: Final = 20
_SAID: Final = {"value", "status", "note"}
"""Said of a subject even where they are texts."""
_EXPECTED: Final = ("adjusted_", "known_on")
"""Fields that change without anybody having changed the past."""


def changed_past(former: Sequence[object], new: Sequence[object]) -> tuple[str, ...]:
    """Sentences about what differs in records that both answers hold, and about what is gone.

    Parameters
    ----------
    former, new : sequence of records
        Frozen dataclasses; others are compared as a whole.

    Returns
    -------
    tuple of str
        The first twenty, and how many more.
    """
    before, after = _by_subject(former), _by_subject(new)
    covered = {_days(subject) for subject in after}
    told = []
    for subject, numbers in before.items():
        if subject not in after:
            if _days(subject) in covered:
                told.append(f"{_named(subject)}: is gone")
            continue
        now = after[subject]
        told += [
            f"{_named(subject)}: {field} was {was}, is {now.get(field)}"
            for field, was in numbers.items()
            if now.get(field) != was
        ]
    if len(told) > _SENTENCES:
        told = [*told[:_SENTENCES], f"... and {len(told) - _SENTENCES} more"]
    return tuple(told)


def _by_subject(records: Sequence[object]) -> dict[tuple[tuple[str, object], ...], dict[str, object]]:
    found: dict[tuple[tuple[str, object], ...], dict[str, object]] = {}
    double = set()
    for record in records:
        subject, numbers = _parts(record)
        if subject in found:
            double.add(subject)
        found[subject] = numbers
    return {subject: numbers for subject, numbers in found.items() if subject not in double}


def _parts(record: object) -> tuple[tuple[tuple[str, object], ...], dict[str, object]]:
    """Return what a record is about, and what it says in numbers and flags."""
    subject: list[tuple[str, object]] = []
    numbers: dict[str, object] = {}
    if not dataclasses.is_dataclass(record) or isinstance(record, type):
        return (("", repr(record)),), {}
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        if isinstance(value, Provenance) or field.name.startswith(_EXPECTED):
            continue
        if isinstance(value, _NUMBERS) or value is None or field.name in _SAID:
            numbers[field.name] = value
        else:
            subject.append((field.name, value if _hashable(value) else repr(value)))
    # A number that turned into nothing, or into a text, is a change of the same subject.
    return tuple(subject), numbers


def _days(subject: tuple[tuple[str, object], ...]) -> tuple[object, ...]:
    return tuple(value for _, value in subject if isinstance(value, date))


def _hashable(value: object) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


def _named(subject: tuple[tuple[str, object], ...]) -> str:
    return ", ".join(str(value) for _, value in subject if value not in ("", ()))
