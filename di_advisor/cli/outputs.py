"""The files of a run: all of them, or none.

Problem: a new report beside the trades of yesterday is worse than no report. Decision: every file is
written whole in a hidden folder beside its place, and only then moved; if a move fails, what was
moved before it is taken back. Limits: a machine that stops between two moves leaves one of the two.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from di_advisor.errors import InputError
from di_advisor.report.output_files import inside, write_text

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["write_all", "write_parquet"]


def write_all(folder: Path, texts: Mapping[str, str]) -> list[Path]:
    """Write texts to the files of a folder, by name; all of them, or none.

    Returns
    -------
    list of Path
        The files, in the order of the texts.

    Raises
    ------
    InputError
        If the folder or one of the files cannot be written; every old file is as it was.
    """
    paths = [inside(folder, name) for name in texts]
    first = paths[0]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".di-advisor-", dir=folder) as hidden:
            new, old = Path(hidden) / "new", Path(hidden) / "old"
            old.mkdir()
            for name, text in texts.items():
                write_text(new, name, text)
            _move_all(new, old, paths)
    except OSError as e:
        raise InputError(
            f"{Path(e.filename2 or first).name} cannot be written in {folder}: {e.strerror or e}.",
            hint="Check the folder, its permissions, and the room on the disk; no file was changed.",
        ) from e
    return paths


def write_parquet(path: Path, frame: pd.DataFrame) -> Path:
    """Write a table as Parquet, whole or not at all.

    Raises
    ------
    InputError
        If the name is no plain file name, or the file cannot be written; an old file is as it was.
    """
    place = inside(path.parent, path.name)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".di-advisor-", dir=place.parent) as hidden:
            made = Path(hidden) / place.name
            frame.to_parquet(made, index=False)
            made.replace(place)
    except OSError as e:
        raise InputError(
            f"{place} cannot be written: {e.strerror or e}.", hint="Check the folder; no file was changed."
        ) from e
    return place


def _move_all(new: Path, old: Path, paths: list[Path]) -> None:
    """Move new files to their paths; where one fails, the files of before are put back."""
    kept: list[Path] = []
    done: list[Path] = []
    try:
        for path in paths:
            if path.is_file():
                shutil.copy2(path, old / path.name)
                kept.append(path)
            (new / path.name).replace(path)
            done.append(path)
    except OSError:
        for path in done:
            if path in kept:
                (old / path.name).replace(path)
            else:
                path.unlink(missing_ok=True)
        raise
