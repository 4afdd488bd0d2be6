from datetime import date

import pytest

from di_advisor.domain.identifiers import Identifier, IdentifierScheme
from di_advisor.domain.observations import Reading, Status
from di_advisor.domain.source_query import SourceQuery
from di_advisor.errors import InputError, SourceContentError
from di_data.esg.finnhub_esg import INVOLVEMENT, FinnhubEsg
from di_data.esg.fmp_esg import FmpEsg
from tests.data_adapters.esg.esg_bodies import FINNHUB, FMP_RATINGS, FMP_SCORES, parsed


def of_finnhub(document, symbol="MADE"):
    return {o.metric: o for o in parsed(FinnhubEsg(), document, context={"symbol": symbol})}


def with_data(**data):
    return FINNHUB | {"data": data}


def test_finnhub_scores_are_points_of_a_hundred_and_higher_is_better():
    found = of_finnhub(FINNHUB)["esg_score"]
    assert (found.value, found.scale, found.reading) == (72.5, (0.0, 100.0), Reading.HIGHER_IS_BETTER)
    assert (found.status, found.known_on) == (Status.ESTIMATED, date(2026, 11, 2))


@pytest.mark.parametrize(
    ("sent", "means"), [(True, True), (False, False), ("True", True), ("false", False), (None, None), ("", None)]
)
def test_flags_have_three_states(sent, means):
    found = of_finnhub(with_data(tobacco=sent))["involved_tobacco"]
    assert found.value is means
    assert found.reading is Reading.FLAG


def test_flags_that_were_not_sent_are_unknown_and_not_false():
    found = of_finnhub(with_data())
    assert {found[metric].value for metric in INVOLVEMENT.values()} == {None}
    assert {found[metric].status for metric in INVOLVEMENT.values()} == {Status.NOT_DISCLOSED}


@pytest.mark.parametrize("sent", ["maybe", 1, 0.5, ["yes"]])
def test_what_is_no_flag_is_refused(sent):
    with pytest.raises(SourceContentError, match="tobacco"):
        of_finnhub(with_data(tobacco=sent))


def test_unknown_fields_are_kept_as_what_they_look_like():
    found = of_finnhub(with_data(carbonReductionPolicy="True", totalWomenPercentage=31.5, motto="Do", odd={"a": 1}))
    assert found["finnhub_carbon_reduction_policy"].value is True
    assert found["finnhub_total_women_percentage"].value == 31.5
    assert found["finnhub_motto"].value == "Do"
    assert (found["finnhub_odd"].value, found["finnhub_odd"].status) == (None, Status.ERROR)


def test_a_score_that_is_null_is_not_disclosed_and_a_company_without_anything_is_not_covered():
    assert of_finnhub(FINNHUB | {"socialScore": None})["social_score"].status is Status.NOT_DISCLOSED
    (nothing,) = of_finnhub(dict.fromkeys(FINNHUB) | {"symbol": "MADE", "data": {}}).values()
    assert (nothing.value, nothing.status) == (None, Status.NOT_COVERED)


def test_an_empty_object_is_no_answer():
    with pytest.raises(SourceContentError, match="symbol"):
        of_finnhub({})


@pytest.mark.parametrize("score", ["72.5", True, -1.0, 101.0])
def test_a_score_that_is_no_number_of_its_scale_is_refused(score):
    with pytest.raises(SourceContentError, match="totalESGScore"):
        of_finnhub(FINNHUB | {"totalESGScore": score})


def test_an_answer_about_somebody_else_is_refused():
    with pytest.raises(SourceContentError, match="MADE"):
        of_finnhub(FINNHUB, "OTHER")
    with pytest.raises(SourceContentError, match="MADE"):
        parsed(FmpEsg(), FMP_SCORES, context={"symbol": "OTHER"})


def test_fmp_scores_are_of_their_period_and_known_from_acceptance():
    found = parsed(FmpEsg(), FMP_SCORES)
    assert {(o.period_end, o.known_on) for o in found} == {(date(2026, 3, 28), date(2026, 4, 30))}
    assert {o.metric: o.value for o in found}["environment_score"] == 66.29
    assert [str(a) for a in found[0].aliases] == ["cik:0000000008", "name:Made Up Inc"]


def test_fmp_rows_that_repeat_count_once_and_null_is_not_disclosed():
    found = parsed(FmpEsg(), [FMP_SCORES[0] | {"socialScore": None}] * 2)
    assert len(found) == 4
    assert {o.metric: o.status for o in found}["social_score"] is Status.NOT_DISCLOSED


def test_fmp_scores_cannot_be_accepted_before_their_period_ends():
    with pytest.raises(SourceContentError, match="accepted on 2026-01-01"):
        parsed(FmpEsg(), [FMP_SCORES[0] | {"acceptedDate": "2026-01-01"}])


@pytest.mark.parametrize("changed", [{"fiscalYear": None}, {"fiscalYear": 2025}])
def test_fmp_ratings_are_classes_known_from_the_day_they_were_fetched(changed):
    (found,) = parsed(FmpEsg(), [FMP_RATINGS[0] | changed])
    assert (found.value, found.reading, found.known_on) == ("B", Reading.NEUTRAL, date(2026, 11, 2))


def test_fmp_ratings_of_an_older_answer_name_the_year_differently():
    older = {k: v for k, v in FMP_RATINGS[0].items() if k != "fiscalYear"} | {"year": 2023}
    assert "fiscal year 2023" in parsed(FmpEsg(), [older])[0].note


def test_fmp_ratings_outside_the_ladder_are_refused():
    with pytest.raises(SourceContentError, match="AAA"):
        parsed(FmpEsg(), [FMP_RATINGS[0] | {"ESGRiskRating": "AAA"}])


def test_an_empty_list_says_that_the_company_is_not_covered():
    (found,) = parsed(FmpEsg(), [], context={"symbol": "MADE", "what": "scores"})
    assert (found.metric, found.value, found.status) == ("esg_score", None, Status.NOT_COVERED)
    with pytest.raises(SourceContentError, match="nobody says of whom"):
        parsed(FmpEsg(), [])


def test_keys_go_into_headers_and_refusals_name_the_plan():
    assert (FinnhubEsg.facts.key.header, FmpEsg.facts.key.header) == ("X-Finnhub-Token", "apikey")
    assert "Ultimate" in dict(FmpEsg.facts.hints)[402]
    assert "premium" in dict(FinnhubEsg.facts.hints)[403]


@pytest.mark.parametrize("adapter", [FinnhubEsg(), FmpEsg()])
def test_they_are_asked_by_ticker(adapter):
    ticker = Identifier(IdentifierScheme.TICKER, "MADE")
    (request,) = adapter.plan(SourceQuery((ticker,)))
    assert request.parameters == (("symbol", "MADE"),)
    with pytest.raises(InputError, match="ticker"):
        adapter.plan(SourceQuery((Identifier(IdentifierScheme.NAME, "Made"),)))
