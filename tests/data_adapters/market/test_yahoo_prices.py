"""Yahoo through yfinance: outside the frame, never without its terms, and back to prices as traded."""

import sys
from datetime import UTC, date, datetime
from types import ModuleType

import pandas as pd
import pytest

from di_advisor.errors import InputError, InputWarning, PluginError, SourceContentError
from di_data.frame.adapter import Adapter
from di_data.market import yahoo_prices as module
from di_data.market.price_checks import price_findings
from di_data.market.yahoo_prices import bars_of_frame, yahoo_prices

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
SPAN = {"start": date(2024, 1, 2), "end": date(2024, 1, 4), "now": NOW}


def table(
    closes=(25.0, 25.5, 25.25, 26.0), splits=(0.0, 0.0, 4.0, 0.0), dividends=(0.0, 0.1, 0.0, 0.0)
) -> pd.DataFrame:
    days = pd.to_datetime(["2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05"]).tz_localize("America/New_York")
    columns = {"Open": closes, "High": closes, "Low": closes, "Close": closes, "Adj Close": closes}
    columns |= {"Volume": [400] * 4, "Dividends": (0.0, 0.1, 0.0, 0.0), "Stock Splits": splits}
    return pd.DataFrame(columns, index=days)


def test_closes_and_dividends_before_a_split_are_multiplied_back():
    bars = bars_of_frame(table(), "ACME", now=NOW)
    assert [b.day for b in bars] == [date(2024, 1, d) for d in (2, 3, 4, 5)]
    assert [b.close_usd for b in bars] == [100.0, 102.0, 25.25, 26.0]
    assert [b.dividend_usd for b in bars] == pytest.approx([0, 0.4, 0, 0])
    assert [b.split_ratio for b in bars] == [1.0, 1.0, 4.0, 1.0]
    assert [b.volume_shares for b in bars] == [100.0, 100.0, 400.0, 400.0]
    assert bars[0].adjusted_close_usd == 25.0
    assert price_findings(bars) == ()


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (table().iloc[:0], "no prices came"),
        (table().rename(columns={"Stock Splits": "Splits"}), "column Stock Splits is missing"),
        (table(closes=(25.0, 0.0, 25.0, 25.0)), "not more than zero"),
        (table(closes=(25.0, float("nan"), 25.0, 25.0)), "not more than zero"),
    ],
)
def test_tables_of_another_shape_are_refused(frame, words):
    with pytest.raises(SourceContentError, match=words):
        bars_of_frame(frame, "ACME", now=NOW)


def test_without_the_package_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "yfinance", None)
    with pytest.raises(PluginError, match=r"yfinance.*\[yahoo\]"):
        yahoo_prices(["ACME"], **SPAN)


def test_each_use_warns_of_the_terms_and_days_after_the_span_only_lend_their_factors(monkeypatch):
    asked = []

    class Ticker:
        def __init__(self, symbol: str) -> None:
            self.symbol = symbol

        def history(self, **named: object) -> pd.DataFrame:
            asked.append((self.symbol, named))
            return table(splits=(0.0, 0.0, 0.0, 2.0))

    fake = ModuleType("yfinance")
    fake.Ticker = Ticker
    monkeypatch.setitem(sys.modules, "yfinance", fake)
    with pytest.warns(InputWarning, match="personal use only"):
        bars = yahoo_prices(["BRK.B"], **SPAN)
    assert [b.close_usd for b in bars] == [50.0, 51.0, 50.5]
    assert asked == [("BRK-B", {"start": "2024-01-02", "auto_adjust": False, "actions": True})]
    with pytest.raises(InputError, match="pence"):
        yahoo_prices(["VOD.L"], **SPAN)


def test_it_is_no_adapter_and_says_why():
    assert not any(isinstance(v, type) and issubclass(v, Adapter) for v in vars(module).values())
    assert "its own requests" in module.__doc__
