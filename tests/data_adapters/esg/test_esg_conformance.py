"""The conformance kit, as a third party runs it, on the ESG adapters."""

import json
from typing import Any

import pytest

from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.domain.source_query import SourceQuery
from di_data.conformance.checks import findings
from di_data.conformance.sample import Sample
from di_data.esg.epa_ghgrp import EpaGhgrp
from di_data.esg.finnhub_esg import FinnhubEsg
from di_data.esg.fmp_esg import FmpEsg
from di_data.esg.nbim_exclusions import NbimExclusions
from di_data.esg.sbti import Sbti
from di_data.esg.sec_edgar import SecEdgar
from tests.data_adapters.esg import esg_bodies as bodies


def text(document: Any) -> bytes:
    return json.dumps(document).encode()


TICKER = SourceQuery((Identifier(IdentifierScheme.TICKER, "MADE"),))
CIK = SourceQuery((Identifier(IdentifierScheme.CIK, "7"),))
REVENUE = bodies.company_facts(Revenues=[bodies.fact("2023-01-01", "2023-12-31", 5e9, "2024-02-20")])
SCORES = ("totalESGScore", "environmentScore", "socialScore", "governanceScore")
FMP_SCORES = ("ESGScore", "environmentalScore", "socialScore", "governanceScore")

SAMPLES = {
    "facts": (SecEdgar(), Sample(CIK, text(REVENUE), ("cik", "entityName", "facts", "end", "val", "accn", "filed"))),
    "tickers": (SecEdgar(), Sample(SourceQuery(), text(bodies.TICKERS), ("cik_str", "ticker", "title"))),
    "emissions": (
        EpaGhgrp(),
        Sample(
            SourceQuery(options={"year": "2023"}),
            text(bodies.EMISSIONS),
            ("facility_id", "year", "sector_id", "gas_id", "co2e_emission"),
            may_be_empty=("gas_id", "co2e_emission"),
            request=2,
        ),
    ),
    "targets": (
        Sbti(),
        Sample(
            SourceQuery(),
            bodies.sbti_workbook(bodies.sbti_row("Made Up Inc", isin=bodies.GOOD_ISIN, lei=bodies.GOOD_LEI)),
            ("company_name", "isin", "lei", "near_term_status", "near_term_target_year", "date_updated"),
            may_be_empty=("isin", "lei", "near_term_status", "near_term_target_year", "date_updated"),
        ),
    ),
    "exclusions": (
        NbimExclusions(),
        Sample(
            SourceQuery(),
            bodies.nbim_page(bodies.TOBACCO, bodies.COAL),
            ("Company", "Category", "Criterion", "Decision", "Publishing date"),
        ),
    ),
    "finnhub": (FinnhubEsg(), Sample(TICKER, text(bodies.FINNHUB), ("symbol", *SCORES, "data"), may_be_empty=SCORES)),
    "fmp": (
        FmpEsg(),
        Sample(
            TICKER,
            text(bodies.FMP_SCORES),
            ("date", "acceptedDate", "symbol", *FMP_SCORES),
            may_be_empty=FMP_SCORES,
        ),
    ),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_an_adapter_keeps_its_contract(name):
    adapter, sample = SAMPLES[name]
    assert findings(adapter, sample) == ()
