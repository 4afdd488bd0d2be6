"""One share class, five ways to write its ticker: all lead to one, and none of them by guessing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.class_tickers import ClassTickers, TickerStyle, ticker_key, write_ticker
from di_advisor.domain.tickers import Tickers, TickerSpan
from di_advisor.errors import InputError, UnknownSecurityError

WRITTEN = {"POINT": "BRK.B", "DASH": "BRK-B", "SLASH": "BRK/B", "BLANK": "BRK B", "JOINED": "BRKB"}


@pytest.mark.parametrize("style", TickerStyle)
def test_each_vendor_gets_its_own_writing_and_all_are_understood(style):
    assert write_ticker("BRK.B", style) == WRITTEN[style.name]
    known = ClassTickers(["BRK-B", "AAPL", "BF.B"])
    assert known.key_of(WRITTEN[style.name]) == known.key_of(f" {WRITTEN[style.name].lower()} ") == "BRK.B"
    assert Tickers([TickerSpan("BRK/B", "US:BRK-B")]).security_id(WRITTEN[style.name], None) == "US:BRK-B"


@given(st.text("ABCXYZ1", min_size=1, max_size=4), st.sampled_from(["", "A", "B", "CD"]), st.sampled_from(TickerStyle))
def test_whatever_the_style_the_ticker_comes_back(root, share_class, style):
    ticker = f"{root}.{share_class}" if share_class else root
    assert ClassTickers([ticker]).key_of(write_ticker(ticker, style)) == ticker_key(ticker)


def test_a_plain_ticker_is_itself_in_every_style():
    assert {write_ticker("aapl", style) for style in TickerStyle} == {"AAPL"}


def test_a_joined_ticker_that_exists_by_itself_is_that_one():
    assert ClassTickers(["BRK.B", "BRKB"]).key_of("BRKB") == "BRKB"


def test_a_joined_ticker_that_fits_two_classes_is_nobodys():
    known = ClassTickers(["AB.C", "A.BC"])
    assert known.key_of("ABC") == "ABC"
    spans = Tickers([TickerSpan("AB.C", "one"), TickerSpan("A.BC", "two")])
    with pytest.raises(UnknownSecurityError):
        spans.security_id("ABC", None)


def test_suffixes_that_are_no_share_class_stay_as_they_are():
    assert write_ticker("BAC PRL", TickerStyle.JOINED) == "BAC.PRL"


def test_a_span_of_nothing_is_still_refused():
    with pytest.raises(InputError):
        TickerSpan(" ", "x")
