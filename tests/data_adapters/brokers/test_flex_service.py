"""The Flex web service: a reference, a wait, a statement; refusals with what to do; the token nowhere."""

from datetime import date

import pytest

from di_advisor.domain.broker_statements import BrokerStatement
from di_advisor.domain.identifiers import Identifier
from di_advisor.domain.source_query import SourceQuery
from di_advisor.errors import InputError, SourceContentError, SourceRefusedError, SourceUnavailableError
from di_data.brokers import FlexFiles, FlexWebService
from di_data.frame.desk import LocalDesk
from di_data.frame.pulling import planned, pull
from tests.data_adapters.brokers.flex_statements import LOTS, answer, statement
from tests.data_adapters.contract import AdapterContract, Case

QUERY = SourceQuery(options={"query_id": "654321"})
REFERENCE = answer("Success", ReferenceCode="8936364590", Url="https://elsewhere.example/steal").encode()
GOOD = statement(*LOTS).encode()


class TestFlexWebServiceContract(AdapterContract):
    case = Case(
        FlexWebService(),
        QUERY,
        bodies=(REFERENCE, GOOD),
        required=(
            *("OpenPositions", "accountId", "assetCategory", "currency", "symbol", "reportDate", "position"),
            *("costBasisMoney", "levelOfDetail", "openDateTime", "toDate"),
        ),
        records=1,
    )


@pytest.fixture
def asked(service, tmp_path):
    def ask(*answers):
        service.answers(*answers)
        client = service.client(tmp_path, (FlexWebService.facts,))
        try:
            return pull(client, FlexWebService(), QUERY)
        finally:
            client.close()

    return ask


def test_the_statement_is_fetched_with_the_reference_at_our_own_address(asked, service):
    (record,) = asked(REFERENCE, GOOD).records
    assert isinstance(record, BrokerStatement)
    assert (record.as_of, len(record.portfolio.lots)) == (date(2026, 3, 30), 3)
    assert record.provenance.provider == "Interactive Brokers"
    assert [s.path.rpartition("/")[2] for s in service.seen] == ["SendRequest", "GetStatement"]
    assert [s.args["q"] for s in service.seen] == ["654321", "8936364590"]
    assert {s.args["v"] for s in service.seen} == {"3"}
    assert {s.headers["Host"] for s in service.seen} == {"ndcdyn.interactivebrokers.com"}
    assert {s.headers["User-Agent"] for s in service.seen} == {"Java"}


@pytest.mark.parametrize(("code", "seconds"), [("1019", 5), ("1009", 5), ("1018", 10)])
def test_a_service_that_is_not_ready_is_asked_again_after_its_time(asked, service, code, seconds):
    wait = answer("Warn", ErrorCode=code, ErrorMessage="Please try again shortly.").encode()
    assert asked(wait, REFERENCE, wait, wait, GOOD).records
    assert service.slept == [seconds] * 3
    steps = [s.path.rpartition("/")[2] for s in service.seen]
    assert steps == ["SendRequest"] * 2 + ["GetStatement"] * 3


def test_a_service_that_is_never_ready_is_given_up(asked, service):
    wait = answer("Warn", ErrorCode="1019", ErrorMessage="Statement generation in progress.").encode()
    with pytest.raises(SourceUnavailableError, match=r"code 1019.*asked 24 times"):
        asked(REFERENCE, wait)
    assert len(service.seen) == 25


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("1012", "token has expired"),
        ("1013", "internet address"),
        ("1014", "number of the query"),
        ("1015", "token is wrong"),
        ("1020", "Look the code up"),
    ],
)
@pytest.mark.parametrize("before", [(), (REFERENCE,)], ids=["asking", "fetching"])
def test_a_refusal_is_final_and_says_what_to_do(asked, service, code, words, before):
    with pytest.raises(SourceRefusedError, match=f"code {code}, No") as caught:
        asked(*before, answer("Fail", ErrorCode=code, ErrorMessage="No.").encode())
    assert words in caught.value.hint
    assert caught.value.facts["code"] == code
    assert len(service.seen) == 1 + len(before)


@pytest.mark.parametrize("odd", [answer("Success"), answer("Fail"), answer("Success", ReferenceCode="../x?t=1")])
def test_an_answer_without_reference_and_code_is_refused(asked, odd):
    with pytest.raises(SourceContentError, match="neither Status Success with a ReferenceCode nor an ErrorCode"):
        asked(odd.encode())


@pytest.mark.parametrize(
    "query",
    [
        SourceQuery(),
        SourceQuery(options={"query_id": "1&t=x"}),
        SourceQuery((Identifier("ticker", "ACME"),), options={"query_id": "1"}),
        SourceQuery(as_of=date(2026, 3, 30), options={"query_id": "1"}),
    ],
)
def test_what_the_service_cannot_be_asked_is_refused_before_it_is(query):
    with pytest.raises(InputError):
        planned(FlexWebService(), query)


def test_nobody_has_seen_the_live_service_and_nothing_of_it_is_stored():
    assert FlexWebService.facts.verified_live is None
    assert FlexWebService.facts.never_stored


def test_a_saved_statement_is_read_as_an_answer_of_the_service_would_be(tmp_path):
    saved = tmp_path / "statement.xml"
    saved.write_bytes(GOOD)
    with LocalDesk(tmp_path / "desk") as desk:
        (record,) = desk.parse_file("ibkr_flex", saved).records
        saved.write_bytes(answer("Warn", ErrorCode="1019", ErrorMessage="Try again.").encode())
        assert desk.parse_file("ibkr_flex", saved).records == ()
        saved.write_bytes(GOOD.replace(b"OpenPositions", b"Positions"))
        with pytest.raises(SourceContentError, match="there is no section OpenPositions"):
            desk.parse_file("ibkr_flex", saved)
    saved.write_bytes(GOOD)
    assert record.portfolio == FlexFiles().statement(saved, as_of=date(2026, 3, 31)).portfolio
