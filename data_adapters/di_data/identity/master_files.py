"""Lists of securities and decisions of people, from CSV and back."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from di_advisor.domain.rows import Findings, Row
from di_advisor.domain.security_facts import IdentityOverride
from di_advisor.domain.security_master import SecurityMaster
from di_advisor.domain.security_rows import (
    OVERRIDE_COLUMNS,
    SECURITY_LIST_COLUMNS,
    master_from_rows,
    overrides_from_rows,
)
from di_advisor.domain.spreadsheet_cells import text_cell, text_of_cell
from di_data.documented_tables import documented_rows
from di_data.notation import FileNotation

__all__ = ["overrides_csv", "read_overrides", "read_security_master"]


def read_security_master(securities: Path, *, overrides: Path | None = None, as_of: date) -> SecurityMaster:
    """Security master of a list of securities, with decisions of people beside it.

    Parameters
    ----------
    securities : Path
        Columns as in `di_advisor.domain.security_rows.SECURITY_LIST_COLUMNS`; one row for each ticker.
    overrides : Path, optional
        Columns as in `di_advisor.domain.security_rows.OVERRIDE_COLUMNS`.
    as_of : date
        Day of reading.

    Raises
    ------
    InputError
        If a file cannot be used as a whole, an exact identifier stands for two things, or two decisions
        contradict each other.
    RowsError
        Naming every row and column that is wrong.

    Warns
    -----
    InputWarning
        If columns are not documented, and ignored.
    """
    decided = read_overrides(overrides, as_of=as_of) if overrides is not None else ()
    rows = _plain(documented_rows(securities, SECURITY_LIST_COLUMNS))
    return master_from_rows(rows, FileNotation(), Findings(securities.name), overrides=decided)


def read_overrides(path: Path, *, as_of: date) -> tuple[IdentityOverride, ...]:
    """Decisions of people, columns as in `di_advisor.domain.security_rows.OVERRIDE_COLUMNS`.

    Raises
    ------
    InputError
        If the file cannot be used as a whole.
    RowsError
        Naming every row and column that is wrong; a row without author or day is.
    """
    rows = _plain(documented_rows(path, OVERRIDE_COLUMNS))
    return overrides_from_rows(rows, FileNotation(), Findings(path.name), as_of=as_of)


def overrides_csv(overrides: Iterable[IdentityOverride]) -> str:
    """Text of a file of decisions, which reads back as the same; no cell is a formula to a spreadsheet."""
    written = io.StringIO(newline="")
    rows = csv.writer(written, lineterminator="\n")
    rows.writerow([c.name for c in OVERRIDE_COLUMNS])
    for each in overrides:
        days = ["" if day is None else day.isoformat() for day in (each.decided, each.first, each.last)]
        texts = (each.identifier.scheme.value, each.identifier.value, each.security_id, each.author)
        rows.writerow([*map(text_cell, texts), *days, text_cell(each.note)])
    return written.getvalue()


def _plain(rows: Iterable[Row]) -> list[Row]:
    """Rows with cells as they were before they were made safe for spreadsheets."""
    return [Row(r.label, {k: text_of_cell(v) if isinstance(v, str) else v for k, v in r.cells.items()}) for r in rows]
