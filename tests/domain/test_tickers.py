"""A ticker is resolved with its day; what is ambiguous is an error and never a guess."""

from datetime import date

import pandas as pd
import pytest

from di_advisor.domain.event_frames import events_from_frame
from di_advisor.domain.tickers import Tickers, TickerSpan
from di_advisor.errors import InputError, RowsError, UnknownSecurityError

SPANS = (
    TickerSpan("IR", "US:TT", last=date(2020, 2, 28)),
    TickerSpan("IR", "US:IR", first=date(2020, 3, 2)),
    TickerSpan("BRK.B", "US:BRK-B"),
)
TICKERS = Tickers(SPANS)


def test_a_ticker_means_what_it_meant_on_the_day():
    assert TICKERS.security_id("IR", date(2019, 6, 3)) == "US:TT"
    assert TICKERS.security_id("ir ", date(2021, 6, 3)) == "US:IR"
    assert TICKERS.security_id("BRK/B", None) == TICKERS.security_id("brk-b", date(1999, 1, 4)) == "US:BRK-B"


def test_without_a_day_a_ticker_of_two_companies_is_ambiguous():
    with pytest.raises(InputError, match="could be US:IR or US:TT") as caught:
        TICKERS.security_id("IR", None)
    assert caught.value.facts["candidates"] == ("US:IR", "US:TT")


def test_a_day_on_which_two_companies_had_it_is_ambiguous_too():
    with pytest.raises(InputError, match="on 2020-02-28 could be"):
        Tickers([*SPANS, TickerSpan("IR", "US:X", date(2020, 2, 1), date(2020, 3, 1))]).security_id(
            "IR", date(2020, 2, 28)
        )


def test_a_ticker_that_nobody_had_names_who_had_it_when():
    with pytest.raises(UnknownSecurityError, match=r"on 2020-03-01.*US:TT \(the beginning to 2020-02-28\)"):
        TICKERS.security_id("IR", date(2020, 3, 1))
    with pytest.raises(UnknownSecurityError, match="Nothing had the ticker ZZZZ"):
        TICKERS.security_id("ZZZZ", date(2020, 3, 1))


@pytest.mark.parametrize("wrong", [("", "A"), ("A", " "), ("A", "B", date(2020, 1, 2), date(2020, 1, 1))])
def test_a_span_that_says_nothing_is_refused(wrong):
    with pytest.raises(InputError):
        TickerSpan(*wrong)


def rows(**more) -> pd.DataFrame:
    days = [date(2019, 6, 3), date(2021, 6, 3)]
    return pd.DataFrame({"kind": "buy", "trade_date": days, "ticker": "IR", "shares": 1, "amount_usd": 5, **more})


def test_rows_with_tickers_get_the_id_of_their_day():
    events = events_from_frame(rows(), tickers=TICKERS).events
    assert [e.security_id for e in events] == ["US:TT", "US:IR"]


def test_tickers_without_a_list_and_contradictions_are_errors_of_the_row():
    with pytest.raises(RowsError, match="nothing says what it meant"):
        events_from_frame(rows())
    with pytest.raises(RowsError, match="row 0, ticker: IR meant US:TT on 2019-06-03, and security_id is US:IR"):
        events_from_frame(rows(security_id="US:IR"), tickers=TICKERS)
