"""What is stored of a world: arrays, tables and records by name of their file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

__all__ = ["Parts"]


@dataclass(frozen=True)
class Parts:
    """What is stored, by name of the file.

    Attributes
    ----------
    arrays : dict of dict of ndarray
        Arrays of any shape, by name.
    tables : dict of dict of ndarray
        Columns of equal length, by name.
    records : dict of dict
        What JSON can hold.
    """

    arrays: dict[str, dict[str, NDArray[Any]]]
    tables: dict[str, dict[str, NDArray[Any]]]
    records: dict[str, dict[str, Any]]
