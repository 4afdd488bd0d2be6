from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.domain.listed_identity import FormerName
from di_advisor.domain.observations import Status, known_by
from di_advisor.domain.source_query import SourceQuery
from di_advisor.errors import InputError, SourceContentError
from di_data.esg.sec_edgar import SecEdgar
from di_data.esg.sec_facts import REVENUE_TAGS
from di_data.esg.sec_filings import FILING_LAG, observations_of_frames
from tests.data_adapters.esg.esg_bodies import OLDER, SUBMISSIONS, TICKERS, company_facts, fact, frame, parsed

STEEL = Identifier(IdentifierScheme.CIK, "7")
YEAR = ("2023-01-01", "2023-12-31")


def facts_of(**by_tag):
    return parsed(SecEdgar(), company_facts(**by_tag))


def of_metric(observations, metric):
    return [o for o in observations if o.metric == metric]


def revenue(**by_tag):
    return of_metric(facts_of(**by_tag), "revenue_usd")


def test_revenue_is_known_from_the_day_it_was_filed_and_not_from_the_end_of_its_year():
    (found,) = revenue(Revenues=[fact(*YEAR, 5e9, "2024-02-20")])
    assert (found.subject, found.value, found.unit) == (STEEL, 5e9, "USD")
    assert (found.known_on, found.period_end) == (date(2024, 2, 20), date(2023, 12, 31))
    assert known_by([found], date(2024, 2, 19)) == ()
    assert "Revenues" in found.note
    assert "0000000007-24-000001" in found.note


@pytest.mark.parametrize("tag", REVENUE_TAGS)
def test_every_tag_of_the_chain_gives_revenue(tag):
    (found,) = revenue(**{tag: [fact(*YEAR, 5e9, "2024-02-20")]})
    assert found.value == 5e9


def test_the_first_tag_of_the_chain_counts_and_the_note_shows_the_others():
    (found,) = revenue(
        Revenues=[fact(*YEAR, 5e9, "2024-02-20")],
        RevenueFromContractWithCustomerExcludingAssessedTax=[fact(*YEAR, 4e9, "2024-02-20")],
    )
    assert found.value == 4e9
    assert "Revenues 5000000000" in found.note


def test_a_quarter_that_ends_with_the_year_is_not_taken_for_the_year():
    found = revenue(Revenues=[fact("2023-10-01", "2023-12-31", 1e9, "2024-02-20"), fact(*YEAR, 5e9, "2024-02-20")])
    assert [o.value for o in found] == [5e9]


def test_a_year_of_53_weeks_is_a_year():
    (found,) = revenue(Revenues=[fact("2022-12-26", "2023-12-31", 5e9, "2024-02-20")])
    assert found.value == 5e9


def test_a_revision_is_kept_and_counts_from_its_own_filing():
    found = revenue(
        Revenues=[fact(*YEAR, 5e9, "2024-02-20"), fact(*YEAR, 4.9e9, "2025-02-18", accn="0000000007-25-000001")]
    )
    assert len(found) == 2
    assert [o.value for o in known_by(found, date(2024, 12, 31))] == [5e9]
    assert [o.value for o in known_by(found, date(2025, 3, 1))] == [4.9e9]


def test_a_fact_that_stands_there_twice_counts_once():
    assert len(revenue(Revenues=[fact(*YEAR, 5e9, "2024-02-20")] * 2)) == 1


def test_no_revenue_is_a_state_and_not_zero():
    (found,) = revenue(Assets=[fact(None, "2023-12-31", 9e9, "2024-02-20")])
    assert (found.value, found.status) == (None, Status.NOT_DISCLOSED)


def test_a_period_that_ends_after_its_filing_is_an_error_in_place_of_a_value():
    (found,) = revenue(Revenues=[fact("2107-01-01", "2107-12-31", 5e9, "2018-02-20")])
    assert (found.value, found.status) == (None, Status.ERROR)
    assert "2107" in found.note


def test_shares_come_from_the_cover_page_before_the_balance_sheet():
    found = facts_of(
        dei__EntityCommonStockSharesOutstanding=[fact(None, "2024-02-01", 9e6, "2024-02-20")],
        CommonStockSharesOutstanding=[fact(None, "2023-12-31", 8e6, "2024-02-20")],
    )
    shares = of_metric(found, "shares_outstanding")
    assert {(o.period_end, o.value) for o in shares} == {(date(2024, 2, 1), 9e6), (date(2023, 12, 31), 8e6)}


def test_debt_by_one_tag_is_reported_and_put_together_is_an_estimate_that_says_of_what():
    end, filed = "2023-12-31", "2024-02-20"
    (whole,) = of_metric(facts_of(DebtLongtermAndShorttermCombinedAmount=[fact(None, end, 9e8, filed)]), "debt_usd")
    assert (whole.value, whole.status) == (9e8, Status.REPORTED)
    parts = facts_of(
        LongTermDebtNoncurrent=[fact(None, end, 6e8, filed)],
        LongTermDebtCurrent=[fact(None, end, 1e8, filed)],
    )
    (sum_,) = of_metric(parts, "debt_usd")
    assert (sum_.value, sum_.status) == (7e8, Status.ESTIMATED)
    assert "LongTermDebtNoncurrent + LongTermDebtCurrent" in sum_.note
    assert "short-term borrowings are not tagged" in sum_.note


def test_a_figure_that_is_missing_is_refused_and_never_zero():
    with pytest.raises(SourceContentError, match="val"):
        facts_of(Revenues=[fact(*YEAR, 5e9, "2024-02-20") | {"val": None}])


@pytest.mark.parametrize("spoiled", [b'{"cik": 7, "facts": NaN}', b'{"entityName": "x"', b"[]", b"{}", b"12"])
def test_what_is_no_answer_is_refused(spoiled):
    with pytest.raises(SourceContentError):
        parsed(SecEdgar(), spoiled)


@given(
    values=st.lists(st.floats(1.0, 1e12), min_size=1, max_size=5, unique=True),
    day=st.dates(date(2024, 1, 1), date(2026, 1, 1)),
)
def test_nothing_is_known_before_it_was_filed(values, day):
    facts = [fact(*YEAR, v, f"202{4 + i % 2}-0{1 + i}-15", accn=f"a-{i}") for i, v in enumerate(values)]
    found = revenue(Revenues=facts)
    assert {o.value for o in found} == set(values)
    assert all(o.known_on <= day for o in known_by(found, day))


def test_tickers_of_one_company_stand_together():
    first, second = parsed(SecEdgar(), TICKERS)
    assert [str(i) for i in first.identifiers] == ["cik:0000000007", "ticker:INVS", "ticker:INVS-B"]
    assert (second.name, second.of_scheme(IdentifierScheme.CIK)) == ("Made Up Inc", second.identifiers[:1])


def test_submissions_give_identity_industry_former_names_and_days_of_filing():
    identity, filings = parsed(SecEdgar(), SUBMISSIONS | {"lei": "HWUPKR0MPOU8FGXBT394"})
    assert [i.scheme.value for i in identity.identifiers] == ["cik", "lei", "ticker", "ticker"]
    assert (identity.industry_code, identity.industry, identity.exchanges[0]) == ("3312", "Steel Works", "NYSE")
    assert identity.former_names == (FormerName("Old Iron Inc", date(1999, 1, 4), date(2011, 6, 30)),)
    assert filings.filed["0000000007-23-000001"] == date(2023, 2, 21)


def test_frames_joined_with_filings_are_known_on_their_day_and_others_are_estimated_with_a_stated_lag():
    facts = parsed(SecEdgar(), frame("Revenues", (7, 5e9, "0000000007-24-000001"), (8, 1e8, "0000000008-24-000001")))
    filings = parsed(SecEdgar(), SUBMISSIONS)[1]
    joined, estimated = observations_of_frames(facts, [filings])
    assert (joined.known_on, joined.status) == (date(2024, 2, 20), Status.REPORTED)
    assert (estimated.known_on, estimated.status) == (date(2023, 12, 31) + FILING_LAG, Status.ESTIMATED)
    assert "known_on is estimated" in estimated.note


def test_of_frames_of_several_tags_the_first_of_the_chain_counts():
    facts = [
        *parsed(SecEdgar(), frame("Revenues", (7, 5e9, "a"))),
        *parsed(SecEdgar(), frame(REVENUE_TAGS[0], (7, 4e9, "a"))),
    ]
    (found,) = observations_of_frames(facts)
    assert found.value == 4e9


def test_a_frame_that_holds_fewer_points_than_it_announces_is_refused():
    with pytest.raises(SourceContentError, match="3 points are announced, and 1 came"):
        parsed(SecEdgar(), frame("Revenues", (7, 5e9, "a")) | {"pts": 3})


def test_older_pages_of_filings_belong_to_the_company_that_was_asked_for():
    (older,) = parsed(SecEdgar(), OLDER, context={"what": "older", "cik": "7"})
    assert (older.subject, older.filed) == (STEEL, {"0000000007-11-000001": date(2011, 2, 22)})


def test_the_address_of_a_company_has_ten_digits():
    (request,) = SecEdgar().plan(SourceQuery((STEEL,)))
    assert request.url.endswith("/companyfacts/CIK0000000007.json")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (SourceQuery((Identifier(IdentifierScheme.TICKER, "MADE"),)), "ticker:MADE"),
        (SourceQuery(options={"what": "prices"}), "prices"),
        (SourceQuery(options={"what": "frames"}), "CY2023"),
        (SourceQuery(options={"what": "facts"}), "nobody"),
    ],
)
def test_a_question_that_it_cannot_answer_is_refused(query, said):
    with pytest.raises(InputError, match=said):
        SecEdgar().plan(query)


def test_it_says_who_asks_in_the_user_agent():
    place = SecEdgar.facts.key
    assert (place.variable, place.header, place.needed) == ("SEC_USER_AGENT", "User-Agent", True)
