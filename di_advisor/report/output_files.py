"""Files that are written: inside the chosen folder, whole or not at all.

Problem: a name from a user's file must not lead out of the folder of reports, and a report that was
cut off by a full disk must not replace the one of yesterday. Decision: names are plain file names;
a file is written beside its place under a temporary name and then moved over it in one step.
Limits: the folder itself is the user's choice, and may be anywhere.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path, PurePosixPath, PureWindowsPath

from di_advisor.errors import InputError

__all__ = ["inside", "write_text"]

_RESERVED = {"CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in range(1, 10))}


def inside(folder: Path, name: str) -> Path:
    """Path of a file directly in a folder.

    Raises
    ------
    InputError
        If the name is not a plain file name on every system.
    """
    plain = name and name == PurePosixPath(name).name == PureWindowsPath(name).name and name not in {".", ".."}
    if not plain or not name.isprintable() or ":" in name or name.partition(".")[0].upper() in _RESERVED:
        raise InputError(
            f"{name!r} is not a plain file name, so the file could leave the folder {folder}.",
            hint="Use a name without slashes, colons or control characters, such as trades.csv.",
            name=name,
        )
    path = folder / name
    if path.is_symlink():
        raise InputError(
            f"{path} is a link to somewhere else.", hint="Remove the link, or choose another folder.", name=name
        )
    return path


def write_text(folder: Path, name: str, text: str) -> Path:
    """Write UTF-8 text to a file of a folder, which is made if need be; whole or not at all.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        If the name leaves the folder, or the folder cannot be written to.
    """
    path = inside(folder, name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{name}.", dir=folder)
        written = Path(temporary)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            written.chmod(0o644)
            written.replace(path)
        finally:
            written.unlink(missing_ok=True)
    except OSError as e:
        raise InputError(
            f"{path} cannot be written: {e.strerror or e}.",
            hint="Check the folder, its permissions, and the room on the disk; the old file is as it was.",
            name=name,
        ) from e
    return path
