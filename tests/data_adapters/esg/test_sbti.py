from datetime import date

import pytest

from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.domain.observations import Reading, Status
from di_advisor.domain.source_query import SourceQuery
from di_advisor.errors import InputError, SourceContentError
from di_data.esg.sbti import Sbti
from di_data.frame.exchange import Content
from tests.data_adapters.esg.esg_bodies import (
    GOOD_ISIN,
    GOOD_LEI,
    SBTI_HEADER,
    parsed,
    sbti_row,
    sbti_workbook,
    workbook,
)


def read(*rows, header=SBTI_HEADER):
    return parsed(Sbti(), sbti_workbook(*rows, header=header), Content.XLSX)


def values(observations):
    return {o.metric: o.value for o in observations}


def test_a_company_with_a_target_gives_flag_status_classification_and_year():
    found = read(sbti_row("Made Up Inc", isin=GOOD_ISIN, lei=GOOD_LEI))
    assert values(found) == {
        "sbti_target_set": True,
        "sbti_near_term_status": "Targets set",
        "sbti_near_term_classification": "1.5°C",
        "sbti_near_term_year": 2030.0,
    }
    assert found[0].reading is Reading.FLAG
    assert found[3].note == "FY2030"
    assert {o.known_on for o in found} == {date(2024, 5, 6)}


def test_the_legal_entity_leads_and_the_other_identifiers_are_aliases():
    found = read(sbti_row("Made Up Inc", isin=GOOD_ISIN, lei=GOOD_LEI))[0]
    assert found.subject == Identifier(IdentifierScheme.LEI, GOOD_LEI)
    assert [str(a) for a in found.aliases] == [f"isin:{GOOD_ISIN}", "name:Made Up Inc"]


def test_codes_that_cannot_be_ones_are_dropped_into_the_note():
    found = read(sbti_row("Made Up Inc", isin="DE000A3E5CPO", lei="0000000000000006010R"))[0]
    assert found.subject == Identifier(IdentifierScheme.NAME, "Made Up Inc")
    assert "DE000A3E5CPO" in found.note
    assert "0000000000000006010R" in found.note


@pytest.mark.parametrize(
    ("written", "year"), [("FY2030", 2030.0), (2030, 2030.0), ("fy 2035", 2035.0), ("2040", 2040.0)]
)
def test_years_are_read_in_every_writing(written, year):
    assert values(read(sbti_row("Made Up Inc", near_term_target_year=written)))["sbti_near_term_year"] == year


@pytest.mark.parametrize("status", ["Committed", "Commitment removed"])
def test_a_commitment_is_no_target(status):
    row = sbti_row("Made Up Inc", near_term_status=status, near_term_target_classification="", near_term_target_year="")
    assert values(read(row)) == {"sbti_target_set": False, "sbti_near_term_status": status}


def test_nothing_said_of_the_near_term_is_unknown_and_not_false():
    row = sbti_row(
        "Made Up Inc",
        near_term_status="",
        near_term_target_classification="",
        near_term_target_year="",
        net_zero_status="Committed",
    )
    flag, net_zero = read(row)
    assert (flag.value, flag.status) == (None, Status.NOT_DISCLOSED)
    assert (net_zero.metric, net_zero.value) == ("sbti_net_zero_status", "Committed")


def test_two_classifications_stay_two_and_the_note_says_of_what():
    found = read(sbti_row("Made Up Inc", near_term_target_classification="1.5°C/Well-below 2°C"))[2]
    assert found.value == "1.5°C/Well-below 2°C"
    assert "use of sold products" in found.note


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"near_term_status": "Approved"}, "Approved"),
        ({"near_term_target_year": "soon"}, "soon"),
        ({"company_name": ""}, "no company name"),
        ({"date_updated": "yesterday"}, "yesterday"),
    ],
)
def test_cells_that_are_not_documented_are_refused_with_their_row(cells, said):
    with pytest.raises(SourceContentError, match=said) as caught:
        read(sbti_row("Good Inc"), sbti_row("Bad Inc", **cells))
    assert "row 3" in str(caught.value)


def test_an_empty_workbook_and_half_a_workbook_are_refused():
    for spoiled in (workbook({"Data": []}), sbti_workbook(sbti_row("A Inc"))[:3000], b"PK\x03\x04"):
        with pytest.raises(SourceContentError):
            parsed(Sbti(), spoiled, Content.XLSX)


OLD_COMPANIES = [
    *("Company Name,ISIN,LEI,Near term - Target Status,Near term - Target Classification").split(","),
    *("Near term - Target Year,Long term - Target Status,Long term - Target Classification").split(","),
    *("Long term - Target Year,Net-Zero Committed,Net-Zero Year,Date").split(","),
]
TARGETS = "Company Name,ISIN,LEI,Action,Target,Target Classification,Target Year,Date Published".split(",")


def test_the_older_workbook_of_companies_means_the_same():
    row = ["Made Up Inc", GOOD_ISIN, "", "Targets Set", "1.5°C", "FY2030", "", "", "", "Yes", "", "31/01/2022"]
    found = read(row, header=OLD_COMPANIES)
    assert values(found) == {
        "sbti_target_set": True,
        "sbti_near_term_status": "Targets set",
        "sbti_near_term_classification": "1.5°C",
        "sbti_near_term_year": 2030.0,
        "sbti_net_zero_status": "Committed",
    }
    assert found[0].known_on == date(2022, 1, 31)


def test_the_workbook_of_targets_gives_one_company_of_many_rows():
    found = read(
        ["Made Up Inc", GOOD_ISIN, "", "Target", "Near-term", "1.5°C", "2030", "2022-03-01"],
        ["Made Up Inc", GOOD_ISIN, "", "Commitment", "Near-term", "", "", "2020-01-01"],
        ["Made Up Inc", GOOD_ISIN, "", "Target", "Net-zero", "", "2050", "2023-06-01"],
        ["Promised Ltd", "", "", "Commitment", "Near-term", "", "", "2021-01-01"],
        header=TARGETS,
    )
    first = [o for o in found if o.subject.value == GOOD_ISIN]
    assert values(first)["sbti_target_set"] is True
    assert (values(first)["sbti_net_zero_status"], values(first)["sbti_net_zero_year"]) == ("Targets set", 2050.0)
    assert {o.known_on for o in first} == {date(2023, 6, 1)}
    assert values(found[len(first) :]) == {"sbti_target_set": False, "sbti_near_term_status": "Committed"}


def test_it_comes_whole_and_from_one_of_two_workbooks():
    assert Sbti().plan(SourceQuery(options={"workbook": "targets"}))[0].url.endswith("/targets-excel.xlsx")
    with pytest.raises(InputError, match="comes whole"):
        Sbti().plan(SourceQuery((Identifier(IdentifierScheme.NAME, "A"),)))
    with pytest.raises(InputError, match="csv"):
        Sbti().plan(SourceQuery(options={"workbook": "csv"}))
