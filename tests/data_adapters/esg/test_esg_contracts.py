"""The contract battery on every ESG adapter that speaks HTTP."""

import json
from typing import Any

import pytest

from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.domain.source_query import SourceQuery
from di_advisor.errors import SourceContentError
from di_data.conformance.spoiled import Gone, Rename, spoiled
from di_data.esg.epa_ghgrp import EpaGhgrp
from di_data.esg.finnhub_esg import FinnhubEsg
from di_data.esg.fmp_esg import FmpEsg
from di_data.esg.nbim_exclusions import NbimExclusions
from di_data.esg.sbti import Sbti
from di_data.esg.sec_edgar import SecEdgar
from di_data.frame.exchange import Content
from tests.data_adapters.contract import AdapterContract, Case
from tests.data_adapters.esg import esg_bodies as bodies


def text(document: Any) -> bytes:
    return json.dumps(document).encode()


def asked(scheme: IdentifierScheme, value: str, **options: str) -> SourceQuery:
    return SourceQuery((Identifier(scheme, value),), options=options)


CIK, TICKER, NAME = IdentifierScheme.CIK, IdentifierScheme.TICKER, IdentifierScheme.NAME
REVENUE = bodies.company_facts(Revenues=[bodies.fact("2023-01-01", "2023-12-31", 5e9, "2024-02-20")])


class TestSecFactsContract(AdapterContract):
    case = Case(
        SecEdgar(),
        asked(CIK, "7"),
        bodies=(text(REVENUE),),
        required=("cik", "entityName", "facts", "end", "val", "accn", "filed"),
        records=2,
    )


class TestSecSubmissionsContract(AdapterContract):
    case = Case(
        SecEdgar(),
        asked(CIK, "7", what="submissions", filings="all"),
        bodies=(text(bodies.SUBMISSIONS), text(bodies.OLDER)),
        required=("cik", "name", "tickers", "filings", "recent", "accessionNumber", "filingDate"),
        records=3,
        spoiled=0,
        edit=lambda body, name, new: text(_without(json.loads(body), name, new)),
    )


def _without(document: dict[str, Any], name: str, new: str | None) -> dict[str, Any]:
    """Edit the first level that has the name only: "name" stands in former names and in pages too."""
    for level in (document, document["filings"], document["filings"]["recent"]):
        if name in level:
            value = level.pop(name)
            if new is not None:
                level[new] = value
            break
    return document


class TestEpaEmissionsContract(AdapterContract):
    case = Case(
        EpaGhgrp(),
        asked(NAME, "INVENTED", year="2023"),
        bodies=(text(bodies.SECTORS), text(bodies.FACILITIES), text(bodies.EMISSIONS)),
        required=("facility_id", "year", "sector_id", "gas_id", "co2e_emission"),
        records=8,
    )


class TestEpaFacilitiesContract(AdapterContract):
    case = Case(
        EpaGhgrp(),
        asked(NAME, "INVENTED", year="2023"),
        bodies=(text(bodies.SECTORS), text(bodies.FACILITIES), text(bodies.EMISSIONS)),
        required=("facility_id", "year", "facility_name", "parent_company"),
        spoiled=1,
    )


class TestSbtiContract(AdapterContract):
    case = Case(
        Sbti(),
        SourceQuery(),
        bodies=(bodies.sbti_workbook(bodies.sbti_row("Made Up Inc", isin=bodies.GOOD_ISIN, lei=bodies.GOOD_LEI)),),
        required=(
            "company_name",
            "isin",
            "lei",
            "near_term_status",
            "near_term_target_classification",
            "near_term_target_year",
            "date_updated",
        ),
        records=4,
    )


class TestNbimContract(AdapterContract):
    case = Case(
        NbimExclusions(),
        SourceQuery(),
        bodies=(bodies.nbim_page(bodies.TOBACCO, bodies.COAL, bodies.WATCHED),),
        required=("Company", "Category", "Criterion", "Decision", "Publishing date"),
        records=3,
    )


class TestFinnhubContract(AdapterContract):
    case = Case(
        FinnhubEsg(),
        asked(TICKER, "MADE"),
        bodies=(text(bodies.FINNHUB),),
        required=("symbol", "totalESGScore", "environmentScore", "socialScore", "governanceScore", "data"),
        records=13,
        other_scale=(
            text(
                bodies.FINNHUB
                | {"totalESGScore": 0.725, "environmentScore": 0.64, "socialScore": 0.81, "governanceScore": 0.7}
            ),
            text(bodies.FINNHUB | {"totalESGScore": 7250.0}),
        ),
    )


class TestFmpScoresContract(AdapterContract):
    case = Case(
        FmpEsg(),
        asked(TICKER, "MADE"),
        bodies=(text(bodies.FMP_SCORES),),
        required=(
            "date",
            "acceptedDate",
            "symbol",
            "ESGScore",
            "environmentalScore",
            "socialScore",
            "governanceScore",
        ),
        records=4,
        other_scale=(
            text(
                [
                    bodies.FMP_SCORES[0]
                    | {"ESGScore": 0.57, "environmentalScore": 0.66, "socialScore": 0.45, "governanceScore": 0.59}
                ]
            ),
        ),
    )


OTHER_ANSWERS = {
    "tickers": (SecEdgar(), bodies.TICKERS, "cik_str ticker title"),
    "frames": (SecEdgar(), bodies.frame("Revenues", (7, 5e9, "a")), "tag uom pts data accn cik entityName end val"),
    "older": (SecEdgar(), bodies.OLDER, "accessionNumber filingDate"),
    "sectors": (EpaGhgrp(), bodies.SECTORS, "sector_id sector_name sector_type"),
    "ratings": (FmpEsg(), bodies.FMP_RATINGS, "symbol ESGRiskRating"),
}
NAMES = [(answer, name) for answer, (_, _, names) in OTHER_ANSWERS.items() for name in names.split()]


@pytest.mark.parametrize(("answer", "name"), NAMES)
@pytest.mark.parametrize("edit", [Gone(), Rename("renamed")], ids=["gone", "renamed"])
def test_other_answers_of_the_same_sources_miss_every_documented_name(answer, name, edit):
    adapter, document, _ = OTHER_ANSWERS[answer]
    context = {"what": answer, "table": answer, "cik": "7"}
    assert bodies.parsed(adapter, document, context=context)
    with pytest.raises(SourceContentError, match=name):
        bodies.parsed(adapter, spoiled(text(document), Content.JSON, name, edit), context=context)
