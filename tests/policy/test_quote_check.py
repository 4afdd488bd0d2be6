"""Quotes before they become prices: which are set aside, with which reason."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.market import Market
from di_advisor.domain.quotes import Quote
from di_advisor.errors import InputError
from di_advisor.policy.quote_check import QuoteRules, checked
from tests.policy.world import AS_OF, UNIVERSE

NOW = datetime(2026, 11, 23, 16, tzinfo=UTC)
OPENED = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)
MARKET = Market(AS_OF, NOW - timedelta(days=3), UNIVERSE, (Decimal(100),) * 3, np.ones(3), np.full(3, 1e8), np.ones(3))
NAN = math.nan
FRESH = NOW - timedelta(minutes=1)


def reason_of(quote: Quote, accepted: float | None = None) -> str:
    found = checked([quote], MARKET, {} if accepted is None else {"A": accepted}, now=NOW, opened=OPENED)
    aside = {each.security_id: each.reason for each in found.aside}
    assert ("A" in aside) != ("A" in found.price_usd)
    return aside.get("A", "")


@pytest.mark.parametrize(
    ("quote", "words"),
    [
        (Quote("A", NAN, at=FRESH), "not a number"),
        (Quote("A", 0.0, at=FRESH), "its price is 0"),
        (Quote("A", -5.0, at=FRESH), "its price is -5"),
        (Quote("A", math.inf, at=FRESH), "its price cannot be read as a number"),
        (Quote("A", 100.0, 101.0, 99.0, FRESH), "crossed: bid 101 above ask 99"),
        (Quote("A", 100.0, 0.0, 100.0, FRESH), "its bid is 0"),
        (Quote("A", 100.0, 90.0, 110.0, FRESH), "2,000.0 bps apart"),
        (Quote("A", 100.0, at=None), "time is not known"),
        (Quote("A", 100.0, at=datetime(2026, 11, 23, 11)), "no zone"),  # noqa: DTZ001 what is refused
        (Quote("A", 100.0, at=datetime.max.replace(tzinfo=timezone(-timedelta(hours=5)))), "cannot be read"),
        (Quote("A", 100.0, at=datetime.min.replace(tzinfo=timezone(timedelta(hours=5)))), "cannot be read"),
        (Quote("A", 100.0, at=NOW - timedelta(minutes=16)), "stale: of 2026-11-23 15:44:00"),
        (Quote("A", 100.0, at=NOW - timedelta(days=1)), "stale"),
        (Quote("A", 100.0, at=NOW + timedelta(minutes=2)), "still to come"),
        (Quote("A", 10.0, at=FRESH), "jumped from 100 to 10"),
        (Quote("A", 125.0, at=FRESH), "jumped from 100 to 125"),
    ],
)
def test_a_quote_that_is_not_to_be_trusted_is_set_aside_with_its_reason(quote: Quote, words: str) -> None:
    assert words in reason_of(quote)


def test_a_quote_of_before_the_opening_is_set_aside() -> None:
    soon = checked(
        [Quote("A", 100.0, at=OPENED - timedelta(minutes=2))],
        MARKET, {}, now=OPENED + timedelta(minutes=1), opened=OPENED,
    )  # fmt: skip
    assert "before the session opened" in soon.aside[0].reason


def test_a_good_quote_gives_the_middle_of_its_sides_or_the_last_trade() -> None:
    found = checked(
        [Quote("T-A", 90.0, 99.0, 101.0, FRESH), Quote("B", 98.5, at=FRESH), Quote("XYZ", 5.0, at=FRESH)],
        MARKET, {}, now=NOW, opened=OPENED,
    )  # fmt: skip
    assert dict(found.price_usd) == {"A": 100.0, "B": 98.5}
    assert [(each.ticker, each.reason) for each in found.aside] == [("T-C", "there is no quote")]
    assert found.strangers == ("XYZ",)


def test_a_jump_is_measured_against_the_price_accepted_last() -> None:
    assert reason_of(Quote("A", 130.0, at=FRESH), accepted=115.0) == ""
    assert "jumped from 80 to 100" in reason_of(Quote("A", 100.0, at=FRESH), accepted=80.0)


def test_of_several_quotes_the_newest_counts_and_one_without_a_time_never_beats_one_with() -> None:
    several = [Quote("A", 101.0, at=FRESH), Quote("T-A", 99.0, at=FRESH - timedelta(minutes=5)), Quote("A", 50.0)]
    assert checked(several, MARKET, {}, now=NOW, opened=OPENED).price_usd["A"] == 101.0


def test_a_name_without_a_price_before_is_set_aside() -> None:
    unpriced = replace(MARKET, price_usd=(None, Decimal(100), Decimal(100)))
    found = checked([Quote("A", 10.0, at=FRESH)], unpriced, {}, now=NOW, opened=OPENED)
    assert "no earlier price" in found.aside[0].reason


prices = st.floats(allow_nan=True, allow_infinity=True)


@given(prices, prices, prices)
def test_whatever_comes_a_price_that_is_used_is_finite_and_within_the_jump(last: float, bid: float, ask: float) -> None:
    found = checked([Quote("A", last, bid, ask, FRESH)], MARKET, {}, now=NOW, opened=OPENED)
    assert len(found.price_usd) + len(found.aside) == 3
    for price in found.price_usd.values():
        assert 100 / 1.2 - 1e-9 <= price <= 100 * 1.2 + 1e-9


def test_rules_that_make_no_sense_are_refused() -> None:
    with pytest.raises(InputError):
        QuoteRules(jump_max=0.0)
    with pytest.raises(InputError):
        QuoteRules(covered_min=1.5)
