"""Prices that cannot be what they claim: errors, warnings, and what changed between two pulls."""

import warnings
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.declared_actions import DeclaredAction
from di_advisor.domain.events import Buy
from di_advisor.domain.price_scale import require_one_scale
from di_advisor.errors import InputError, InputWarning, RowsError
from di_data.corporate_actions import split_events
from di_data.market.file_mapping import PriceMapping
from di_data.market.listed_actions import actions_of_bars, ratio_events
from di_data.market.price_checks import (
    PriceFlaw,
    closes_by_security,
    price_findings,
    require_usable,
    stale_findings,
)
from di_data.market.price_differences import price_differences
from di_data.market.price_folder import PriceFolder
from tests.data_adapters.market.market_bodies import PROVENANCE, bar, ticker

DAYS = ("2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05", "2024-01-08")


def bars(*closes: float, splits: dict[int, float] | None = None, cash: dict[int, float] | None = None):
    return [
        bar("ACME", day, close, split_ratio=(splits or {}).get(n, 1.0), dividend_usd=(cash or {}).get(n, 0.0))
        for n, (day, close) in enumerate(zip(DAYS, closes, strict=False))
    ]


def flaws(found) -> list[PriceFlaw]:
    return [f.flaw for f in found]


def ids(symbol: str, _on: date) -> str:
    return f"US:{symbol}"


def test_raw_closes_over_a_split_are_what_they_claim():
    assert price_findings(bars(100, 101, 50.7, 51, splits={2: 2.0})) == ()
    assert price_findings(bars(1, 1.02, 15.1, 15, splits={2: 1 / 15})) == ()


def test_closes_that_do_not_move_on_the_day_of_a_split_are_adjusted_and_refused():
    found = price_findings(bars(50, 50.5, 50.7, 51, splits={2: 2.0}))
    assert flaws(found) == [PriceFlaw.ADJUSTED]
    with pytest.raises(RowsError, match=r"ACME on 2024-01-04.*adjusted for it already.*never mixed"):
        require_usable(found, "prices.csv")


def test_a_file_that_is_adjusted_up_to_a_day_that_is_no_split_is_on_two_scales():
    split = DeclaredAction(ticker("ACME"), date(2024, 1, 8), PROVENANCE, new_per_old=Fraction(4))
    closes = [replace(b, split_ratio=None) for b in bars(25, 25.2, 101, 100, 25.1)]
    assert flaws(price_findings(closes, [split])) == [PriceFlaw.TWO_SCALES]


def test_a_ratio_the_other_way_round_is_refused():
    assert flaws(price_findings(bars(100, 101, 50.7, splits={2: 0.5}))) == [PriceFlaw.INVERTED_RATIO]


def test_a_split_whose_ex_date_has_no_bar_is_seen_on_the_next():
    split = DeclaredAction(ticker("ACME"), date(2024, 1, 4), PROVENANCE, new_per_old=Fraction(2))
    held = [b for b in bars(100, 101, 50, 50.4) if b.day != split.ex_date]
    assert price_findings(held, [split]) == ()


def test_prices_of_a_split_adjusted_history_are_not_mixed_with_lots_as_bought():
    history = [bar("ACME", "2010-01-04", 12.5), bar("ACME", "2024-01-02", 13.0)]
    split = DeclaredAction(ticker("ACME"), date(2020, 6, 1), PROVENANCE, new_per_old=Fraction(100, 1))
    lot = Buy(event_id="B1", on=date(2010, 1, 4), account_id="A", security_id="US:ACME", shares=10, amount_usd=12500)
    (event,) = ratio_events([split], ids).events
    with pytest.raises(InputError, match=r"1250\.00 USD a share, at a close of 12\.50, which is adjusted"):
        require_one_scale([lot, event], closes_by_security(history, ids))


@pytest.mark.parametrize(("after", "said"), [(10.0, "-0.90"), (2.0, "-0.98"), (195.0, "+0.95")])
def test_a_move_of_90_percent_in_a_day_asks_for_a_corporate_action(after, said):
    found = price_findings(bars(100, after))
    assert PriceFlaw.LARGE_MOVE in flaws(found)
    with pytest.warns(InputWarning, match="corporate action missing"):
        require_usable(found, "prices.csv")
    assert said in next(f.sentence for f in found if f.flaw is PriceFlaw.LARGE_MOVE)


def test_a_move_of_89_percent_and_a_known_split_are_not_asked_about():
    assert PriceFlaw.LARGE_MOVE not in flaws(price_findings(bars(100, 11.3)))
    assert price_findings(bars(100, 1.02, splits={1: 100.0})) == ()


def test_a_price_that_halves_without_an_action_is_suspected_of_a_split():
    assert flaws(price_findings(bars(100, 50))) == [PriceFlaw.SUSPECTED_ACTION]


def test_a_special_dividend_explains_its_own_drop_and_is_named():
    found = price_findings(bars(100, 5.5, cash={1: 95.0}))
    assert flaws(found) == [PriceFlaw.SUSPECTED_ACTION]
    assert "95.00" in found[0].sentence


def test_a_price_on_new_years_day_is_pointed_out():
    assert flaws(price_findings([bar("ACME", "2024-01-01", 50)])) == [PriceFlaw.CLOSED_DAY]


def test_prices_older_than_the_limit_are_refused_with_their_age():
    held = bars(50, 51, 52)
    assert stale_findings(held, as_of=date(2024, 1, 9), price_age_max_days=3) == ()
    found = stale_findings([*held, bar("BETA", "2024-01-08", 7)], as_of=date(2024, 1, 11), price_age_max_days=3)
    assert [(f.subject.value, f.flaw) for f in found] == [("ACME", PriceFlaw.STALE)]
    with pytest.raises(RowsError, match="5 weekdays before 2024-01-11; the limit is 3"):
        require_usable(found, "prices.csv")


def test_a_price_after_the_day_makes_no_name_fresh():
    found = stale_findings(bars(50, 51, 52, 53, 54), as_of=date(2024, 1, 2), price_age_max_days=0)
    assert found == ()
    late = [bar("ACME", "2023-12-01", 50), bar("ACME", "2024-02-01", 51)]
    assert flaws(stale_findings(late, as_of=date(2024, 1, 2), price_age_max_days=3)) == [PriceFlaw.STALE]


@given(st.lists(st.floats(-0.15, 0.15), min_size=1, max_size=4), st.sampled_from([2.0, 3.0, 4.0, 10.0, 0.1, 0.25]))
def test_small_moves_over_a_plain_split_are_never_an_error(moves, ratio):
    closes = [100.0]
    for n, move in enumerate(moves):
        closes.append(closes[-1] * (1 + move) / (ratio if n == 0 else 1.0))
    assert price_findings(bars(*closes, splits={1: ratio})) == ()


def test_usable_prices_pass_in_silence():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        require_usable(price_findings(bars(50, 51, 52)), "prices.csv")


def test_a_past_price_that_changed_is_told_with_both_checksums():
    before = bars(50, 51, 52)
    later = replace(PROVENANCE, raw_sha256="1" * 64)
    after = [replace(b, provenance=later, adjusted_close_usd=1.0) for b in bars(50, 51.5, 52, 53)]
    told = price_differences(before, after)
    assert [(c.day, c.field, c.before, c.after) for c in told.changes] == [(date(2024, 1, 3), "close_usd", 51, 51.5)]
    assert (told.gone, told.added, told.readjusted) == ((), (), 3)
    assert told.sources == ("0" * 64, "1" * 64)
    assert "Results stay with the pull" in told.sentence
    assert list(told.to_frame()["after"]) == [51.5]


def test_a_series_that_was_rebased_for_a_split_is_known_by_its_one_factor():
    told = price_differences(bars(100, 102, 104, 106), bars(50, 51, 52, 53))
    assert told.rebased == {ticker("ACME"): 0.5}
    assert "0.5 times" in told.sentence


def test_a_day_that_is_gone_and_one_that_came_between_are_told_and_new_days_are_not():
    before = bars(50, 51, 52)
    after = [*[b for b in bars(50, 51, 52, 53) if b.day != date(2024, 1, 3)], bar("ACME", "2024-01-06", 1)]
    told = price_differences(before, after)
    assert [day for _, day in told.gone] == [date(2024, 1, 3)]
    assert told.added == ()
    assert told.changes == ()


def test_a_dividend_that_is_no_longer_said_is_a_change_and_not_a_zero():
    told = price_differences(bars(50, 51, cash={1: 0.3}), [replace(b, dividend_usd=None) for b in bars(50, 51)])
    assert {(c.field, c.before, c.after) for c in told.changes} == {
        ("dividend_usd", 0.0, None),
        ("dividend_usd", 0.3, None),
    }


@given(st.lists(st.floats(0.01, 1e5), min_size=1, max_size=5))
def test_a_pull_does_not_differ_from_itself(closes):
    assert price_differences(bars(*closes), bars(*closes)).is_empty


def test_real_raw_prices_over_a_split_pass_and_fail_once_somebody_has_adjusted_them(shared):
    columns = {"symbol": "ticker", "close": "price_unadj"}
    mapping = PriceMapping.model_validate({"closes": "as traded", "columns": columns})
    held = PriceFolder(mapping).read(shared / "data/prices/strand_tiingo_raw_2020-06_08.parquet")
    assert not any(f.flaw.is_error for f in price_findings(held))
    ex = date(2020, 8, 31)
    split = DeclaredAction(ticker("AAPL"), ex, PROVENANCE, new_per_old=Fraction(4))
    apple = [b for b in held if b.subject == ticker("AAPL")]
    assert price_findings(apple, [split]) == ()
    adjusted = [replace(b, close_usd=b.close_usd / 4) if b.day < ex else b for b in apple]
    assert flaws(price_findings(adjusted, [split])) == [PriceFlaw.ADJUSTED]
    half = [replace(b, close_usd=b.close_usd / 4) if b.day < date(2020, 7, 1) else b for b in apple]
    assert flaws(price_findings(half, [split])) == [PriceFlaw.TWO_SCALES]


def test_a_third_in_decimals_is_a_reverse_split_of_one_for_three():
    (action,) = actions_of_bars(bars(1, 3, splits={1: 0.3333333333333333}))
    assert action.new_per_old == Fraction(1, 3)
    assert split_events([], ids).events == ()
