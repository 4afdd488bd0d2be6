"""Trained models as folders of text: written whole or not at all, checked byte for byte when read.

Problem: a model is worth nothing if it may have been changed since it was tested. Decision: a folder of text files
with a manifest of their SHA-256 sums; nothing that is read can run code; no clock is read, so the same content gives
the same bytes. Limits: checksums beside the files detect damage and careless edits; against someone who rewrites the
manifest too, keep the fingerprint elsewhere and compare.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from di_advisor.errors import DamagedStoreError, NewerSchemaError, StoreError

__all__ = ["MANIFEST", "figures_read", "json_text", "parsed_json", "read_folder", "write_folder"]

MANIFEST = "manifest.json"
"""File that names the others with their sums."""

_AGAIN = "Train it again, or take a copy."


@contextmanager
def figures_read(source: Path, what: str) -> Iterator[None]:
    """Making a model of a folder's figures: those that make none are damage.

    Raises
    ------
    DamagedStoreError
        If a figure is missing or of another kind.
    """
    try:
        yield
    except (KeyError, TypeError, ValueError) as e:
        raise DamagedStoreError(f"{source} holds figures that are no {what}: {e!r}.", hint=_AGAIN) from e


def write_folder(files: Mapping[str, str], folder: str | os.PathLike[str], *, kind: str, schema: int) -> str:
    """Write text files; a folder of the same sort that was there is kept until the new one is whole, then replaced.

    Parameters
    ----------
    files : Mapping of str to str
        Content by file name, without the manifest.
    folder : path
        Where to; its parent must exist.
    kind, schema : str, int
        What it is, and the version of its layout.

    Returns
    -------
    str
        The fingerprint: SHA-256 of the manifest, and so of everything.

    Raises
    ------
    StoreError
        If the folder holds something else than a model, or cannot be written.
    """
    target = Path(folder)
    if target.exists() and not (target / MANIFEST).is_file():
        raise StoreError(
            f"{target} exists and holds no model.",
            hint="Name a new folder; nothing was overwritten.",
            folder=str(target),
        )
    content = {name: text.encode("utf-8") for name, text in files.items()}
    sums = {name: hashlib.sha256(each).hexdigest() for name, each in sorted(content.items())}
    content[MANIFEST] = json_text({"kind": kind, "schema": schema, "sha256": sums}).encode("utf-8")
    try:
        _write_whole(content, target)
    except OSError as e:
        raise StoreError(
            f"The model could not be written to {target}: {e}.", hint="Nothing was half-written.", folder=str(target)
        ) from e
    return hashlib.sha256(content[MANIFEST]).hexdigest()


def read_folder(
    folder: str | os.PathLike[str], names: Sequence[str], *, kind: str, what: str, schema: int
) -> tuple[dict[str, bytes], str]:
    """Content of the files by name, after every checksum was found right, and the fingerprint.

    Parameters
    ----------
    folder : path
        Where from.
    names : sequence of str
        Files that it must hold, sorted.
    kind, what, schema : str, str, int
        As it was written; what it is in words ("cost model"); the newest layout that is understood.

    Raises
    ------
    StoreError
        If there is no model.
    DamagedStoreError
        If a file is missing or not what was written.
    NewerSchemaError
        If a newer version wrote it.
    """
    source = Path(folder)
    try:
        manifest = (source / MANIFEST).read_bytes()
    except OSError as e:
        raise StoreError(f"There is no {what} in {source}.", hint="Train one, or name its folder.") from e
    stated = parsed_json(manifest, source / MANIFEST)
    found = stated.get("schema")
    if stated.get("kind") != kind or not isinstance(found, int) or found < 1:
        raise DamagedStoreError(f"{source / MANIFEST} is no manifest of a {what}.", hint=_AGAIN)
    if found > schema:
        raise NewerSchemaError(
            f"The model in {source} has layout {found}; this version reads up to {schema}.",
            hint="Update di_advisor.",
            schema=found,
        )
    sums = stated.get("sha256")
    if not isinstance(sums, dict) or sorted(sums) != sorted(names):
        raise DamagedStoreError(f"{source / MANIFEST} does not name the files of a {what}.", hint=_AGAIN)
    content = {name: _checked(source / name, sums[name]) for name in names}
    return content, hashlib.sha256(manifest).hexdigest()


def parsed_json(content: bytes, file: Path) -> dict[str, Any]:
    """JSON object of a file's bytes.

    Raises
    ------
    DamagedStoreError
        If it is none.
    """
    try:
        found = json.loads(content)
    except ValueError as e:
        raise DamagedStoreError(f"{file} is no JSON: {e}.", hint=_AGAIN) from e
    if not isinstance(found, dict):
        raise DamagedStoreError(f"{file} holds no object.", hint=_AGAIN)
    return found


def json_text(facts: Mapping[str, Any]) -> str:
    """Facts as JSON, the same text for the same facts."""
    return json.dumps(facts, indent=1, sort_keys=True, allow_nan=False, ensure_ascii=False) + "\n"


def _checked(file: Path, expected: object) -> bytes:
    try:
        content = file.read_bytes()
    except OSError as e:
        raise DamagedStoreError(f"{file} is missing.", hint=_AGAIN) from e
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise DamagedStoreError(
            f"{file} is not what was written: its checksum is {found[:12]}, not {str(expected)[:12]}.",
            hint="Do not use it; train it again, or take a copy.",
            file=str(file),
        )
    return content


def _write_whole(content: Mapping[str, bytes], target: Path) -> None:
    """All files into a new folder beside the target, flushed, and then one rename."""
    fresh = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        for name, each in content.items():
            with (fresh / name).open("wb") as out:
                out.write(each)
                out.flush()
                os.fsync(out.fileno())
        fresh.chmod(0o755)
        if target.exists():
            old = fresh.with_name(fresh.name + "-old")
            target.rename(old)
            fresh.rename(target)
            shutil.rmtree(old)
        else:
            fresh.rename(target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
