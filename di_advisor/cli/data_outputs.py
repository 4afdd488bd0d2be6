"""Records to a file: CSV that a spreadsheet reads as text and figures, or Parquet; whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from di_advisor.cli.outputs import write_parquet
from di_advisor.errors import InputError
from di_advisor.report.output_files import inside, write_text

if TYPE_CHECKING:
    from di_advisor.report.record_tables import RecordTable

__all__ = ["refuse_other_suffix", "write_records"]

_SUFFIXES: Final = (".csv", ".parquet")


def refuse_other_suffix(path: Path | None) -> None:
    """Refuse, before anything is asked, a file that could not be written afterwards.

    Raises
    ------
    InputError
        If it is neither CSV nor Parquet, or a folder.
    """
    if path is None:
        return
    if path.suffix.lower() not in _SUFFIXES:
        raise InputError(f"{path.name} is neither CSV nor Parquet.", hint="End its name with .csv or .parquet.")
    inside(path.parent, path.name)
    if path.is_dir():
        raise InputError(f"{path} is a folder.", hint="Name a file.")


def write_records(tables: Sequence[RecordTable], path: Path) -> list[Path]:
    """Write tables, each into a file; with several kinds, the kind stands in the name.

    Raises
    ------
    InputError
        If there is nothing to write, or a file cannot be written.
    """
    if not tables:
        raise InputError(f"There are no records, and {path} was not written.", hint="Ask for other days or names.")
    written = []
    for table in tables:
        name = path.name if len(tables) == 1 else f"{path.stem}_{table.kind}{path.suffix}"
        if path.suffix.lower() == ".csv":
            written.append(write_text(path.parent, name, table.to_csv()))
        else:
            written.append(write_parquet(path.parent / name, table.to_frame()))
    return written
