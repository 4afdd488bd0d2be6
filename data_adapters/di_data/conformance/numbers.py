"""Numbers in records: where they stand, and which of them became 0 when a value went missing."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from decimal import Decimal

__all__ = ["numbers_of", "turned_into_zero"]


def numbers_of(record: object, where: str = "") -> Iterator[tuple[str, float]]:
    """Numbers of a record with the names of their fields; of dataclasses, mappings and sequences alike."""
    if isinstance(record, bool) or record is None:
        return
    if isinstance(record, int | float | Decimal):
        yield where, float(record)
    elif dataclasses.is_dataclass(record) and not isinstance(record, type):
        for field in dataclasses.fields(record):
            yield from numbers_of(getattr(record, field.name), field.name)
    elif isinstance(record, dict):
        for name, value in record.items():
            yield from numbers_of(value, str(name))
    elif isinstance(record, list | tuple):
        for value in record:
            yield from numbers_of(value, where)


def turned_into_zero(good: Sequence[object], blanked: Sequence[object]) -> tuple[str, ...]:
    """Fields that hold more zeros than before; records that went missing altogether count for nothing."""
    before, after = _zeros(good), _zeros(blanked)
    return tuple(name for name, count in after.items() if count > before.get(name, 0))


def _zeros(records: Sequence[object]) -> dict[str, int]:
    found: dict[str, int] = {}
    for record in records:
        for name, value in numbers_of(record):
            if value == 0:
                found[name] = found.get(name, 0) + 1
    return found
