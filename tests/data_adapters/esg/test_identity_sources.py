import json

import pytest

from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.domain.listed_identity import FormerName
from di_advisor.domain.source_query import SourceQuery
from di_advisor.errors import InputError, SourceContentError
from di_data.conformance.checks import findings
from di_data.conformance.sample import Sample
from di_data.esg.gleif import Gleif
from di_data.esg.openfigi import OpenFigi
from tests.data_adapters.contract import AdapterContract, Case
from tests.data_adapters.esg.esg_bodies import GOOD_ISIN, GOOD_LEI, parsed

CUSIP = Identifier(IdentifierScheme.CUSIP, "037833100")
ISIN = Identifier(IdentifierScheme.ISIN, GOOD_ISIN)


def entity(lei=GOOD_LEI, name="Made Up Inc", *former):
    others = [{"name": each, "language": "en", "type": "PREVIOUS_LEGAL_NAME"} for each in former]
    others.append({"name": "Made", "language": "en", "type": "TRADING_OR_OPERATING_NAME"})
    legal = {"legalName": {"name": name, "language": "en"}, "otherNames": others, "status": "ACTIVE"}
    return {"type": "lei-records", "id": lei, "attributes": {"lei": lei, "entity": legal}}


def register(*entities, total=None):
    count = len(entities) if total is None else total
    return {"meta": {"pagination": {"currentPage": 1, "perPage": 50, "total": count}}, "data": list(entities)}


def listing(figi="BBG000B9XRY4", share_class="BBG001S5N8V8", ticker="MADE", exchange="US"):
    return {"figi": figi, "name": "MADE UP INC", "ticker": ticker, "exchCode": exchange, "shareClassFIGI": share_class}


ASKED = {"asked": str(CUSIP)}
FOUND = [{"data": [listing()]}]


def text(document):
    return json.dumps(document).encode()


class TestOpenFigiContract(AdapterContract):
    case = Case(
        OpenFigi(), SourceQuery((CUSIP,)), bodies=(text(FOUND),), required=("data", "figi", "shareClassFIGI"), records=1
    )


class TestGleifContract(AdapterContract):
    case = Case(
        Gleif(),
        SourceQuery((ISIN,)),
        bodies=(text(register(entity())),),
        required=("data", "attributes", "lei", "entity", "legalName"),
        records=1,
    )


@pytest.mark.parametrize(
    ("adapter", "sample"),
    [
        (Gleif(), Sample(SourceQuery((ISIN,)), text(register(entity())), ("data", "attributes", "lei", "legalName"))),
        (OpenFigi(), Sample(SourceQuery((CUSIP,)), text(FOUND), ("data", "figi", "shareClassFIGI"))),
    ],
    ids=["gleif", "openfigi"],
)
def test_they_keep_the_contract(adapter, sample):
    assert findings(adapter, sample) == ()


def test_an_entity_asked_for_by_isin_carries_it():
    (found,) = parsed(Gleif(), register(entity(GOOD_LEI, "Made Up Inc", "Old Inc")), context={"isin": GOOD_ISIN})
    assert [str(i) for i in found.identifiers] == [f"lei:{GOOD_LEI}", f"isin:{GOOD_ISIN}"]
    assert (found.name, found.former_names) == ("Made Up Inc", (FormerName("Old Inc"),))


def test_one_record_is_read_like_a_list_of_one_and_an_unknown_isin_gives_nothing():
    assert len(parsed(Gleif(), {"data": entity()})) == 1
    assert parsed(Gleif(), register()) == []


def test_more_entities_than_came_are_refused_and_not_cut_silently():
    with pytest.raises(SourceContentError, match="312 entities, and 1 came"):
        parsed(Gleif(), register(entity(), total=312))


def test_leis_are_asked_for_in_batches():
    subjects = tuple(Identifier(IdentifierScheme.LEI, f"{n:020d}") for n in range(60))
    first, second, third = Gleif().plan(SourceQuery((*subjects, ISIN)))
    assert first.parameters[0][1].count(",") == 49
    assert second.parameters[0][1].count(",") == 9
    assert (third.parameters[0], third.context["isin"]) == (("filter[isin]", GOOD_ISIN), GOOD_ISIN)
    with pytest.raises(InputError, match="ticker"):
        Gleif().plan(SourceQuery((Identifier(IdentifierScheme.TICKER, "MADE"),)))


def test_listings_of_one_share_class_are_one_identity_with_what_was_asked_for():
    answers = [{"data": [listing(), listing("BBG000B9XVV8", exchange="UN"), listing("BBG000000001", None, "MADE2")]}]
    first, second = parsed(OpenFigi(), answers, context=ASKED)
    assert [str(i) for i in first.identifiers] == [str(CUSIP), "figi:BBG001S5N8V8", "ticker:MADE"]
    assert first.exchanges == ("US", "UN")
    assert Identifier(IdentifierScheme.FIGI, "BBG000000001") in second.identifiers


def test_what_is_not_found_is_left_out_and_the_rest_keeps_its_place():
    other = Identifier(IdentifierScheme.ISIN, "US5949181045")
    answers = [{"warning": "No identifier found."}, {"data": [listing()]}]
    (found,) = parsed(OpenFigi(), answers, context={"asked": f"{CUSIP} {other}"})
    assert found.identifiers[0] == other


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ([{"data": []}, {"data": []}], "1 were asked for, and 2 answers came"),
        ([{"error": "Invalid idValue."}], "Invalid idValue"),
        ([{"rows": []}], "no 'data'"),
        ([], "a list of answers"),
    ],
)
def test_answers_that_are_not_documented_are_refused(answers, said):
    with pytest.raises(SourceContentError, match=said):
        parsed(OpenFigi(), answers, context=ASKED)


def test_ten_questions_go_into_one_request():
    subjects = tuple(Identifier(IdentifierScheme.TICKER, f"T{n}") for n in range(23))
    requests = OpenFigi().plan(SourceQuery(subjects, options={"exchange": "US"}))
    assert [len(json.loads(r.body)) for r in requests] == [10, 10, 3]
    assert json.loads(requests[0].body)[0] == {"idType": "TICKER", "idValue": "T0", "exchCode": "US"}
