"""A mandate takes good wishes and refuses the others by name; none is lost silently."""

import re
from decimal import Decimal

import pytest

from di_advisor.domain.mandate import Band, Mandate, NameBand
from di_advisor.errors import InputError


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("do_not_hold", "AAPL", r"do_not_hold is the text 'AAPL'.*frozenset"),
        ("do_not_buy", [1], "not a security id"),
        ("turnover_max", float("nan"), "turnover_max is nan"),
        ("turnover_max", "0.1", "turnover_max is '0.1'"),
        ("participation_max", float("nan"), "participation_max is nan"),
        ("participation_max", 0.0, "above 0"),
        ("tracking_error_max", 100, "fraction per year: 0.01 for 100 bps"),
        ("tracking_error_max", "0.01", "fraction per year"),
        ("risk_aversion", -1.0, "risk_aversion is -1.0"),
        ("sector_band", 0.02, r"sector_band is 0.02.*Band.within"),
        ("name_band", None, "name_band is None"),
        ("factor_bands", {"market": 0.1}, "'market'"),
        ("share_decimals", 1.5, "share_decimals is 1.5"),
        ("share_decimals", 30, "from 0 to 9"),
        ("mode", "foo", "rebalance, buy_only"),
        ("rounding", "halves", "whole_shares"),
        ("max_trade_usd", Decimal(-5), "at least 0"),
        ("min_trade_usd", "abc", "min_trade_usd is not a number"),
        ("cash_max", 0.0, "Leave at least"),
    ],
)
def test_a_wish_of_the_wrong_kind_is_refused_by_name(field: str, value: object, words: str) -> None:
    with pytest.raises(InputError) as caught:
        Mandate(**{field: value})  # type: ignore[arg-type]
    assert re.search(words, str(caught.value)), str(caught.value)


def test_a_minimum_above_the_maximum_trade_is_refused() -> None:
    with pytest.raises(InputError, match="max_trade_usd"):
        Mandate(min_trade_usd=Decimal(500), max_trade_usd=Decimal(100))


def test_changes_give_a_new_mandate_and_keep_the_rest() -> None:
    before = Mandate(sector_band=Band.within(0.02), name_band=NameBand(0.5, 2.0), do_not_buy=frozenset({"A"}))
    after = before.with_changes(tracking_error_max=0.01)
    assert before.tracking_error_max is None
    assert after.tracking_error_max == 0.01
    assert after.sector_band == before.sector_band
    assert after.do_not_buy == {"A"}
