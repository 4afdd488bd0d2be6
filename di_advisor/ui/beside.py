"""What the app asked, kept beside the notebook: written as TOML, and opened again.

Problem: a kernel ends, and what the controls said must not end with it. Decision: one file named after the
notebook, in the notebook's own folder, written whole or not at all; the server tells a kernel its notebook's
name when it starts. Limits: a notebook renamed later keeps its old name until its kernel starts anew; where
nobody tells the name, the file is called ``di_advisor.di.toml`` in the working folder.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path, PurePath

from di_advisor.errors import DiAdvisorError, InputError
from di_advisor.report.output_files import write_text
from di_advisor.report.wording import joined
from di_advisor.runs.run import versions
from di_advisor.runs.saved import SavedRun, changed_inputs, run_from_toml, run_toml
from di_advisor.ui.app_state import AppState

__all__ = ["SUFFIX", "changes_since", "place_of", "read_beside", "save_beside", "told_of_saving"]

SUFFIX = ".di.toml"
_NAMED_BY_SERVER = "JPY_SESSION_NAME"
_UNNAMED = "di_advisor"


def place_of(environment: Mapping[str, str] | None = None, here: Path | None = None) -> tuple[Path, str]:
    """Folder and file name for what belongs to the running notebook.

    Parameters
    ----------
    environment : Mapping, optional
        The process's own if left out.
    here : Path, optional
        The working folder.
    """
    session = (os.environ if environment is None else environment).get(_NAMED_BY_SERVER, "")
    folder = Path.cwd() if here is None else here
    notebook = PurePath(session)
    if notebook.suffix != ".ipynb":
        return folder, f"{_UNNAMED}{SUFFIX}"
    if notebook.is_absolute() and Path(notebook).parent.is_dir():
        folder = Path(notebook).parent
    return folder, f"{notebook.stem}{SUFFIX}"


def save_beside(saved: SavedRun, place: tuple[Path, str] | None = None) -> Path:
    """Write a run beside the notebook; what was there under the same name is replaced.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        If the name leaves the folder, or the folder cannot be written to.
    """
    folder, name = place_of() if place is None else place
    return write_text(folder, name, run_toml(saved, folder.resolve()))


def told_of_saving(state: AppState) -> str:
    """Write what the controls say beside the notebook, and say in a sentence what came of it."""
    answer, current = state.answer, state.answer is not None and not state.stale
    found = answer.fingerprint if current and answer else (state.opened or {}).get("fingerprint", {})
    try:
        path = save_beside(SavedRun(state.spec, found, answer.versions if current and answer else versions()))
    except DiAdvisorError as error:
        return str(error)
    return f"Saved as {path.name} beside the notebook. Open it with: %di {path.name}"


def read_beside(path: str | Path) -> SavedRun:
    """The run of a file.

    Raises
    ------
    InputError
        If the file cannot be read, or says something that is not understood.
    """
    file = Path(path)
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as e:
        raise InputError(
            f"{file} cannot be read: {getattr(e, 'strerror', None) or e}.",
            hint=f"Name a file that the app saved, such as notebook{SUFFIX}.",
            file=str(file),
        ) from e
    return run_from_toml(text, file.name, file.resolve().parent)


def changes_since(saved: SavedRun, fingerprint: Mapping[str, str], versions: Mapping[str, str]) -> str:
    """What is not as it was when a run was saved, as a sentence; empty where all is the same."""
    inputs = changed_inputs(saved.fingerprint, fingerprint)
    newer = [
        f"{name} {was} → {versions[name]}" for name, was in saved.versions.items() if versions.get(name, was) != was
    ]
    said = [
        *([f"other contents of {joined(list(inputs))}"] if inputs else []),
        *([f"other versions ({joined(newer)})"] if newer else []),
    ]
    return f"Since this was saved: {joined(said)}." if said else ""
