"""Cache of the sample world: made once, checked each time it is read, made again when it is damaged.

One folder for a generator version and a seed, in the user's cache folder or where the environment
variable DI_ADVISOR_CACHE says. Arrays are npz without pickles, records are JSON. A manifest holds
the SHA-256 of every file; it is checked when a file is first read. A folder is written under
another name and then renamed, so that nobody ever reads half of one.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tempfile
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from di_advisor.sample.parts import Parts

__all__ = [
    "VERSION",
    "DamagedCacheError",
    "StoredParts",
    "cache_folder",
    "encode_parts",
    "generator_digest",
    "write_parts",
]

VERSION = 1
"""Version of the stored form."""

# What is stored follows from these modules: a change in any of them makes a new key.
_GENERATOR = (
    "accounts", "bars", "bookkeeping", "build", "calendar", "characteristics", "companies", "corporate_actions", "esg",
    "events", "index", "names", "order_kinds", "orders", "path", "payouts", "randomness", "regimes", "simulation",
    "splits",
)  # fmt: skip

_MANIFEST = "manifest.json"


class DamagedCacheError(Exception):
    """A stored file is missing or differs from its checksum; the world is then built again."""


@cache
def generator_digest() -> str:
    """Twelve hexadecimal digits that change with the generator's source."""
    here = Path(__file__).parent
    digest = hashlib.sha256()
    for name in _GENERATOR:
        digest.update((here / f"{name}.py").read_bytes())
    return digest.hexdigest()[:12]


def cache_folder(seed: int) -> Path:
    """Folder of a seed's parts."""
    chosen = os.environ.get("DI_ADVISOR_CACHE")
    if chosen:
        top = Path(chosen)
    else:
        import platformdirs

        top = Path(platformdirs.user_cache_dir("di_advisor", appauthor=False))
    return top / "sample" / f"seed{seed}-v{VERSION}-{generator_digest()}"


def _npz(arrays: dict[str, Any]) -> bytes:
    """An npz file; written by hand, because older numpy's savez cannot be told to refuse pickles."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, values in arrays.items():
            content = io.BytesIO()
            np.save(content, values, allow_pickle=False)
            # A fixed date, so that equal parts give equal bytes.
            file.writestr(zipfile.ZipInfo(f"{name}.npy"), content.getvalue())
    return buffer.getvalue()


def _parquet(columns: dict[str, Any]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), sink, compression="zstd")
    return bytes(sink.getvalue().to_pybytes())


def encode_parts(parts: Parts) -> dict[str, bytes]:
    """Files by name, as bytes."""
    files = {f"{name}.npz": _npz(arrays) for name, arrays in parts.arrays.items()}
    files |= {f"{name}.parquet": _parquet(columns) for name, columns in parts.tables.items()}
    files |= {f"{name}.json": json.dumps(record, indent=0).encode() for name, record in parts.records.items()}
    return files


def write_parts(parts: Parts, folder: Path) -> None:
    """Write parts to a folder, all or nothing; an existing folder is replaced.

    Raises
    ------
    OSError
        If nothing can be written there; nothing is left behind then.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    stale = fresh.with_name(f"{fresh.name}-old")
    try:
        _fill(fresh, encode_parts(parts))
        if folder.exists():
            folder.rename(stale)
        # Where another process was faster its folder stands there already, with the same bytes.
        if not folder.exists():
            fresh.rename(folder)
    finally:
        for path in (fresh, stale, *_older(folder)):
            shutil.rmtree(path, ignore_errors=True)


def _fill(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).write_bytes(content)
    manifest = {
        "what": "simulated sample world of di_advisor: invented companies, no real data",
        "generator": f"version {VERSION}, source {generator_digest()}",
        "sha256": {name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())},
    }
    (folder / _MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")


def _older(folder: Path) -> list[Path]:
    """What an older generator left of this seed: of no use to anybody."""
    seed = folder.name.split("-")[0]
    return [p for p in folder.parent.glob(f"{seed}-*") if p != folder]


def _columns(content: bytes) -> dict[str, Any]:
    """Columns of a Parquet file, text as arrays of objects."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(pa.BufferReader(content))
    return {name: table.column(name).to_numpy() for name in table.column_names}


class StoredParts:
    """Parts in a folder, read and checked one file at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            manifest = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
            self._sha256: dict[str, str] = dict(manifest["sha256"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DamagedCacheError(f"{folder} holds no readable manifest") from error

    def content(self, name: str) -> bytes:
        """Bytes of a file that match the manifest.

        Raises
        ------
        DamagedCacheError
            If they do not, or the file is missing.
        """
        try:
            content = (self.folder / name).read_bytes()
        except OSError as error:
            raise DamagedCacheError(f"{self.folder / name} cannot be read") from error
        if hashlib.sha256(content).hexdigest() != self._sha256.get(name):
            raise DamagedCacheError(f"{self.folder / name} differs from its checksum")
        return content

    def part(self, file: str) -> dict[str, Any]:
        """Arrays of an npz file, columns of a Parquet file, or records of a JSON file, checked against the manifest."""
        content = self.content(file)
        if file.endswith(".json"):
            return dict(json.loads(content))
        if file.endswith(".parquet"):
            return _columns(content)
        with np.load(io.BytesIO(content), allow_pickle=False) as stored:
            return {key: stored[key] for key in stored.files}
