"""Prices of Tiingo and Financial Modeling Prep: what is asked, what is read, and what is refused."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.identifiers import Identifier
from di_advisor.domain.source_query import SourceQuery
from di_advisor.errors import InputError, SourceContentError
from di_data.market.fmp_prices import FmpPrices
from di_data.market.tiingo_prices import TiingoPrices
from tests.data_adapters.market.market_bodies import (
    body,
    fmp_dividend_row,
    fmp_price_row,
    fmp_split_row,
    received,
    ticker,
    tiingo_row,
)

TIINGO, FMP = TiingoPrices(), FmpPrices()
SINCE = date(2024, 1, 2)

prices = st.floats(0.01, 1e6).map(lambda x: round(x, 4)).filter(lambda x: x > 0)
days = st.dates(date(1990, 1, 1), date(2030, 1, 1))


def parsed(adapter, rows, **context: str):
    return adapter.parse(body(rows), received(adapter, symbol="ACME", **context))


def refusal(adapter, rows, **context: str) -> str:
    with pytest.raises(SourceContentError) as caught:
        parsed(adapter, rows, **context)
    return str(caught.value)


def test_tiingo_is_asked_for_one_ticker_a_request_and_classes_have_a_dash():
    planned = TIINGO.plan(SourceQuery((ticker("ACME"), ticker("BRK.B")), start=SINCE, end=date(2024, 3, 1)))
    assert [r.address for r in planned] == [
        f"https://api.tiingo.com/tiingo/daily/{s}/prices?startDate=2024-01-02&endDate=2024-03-01&format=json"
        for s in ("ACME", "BRK-B")
    ]
    assert TIINGO.facts.key.prefix == "Token "
    assert TIINGO.facts.verified_live is None


def test_fmp_is_asked_for_prices_that_are_not_adjusted_for_splits():
    planned = FMP.plan(SourceQuery((ticker("BRK/B"),), start=SINCE))
    assert [r.url.rpartition("/stable/")[2] for r in planned] == [
        "historical-price-eod/non-split-adjusted",
        "splits",
        "dividends",
    ]
    assert {dict(r.parameters)["symbol"] for r in planned} == {"BRK-B"}


@pytest.mark.parametrize("adapter", [TIINGO, FMP], ids=["tiingo", "fmp"])
@pytest.mark.parametrize(
    ("query", "words"),
    [
        (SourceQuery(start=SINCE), "no ticker"),
        (SourceQuery((ticker("VOD.L"),), start=SINCE), "pence"),
        (SourceQuery((ticker("SHOP.TO"),), start=SINCE), "another market"),
        (SourceQuery((ticker("../A"),), start=SINCE), "no ticker|another market"),
        (SourceQuery((Identifier("cik", "320193"),), start=SINCE), "not by cik"),
        (SourceQuery((ticker("ACME"),), start=SINCE, options={"colour": "red"}), "colour"),
        (SourceQuery((ticker("ACME"),), start=SINCE, as_of=SINCE), "spans of days"),
    ],
    ids=["nobody", "pence", "toronto", "path", "cik", "option", "sheet"],
)
def test_questions_that_a_price_service_cannot_answer_are_refused(adapter, query, words):
    with pytest.raises(InputError, match=words):
        adapter.plan(query)


def test_tiingo_without_a_first_day_is_refused():
    with pytest.raises(InputError, match="first day"):
        TIINGO.plan(SourceQuery((ticker("ACME"),)))


def test_tiingo_gives_raw_and_adjusted_closes_apart_with_dividend_and_split():
    first, second = parsed(TIINGO, [tiingo_row("2024-01-03", 51.0, split=2.0), tiingo_row("2024-01-02", 100.0, 0.25)])
    assert (first.day, first.close_usd, first.adjusted_close_usd) == (date(2024, 1, 2), 100.0, 50.0)
    assert (first.dividend_usd, first.split_ratio, second.split_ratio) == (0.25, 1.0, 2.0)
    assert first.provenance.provider == "Tiingo"


@given(st.dictionaries(days, st.tuples(prices, prices, st.sampled_from([0.0, 0.24])), min_size=1, max_size=8))
def test_what_tiingo_renders_is_what_is_read(rows):
    bars = parsed(TIINGO, [tiingo_row(d.isoformat(), c, x, adjClose=a) for d, (c, a, x) in rows.items()])
    assert {b.day: (b.close_usd, b.adjusted_close_usd, b.dividend_usd) for b in bars} == rows
    assert [b.day for b in bars] == sorted(rows)


@given(st.dictionaries(days, prices, min_size=1, max_size=8))
def test_what_fmp_renders_is_what_is_read(rows):
    bars = parsed(FMP, [fmp_price_row(d.isoformat(), c) for d, c in rows.items()], series="prices")
    assert {b.day: b.close_usd for b in bars} == rows
    assert all(b.dividend_usd is None and b.split_ratio is None and b.adjusted_close_usd is None for b in bars)


@pytest.mark.parametrize("close", [0, -1.5, None, "50", True, float("nan"), float("inf")])
def test_a_close_that_is_no_price_is_refused_and_never_zero(close):
    for adapter, row, name in (
        (TIINGO, tiingo_row("2024-01-02", 50.0) | {"close": close}, "close"),
        (FMP, fmp_price_row("2024-01-02", 50.0, adjClose=close), "adjClose"),
    ):
        words = refusal(adapter, [row])
        assert name in words or "no JSON" in words


def test_an_open_that_is_written_as_zero_is_not_given():
    (bar,) = parsed(TIINGO, [tiingo_row("1990-01-02", 50.0, open=0.0, high=None)])
    assert (bar.open_usd, bar.high_usd, bar.low_usd) == (None, None, 25.0)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "no prices of ACME"),
        ({"detail": "Not found."}, "Not found"),
        ([tiingo_row("2024-01-02", 50.0), tiingo_row("2024-01-02", 51.0)], "twice: ACME on 2024-01-02"),
        ([tiingo_row("2024-01-02", 50.0, low=160.0)], "low is above the high"),
        ([tiingo_row("2024-01-02", 50.0) | {"date": "2024-01-02T14:30:00.000Z"}], "time of day"),
        ([tiingo_row("2024-01-02", 50.0) | {"date": "02/01/2024"}], "date"),
        ([tiingo_row("2024-01-02", 50.0, split=0)], "splitFactor"),
        ([[1, 2]], "row 1"),
    ],
    ids=["none", "not found", "twice", "crossed", "intraday", "date", "split", "list"],
)
def test_rows_of_another_shape_are_refused(rows, words):
    assert words in refusal(TIINGO, rows)


def test_a_body_whose_symbol_nobody_states_is_refused():
    with pytest.raises(SourceContentError, match="whose prices"):
        TIINGO.parse(body([tiingo_row("2024-01-02", 50.0)]), received(TIINGO))


def test_another_symbol_than_asked_for_is_refused():
    assert "OTHER came" in refusal(FMP, [fmp_price_row("2024-01-02", 50.0, symbol="OTHER")])


def test_splits_are_exact_ratios_and_dividends_exact_amounts_with_their_days():
    (split,) = parsed(FMP, [fmp_split_row("2020-08-31", 1, 15)])
    assert split.new_per_old == Fraction(1, 15)
    (dividend,) = parsed(FMP, [fmp_dividend_row("2024-02-09", 0.24, "2024-02-15")])
    assert (dividend.cash_usd, dividend.paid_on, dividend.declared_on) == (Decimal("0.24"), date(2024, 2, 15), None)


def test_no_splits_and_no_dividends_are_answers():
    assert parsed(FMP, [], series="splits") == parsed(FMP, [], series="dividends") == ()
    assert "no prices" in refusal(FMP, [], series="prices")


def test_as_many_dividends_as_an_answer_holds_means_that_some_are_missing():
    rows = [fmp_dividend_row((SINCE + timedelta(days=n)).isoformat(), 0.1) for n in range(1000)]
    assert "some are missing" in refusal(FMP, rows)
    assert len(parsed(FMP, rows[:-1])) == 999
