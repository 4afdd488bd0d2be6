"""Whatever stands in an answer: records, or a typed refusal, and never another error."""

import copy
import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.errors import SourceError
from di_data.esg.epa_ghgrp import EpaGhgrp
from di_data.esg.finnhub_esg import FinnhubEsg
from di_data.esg.fmp_esg import FmpEsg
from di_data.esg.gleif import Gleif
from di_data.esg.nbim_exclusions import NbimExclusions
from di_data.esg.openfigi import OpenFigi
from di_data.esg.sbti import Sbti
from di_data.esg.sec_edgar import SecEdgar
from di_data.frame.exchange import Content
from tests.data_adapters.esg import esg_bodies as b

ODD = (None, [], {}, "", "x", -1, 0, 2.5, True, [None], {"": None}, "9999-99-99", 10**30, [[]], [1, "a"])
ENTITY = {"attributes": {"lei": "0" * 20, "entity": {"legalName": {"name": "A"}, "otherNames": [{"name": "B"}]}}}
ANSWERS = {
    "facts": (
        SecEdgar(),
        b.company_facts(
            Revenues=[b.fact("2023-01-01", "2023-12-31", 5e9, "2024-02-20")],
            LongTermDebt=[b.fact(None, "2023-12-31", 5e8, "2024-02-20")],
            dei__EntityCommonStockSharesOutstanding=[b.fact(None, "2024-02-01", 9e6, "2024-02-20")],
        ),
    ),
    "submissions": (SecEdgar(), b.SUBMISSIONS),
    "tickers": (SecEdgar(), b.TICKERS),
    "frames": (SecEdgar(), b.frame("Revenues", (7, 5e9, "a"))),
    "facilities": (EpaGhgrp(), b.FACILITIES),
    "emissions": (EpaGhgrp(), b.EMISSIONS),
    "sectors": (EpaGhgrp(), b.SECTORS),
    "finnhub": (FinnhubEsg(), b.FINNHUB),
    "scores": (FmpEsg(), b.FMP_SCORES),
    "ratings": (FmpEsg(), b.FMP_RATINGS),
    "gleif": (Gleif(), {"meta": {"pagination": {"total": 1}}, "data": [ENTITY]}),
    "openfigi": (OpenFigi(), [{"data": [{"figi": "BBG000B9XRY4", "name": "A", "shareClassFIGI": "BBG001S5N8V8"}]}]),
}


def places(document, path=()):
    yield path
    items = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for key, value in items:
        yield from places(value, (*path, key))


def with_odd(document, path, odd):
    if not path:
        return odd
    made = copy.deepcopy(document)
    inner = made
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = odd
    return made


@pytest.mark.parametrize("name", ANSWERS)
def test_an_odd_value_anywhere_gives_records_or_a_typed_refusal(name):
    adapter, document = ANSWERS[name]
    kinds = ("what", "table") if name not in {"finnhub", "gleif", "openfigi"} else ()
    for context in ({}, dict.fromkeys(kinds, name)):
        assert b.parsed(adapter, document, context=context)
        for path in places(document):
            for odd in ODD:
                spoiled = json.dumps(with_odd(document, path, odd)).encode()
                received = b.received(adapter, spoiled, context=context)
                with suppress(SourceError):
                    adapter.parse(spoiled, received)
                    adapter.following(spoiled, received)


@given(
    st.lists(st.lists(st.sampled_from([*b.TOBACCO, *b.COAL, "<b>", "&amp;", "01.01.2020", ""]), max_size=7), max_size=3)
)
def test_an_odd_table_gives_records_or_a_typed_refusal(rows):
    with suppress(SourceError):
        b.parsed(NbimExclusions(), b.nbim_page(b.TOBACCO, *rows), Content.HTML)


def test_an_odd_cell_of_a_workbook_gives_records_or_a_typed_refusal():
    for column in b.SBTI_HEADER:
        for odd in ("", "x", -1, 0, 2.5, True, "9999-99-99"):
            row = b.sbti_row("Made Up Inc", **{column: odd})
            with suppress(SourceError):
                b.parsed(Sbti(), b.sbti_workbook(row), Content.XLSX)
    for place in range(6):
        for odd in ("", "x", -1, 2.5, True):
            cells = [1, "", "Works 1", "XX", 1000.5, 900]
            cells[place] = odd
            with suppress(SourceError):
                b.parsed(EpaGhgrp(), b.ghgrp_workbook([cells]), Content.XLSX)


@given(
    st.binary(max_size=300),
    st.sampled_from(["epa_ghgrp", "sbti"]),
    st.sampled_from([b"", b"PK\x03\x04", b"\xef\xbb\xbf"]),
)
def test_any_bytes_give_a_typed_refusal(body, which, start):
    adapter = {"epa_ghgrp": EpaGhgrp(), "sbti": Sbti()}[which]
    with suppress(SourceError):
        assert b.parsed(adapter, start + body, Content.XLSX if which == "sbti" else Content.CSV) == []
