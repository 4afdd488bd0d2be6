"""``%di`` opens the app, ``%%di`` proposes for wishes written in a cell.

Problem: an analyst who writes should not have to click, and one who clicks should not have to import.
Decision: one magic; as a line it is `di_advisor.app`, as a cell its body is TOML of wishes
(``tracking_error_max = 0.01``), or the tables of a saved file, and its value is the proposal, which shows
itself. A cell says all that it needs, so it gives the same in a fresh kernel. Limits: errors are one line
that names the key, without a traceback.
"""

from __future__ import annotations

from typing import Any

from IPython.core.error import UsageError

from di_advisor.domain.toml_text import read_toml, toml_of
from di_advisor.errors import DiAdvisorError
from di_advisor.runs.run import run
from di_advisor.runs.saved import SCHEMA_VERSION, run_from_toml
from di_advisor.runs.spec import RunSpec

__all__ = ["di", "spec_of_cell"]

_TABLES = {"run", "source", "models", "decisions", "inputs", "versions", "watching", "mandate", "taxpayer", "own"}
_WHERE = "the cell"
_SAMPLE_ACCOUNT = "young"


def spec_of_cell(line: str, cell: str) -> RunSpec:
    """What a cell asks.

    Parameters
    ----------
    line : str
        The account's label; the sample's first account if empty.
    cell : str
        TOML: keys of the mandate, or the tables of a saved file, of which ``[source]`` is the simulated
        sample where it is left out.

    Raises
    ------
    InputError
        Naming the key that is wrong, and what is allowed.
    """
    given = read_toml(cell, _WHERE)
    wishes = {key: value for key, value in given.items() if key not in _TABLES}
    tables: dict[str, Any] = {key: value for key, value in given.items() if key in _TABLES}
    if wishes:
        tables["mandate"] = {**tables.get("mandate", {}), **wishes}
    tables.setdefault("source", {"kind": "sample"})
    head = {"schema_version": SCHEMA_VERSION, "account": _SAMPLE_ACCOUNT, **tables.get("run", {})}
    tables["run"] = {**head, **({"account": line.strip()} if line.strip() else {})}
    return run_from_toml(toml_of(tables), _WHERE).spec


def di(line: str, cell: str | None = None) -> Any:  # noqa: ANN401 the app or a proposal; both show themselves
    """Open the app (``%di``, ``%di notebook.di.toml``), or propose for the wishes of a cell (``%%di account``)."""
    try:
        if cell is not None:
            return run(spec_of_cell(line, cell)).proposal
        from di_advisor.ui.entry import app

        return app(line.strip().strip("'\"")) if line.strip() else app()
    except DiAdvisorError as error:
        raise UsageError(str(error)) from None
