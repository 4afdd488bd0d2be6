"""Where the world's parts come from: the cache when it is sound, the generator when it is not."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from di_advisor.sample.store import DamagedCacheError, StoredParts, cache_folder, write_parts

__all__ = ["PartSource"]


class PartSource:
    """Parts of one seed's world, each read once and kept.

    Parameters
    ----------
    seed : int
        The world's seed.
    folder : Path or None
        Folder of the cache; None keeps everything in memory and writes nothing.
    """

    def __init__(self, seed: int, folder: Path | None) -> None:
        self.seed = seed
        self.folder = folder
        self._read: dict[str, dict[str, Any]] = {}
        self._stored: StoredParts | None = None
        if folder is not None:
            try:
                self._stored = StoredParts(folder)
            except DamagedCacheError:
                self._build()
        else:
            self._build()

    @classmethod
    def cached(cls, seed: int) -> PartSource:
        """Source with the user's cache."""
        return cls(seed, cache_folder(seed))

    def _build(self) -> None:
        from di_advisor.sample.build import build_parts

        parts = build_parts(self.seed)
        self._read = {f"{name}.npz": dict(arrays) for name, arrays in parts.arrays.items()}
        self._read |= {f"{name}.parquet": dict(columns) for name, columns in parts.tables.items()}
        self._read |= {f"{name}.json": record for name, record in parts.records.items()}
        self._stored = None
        if self.folder is not None:
            try:
                write_parts(parts, self.folder)
            except OSError as error:
                warnings.warn(
                    f"The sample world could not be cached in {self.folder} ({error}); it will be simulated again "
                    "next time. The environment variable DI_ADVISOR_CACHE names another folder.",
                    RuntimeWarning,
                    stacklevel=2,
                )

    def arrays(self, name: str) -> dict[str, Any]:
        """Arrays of a part."""
        return self._part(f"{name}.npz")

    def columns(self, name: str) -> dict[str, Any]:
        """Columns of a table."""
        return self._part(f"{name}.parquet")

    def records(self, name: str) -> dict[str, Any]:
        """Records of a part."""
        return self._part(f"{name}.json")

    def _part(self, file: str) -> dict[str, Any]:
        if file not in self._read:
            try:
                if self._stored is not None:
                    self._read[file] = self._stored.part(file)
                else:
                    self._build()
            except DamagedCacheError:
                self._build()
        return self._read[file]
