"""Workbooks of sources: CPU seconds from bytes to records.

Problem: a workbook of tens of thousands of cells read in pure Python makes an analyst wait for minutes. Decision: the
EPA's yearly workbook with its table of parents, and the SBTi's workbook of companies, each from bytes to observations.
Limits: measured on real files where the folder of shared input is present; elsewhere on an invented workbook of the
size of the SBTi's.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.bars import Bar
from benchmarks.clock import median_cpu_seconds
from di_data.esg.epa_ghgrp import EpaGhgrp
from di_data.esg.epa_parents import scope_1_by_parent
from di_data.esg.sbti import Sbti
from di_data.frame.adapter import Adapter
from di_data.frame.exchange import Content, Received

__all__ = ["AREA", "bars"]

AREA = "adapters"

_ROOT = Path(__file__).resolve().parents[1]
_MOST_SECONDS = 10.0
_COMPANIES = 15_000


def bars() -> list[Bar]:
    """Measure the workbooks: median of 5 parses each, in CPU seconds."""
    folder = Path(os.environ.get("DI_SHARED", _ROOT.parent / "shared")) / "data" / "esg"
    if not folder.is_dir():
        body = _invented_targets()
        return [_bar("invented_workbook", lambda: _targets(body), f"target; {_COMPANIES:,} invented companies")]
    emissions = (folder / "epa_ghgp_data_2023.xlsx").read_bytes()
    parents = (folder / "epa_ghgrp_2023_facilities.csv").read_bytes()
    targets = (folder / "sbti_companies_taking_action.xlsx").read_bytes()
    return [
        _bar("epa_workbook", lambda: _scope_1(emissions, parents), "target; 8,700 facilities to parents"),
        _bar("sbti_workbook", lambda: _targets(targets), "target; 14,907 companies to observations"),
    ]


def _bar(name: str, work: Callable[[], object], compared_to: str) -> Bar:
    seconds = median_cpu_seconds(work)
    return Bar.at_most(f"adapters.{name}", seconds, _MOST_SECONDS, unit="CPU s", compared_to=compared_to)


def _read(adapter: Adapter[Any], body: bytes, content: Content) -> list[Any]:
    facts = adapter.facts
    received = Received.of_file(Path(__file__), body, content, provider=facts.provider, licence=facts.licence)
    return list(adapter.parse(body, received))


def _scope_1(emissions: bytes, parents: bytes) -> object:
    records = [*_read(EpaGhgrp(), emissions, Content.XLSX), *_read(EpaGhgrp(), parents, Content.CSV)]
    found = scope_1_by_parent(records)
    assert found.attributed_t > 2e9
    return found


def _targets(body: bytes) -> object:
    found = _read(Sbti(), body, Content.XLSX)
    assert len(found) > _COMPANIES
    return found


def _invented_targets() -> bytes:
    import openpyxl

    header = ["company_name", "isin", "lei", "near_term_status", "near_term_target_classification"]
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Data")
    sheet.append([*header, "near_term_target_year", "date_updated"])
    for number in range(_COMPANIES):
        sheet.append([f"Invented {number} Inc", "", "", "Targets set", "1.5°C", "FY2030", "2024-05-06"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
