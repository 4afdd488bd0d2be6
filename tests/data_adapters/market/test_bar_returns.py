"""Total returns of bars: as traded with what was paid and split, or as adjusted, and never without either."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.declared_actions import DeclaredAction
from di_advisor.errors import IncompleteDataError, InputError
from di_data.market.bar_returns import return_history
from di_data.market.file_mapping import PriceMapping
from di_data.market.price_folder import PriceFolder
from tests.data_adapters.market.market_bodies import PROVENANCE, bar, ticker

DAYS = ("2024-01-02", "2024-01-03", "2024-01-04")


def ids(symbol: str, _on: date) -> str:
    return f"US:{symbol}"


def told(symbol: str, *closes: float, cash: float = 0.0, split: float = 1.0):
    """Bars with a dividend and a split on the second day."""
    paid, ratios = (0.0, cash, 0.0), (1.0, split, 1.0)
    rows = zip(DAYS, closes, paid, ratios, strict=True)
    return [bar(symbol, d, c, dividend_usd=p, split_ratio=r) for d, c, p, r in rows]


def test_a_return_holds_its_dividend_and_its_split():
    made = return_history(told("A", 100, 49, 51, cash=1.0, split=2.0), ids)
    assert made.total_return[:, 0] == pytest.approx([0.0, 51 / 49 - 1])
    assert made.dates.tolist() == [date(2024, 1, 3), date(2024, 1, 4)]


def test_a_list_of_actions_takes_the_place_of_what_the_bars_do_not_say():
    silent = [bar("A", d, c) for d, c in zip(DAYS, (100, 49, 51), strict=True)]
    actions = [
        DeclaredAction(ticker("A"), date(2024, 1, 3), PROVENANCE, new_per_old=Fraction(2)),
        DeclaredAction(ticker("A"), date(2024, 1, 3), PROVENANCE, cash_usd=Decimal(1)),
    ]
    assert return_history(silent, ids, actions=actions).total_return[0, 0] == pytest.approx(0.0)
    with pytest.raises(IncompleteDataError, match="US:A"):
        return_history(silent, ids)


def test_an_ex_date_on_a_weekend_counts_on_the_next_day_of_trading():
    held = [bar("A", d, c) for d, c in (("2024-01-05", 100), ("2024-01-08", 50), ("2024-01-09", 51))]
    split = DeclaredAction(ticker("A"), date(2024, 1, 6), PROVENANCE, new_per_old=Fraction(2))
    late = DeclaredAction(ticker("A"), date(2024, 2, 6), PROVENANCE, new_per_old=Fraction(2))
    made = return_history(held, ids, actions=[split, late])
    assert made.total_return[:, 0] == pytest.approx([0.0, 0.02])


def test_adjusted_closes_are_taken_where_nothing_else_is_said():
    held = [bar("A", d, c, adjusted_close_usd=c / 3) for d, c in zip(DAYS, (100, 110, 121), strict=True)]
    assert return_history(held, ids).total_return[:, 0] == pytest.approx([0.1, 0.1])


def test_a_day_without_a_bar_and_the_day_after_are_not_observed():
    held = [*told("A", 10, 11, 12), *[b for b in told("B", 5, 6, 7) if b.day != date(2024, 1, 3)]]
    made = return_history(held, ids)
    assert made.security_ids == ("US:A", "US:B")
    assert made.observed.tolist() == [[True, False], [True, False]]


def test_a_company_that_changed_its_ticker_is_one_column_and_two_bars_of_a_day_are_refused():
    def renamed(symbol: str, on: date) -> str:
        return "US:NEW" if symbol in {"OLD", "NEW"} else ids(symbol, on)

    held = [*told("OLD", 10, 11, 12)[:2], told("NEW", 10, 11, 12)[2]]
    assert return_history(held, renamed).total_return[:, 0] == pytest.approx([0.1, 12 / 11 - 1])
    with pytest.raises(InputError, match="two bars on 2024-01-02"):
        return_history([*told("OLD", 1, 1, 1), *told("NEW", 1, 1, 1)], renamed)
    with pytest.raises(InputError, match="1 days make no return"):
        return_history(told("A", 1, 1, 1)[:1], ids)


@given(st.lists(st.floats(1.0, 1e4), min_size=3, max_size=3), st.sampled_from([0.25, 0.5, 2.0, 3.0]))
def test_a_split_that_the_price_follows_changes_no_return(closes, ratio):
    plain = return_history(told("A", *closes), ids)
    after = [closes[0], *(c / ratio for c in closes[1:])]
    assert return_history(told("A", *after, split=ratio), ids).total_return == pytest.approx(plain.total_return)


def test_real_raw_closes_with_their_actions_return_what_the_adjusted_ones_do(shared, tmp_path):
    source = shared / "data/prices/sp500_wiki_raw_2013_2018.parquet"
    names = ["AAPL", "KO", "T", "XOM", "MSFT", "JNJ"]
    pd.read_parquet(source, filters=[("ticker", "in", names)]).to_parquet(tmp_path / "p.parquet")
    columns = {"symbol": "ticker", "dividend": "ex_dividend", "split": "split_ratio", "adjusted_close": "adj_close"}
    bars = PriceFolder(PriceMapping.model_validate({"closes": "as traded", "columns": columns})).read(tmp_path)
    raw = return_history(bars, ids)
    adjusted = return_history([replace(b, dividend_usd=None, split_ratio=None) for b in bars], ids)
    assert (raw.observed == adjusted.observed).all()
    assert raw.total_return == pytest.approx(adjusted.total_return, abs=2e-4)
    assert raw.observed.mean() > 0.99
    assert sum(b.split_ratio != 1 for b in bars) >= 1
