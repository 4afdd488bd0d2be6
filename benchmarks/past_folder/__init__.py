"""A past from a folder of price, index and corporate-action files: any folder of the documented form."""

from __future__ import annotations

from benchmarks.past_folder.open_past import open_past
from benchmarks.past_folder.past import FolderPast
from benchmarks.past_folder.weights import WeightKind

__all__ = ["FolderPast", "WeightKind", "open_past"]
