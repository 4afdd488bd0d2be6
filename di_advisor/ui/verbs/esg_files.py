"""An ESG file before anything rests on it: its columns, and what comes of what a person says they mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from di_advisor.errors import InputError
from di_advisor.report.esg_file_view import esg_file_bundle, esg_file_sentence
from di_advisor.runs import esg_files
from di_advisor.runs.files import file_facts
from di_advisor.runs.spec import FileSource
from di_advisor.signals.measure_coverage import measure_coverage
from di_advisor.ui.desk import Desk, Say

__all__ = ["esg_head", "try_esg"]


def esg_head(desk: Desk, request: Mapping[str, Any], say: Say) -> dict[str, Any]:
    """Columns of a file.

    Parameters
    ----------
    desk : Desk
        Unused.
    request : Mapping
        ``path``.
    say : Say
        Told the phase.

    Returns
    -------
    dict
        ``columns`` (tuple of `di_advisor.domain.esg_columns.HeadColumn`).

    Raises
    ------
    InputError, SourceContentError
        If it cannot be read.
    """
    del desk
    say.phase("Reading the columns")
    return {"columns": esg_files.esg_head(Path(request["path"]))}


def try_esg(desk: Desk, request: Mapping[str, Any], say: Say) -> dict[str, Any]:
    """What comes of a file under its named columns; nothing is opened.

    Parameters
    ----------
    desk : Desk
        Unused: what is open stays.
    request : Mapping
        ``source`` (`di_advisor.runs.FileSource` with ``esg`` and ``esg_columns``).
    say : Say
        Told each phase.

    Returns
    -------
    dict
        ``sentence``, ``measures`` (how many), ``bundle``.

    Raises
    ------
    InputError, SourceContentError
        If a file cannot be read, a column is missing, or a cell is no figure or outside its scale.
    """
    del desk
    source: FileSource = request["source"]
    if source.esg is None or source.esg_columns is None:
        raise InputError("No ESG file with named columns is given.", hint="Name the file, and what a column measures.")
    say.phase("Reading prices and index")
    facts = file_facts(replace(source, esg=None, esg_columns=None))
    say.phase("Reading the ESG file")
    found = esg_files.esg_read(source.esg, source.esg_columns, facts.market)
    portfolio, account_id = facts.account(next(iter(facts.accounts)))
    covers = measure_coverage(found.table, facts.market, facts.target, portfolio, account_id)
    return {
        "sentence": esg_file_sentence(source.esg.name, found),
        "measures": len(found.table.measures),
        "bundle": esg_file_bundle(source.esg.name, found, covers),
    }
