"""Adjusted prices beside lots as they were bought are refused; what no split explains is left alone."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.events import Buy, ReverseSplit, Split, StockDividend, TaxTreatment, TransferIn
from di_advisor.domain.price_scale import require_one_scale
from di_advisor.errors import InputError

BOUGHT, SPLIT = date(2020, 1, 2), date(2021, 6, 1)


def split(new_per_old: str, on: date = SPLIT):
    ratio = Fraction(new_per_old)
    kind = Split if ratio > 1 else ReverseSplit
    return kind(
        event_id=f"split {on}", on=on, security_id="X", tax_treatment=TaxTreatment.SPLIT, new_per_old=ratio, source="t"
    )


def bought(price: str, shares: int = 4) -> Buy:
    return Buy(
        event_id="b", on=BOUGHT, account_id="a", security_id="X", shares=shares, amount_usd=Fraction(price) * shares
    )


def arrived(price: str, on: date) -> TransferIn:
    return TransferIn(
        event_id="t", on=on, account_id="a", security_id="X", shares=2, basis_total_usd=Fraction(price) * 2,
        acquired=BOUGHT,
    )  # fmt: skip


def test_an_adjusted_history_beside_lots_as_they_were_bought_is_refused():
    with pytest.raises(
        InputError, match=r"1250\.00 USD a share, at a close of 12\.50, which is adjusted .*100 for one"
    ):
        require_one_scale([bought("1250"), split("100")], {("X", BOUGHT): 12.5})


def test_adjusted_lots_beside_raw_closes_are_refused_too():
    with pytest.raises(InputError, match="the lot is adjusted for the splits"):
        require_one_scale([bought("12.5"), split("100")], {("X", BOUGHT): 1250.0})


def test_several_splits_are_taken_together_and_a_reverse_split_too():
    events = [bought("80"), split("4"), split("2", date(2023, 1, 3))]
    with pytest.raises(InputError, match="different scales"):
        require_one_scale(events, {("X", BOUGHT): 10.0})
    with pytest.raises(InputError, match="different scales"):
        require_one_scale([bought("13"), split("1/8")], {("X", BOUGHT): 104.0})


def test_a_lot_that_came_after_the_split_is_counted_in_new_shares():
    later = date(2022, 1, 3)
    require_one_scale([arrived("12.5", later), split("100")], {("X", BOUGHT): 1250.0})
    require_one_scale([arrived("12.5", later), split("100")], {("X", BOUGHT): 12.5})
    with pytest.raises(InputError, match="different scales"):
        require_one_scale([arrived("1250", BOUGHT), split("100")], {("X", BOUGHT): 12.5})


@pytest.mark.parametrize(
    ("events", "close"),
    [
        ([bought("1250")], 12.5),  # no split explains it: a basis per share, or another mistake
        ([bought("1250"), split("100", date(2019, 6, 3))], 12.5),  # the split came before
        ([bought("1250"), split("100")], 1180.0),  # raw, a day's range apart
        ([bought("1250"), split("100")], None),
        ([bought("1250"), split("100")], 30.0),  # no such factor
        ([bought("0"), split("100")], 12.5),
    ],
)
def test_what_no_split_explains_passes(events, close):
    require_one_scale(events, {} if close is None else {("X", BOUGHT): close})


def test_a_small_stock_dividend_cannot_be_seen_in_prices():
    dividend = StockDividend(
        event_id="d", on=SPLIT, security_id="X", tax_treatment=TaxTreatment.TAX_FREE, new_per_old=Fraction(1, 20),
        source="t",
    )  # fmt: skip
    require_one_scale([bought("105"), dividend], {("X", BOUGHT): 100.0})


@given(st.integers(2, 100), st.floats(0.95, 1.05), st.integers(1, 5000))
def test_any_split_is_seen_on_the_wrong_scale_and_not_on_the_right_one(ratio, noise, price):
    events = [bought(str(price)), split(str(ratio))]
    require_one_scale(events, {("X", BOUGHT): price * noise})
    with pytest.raises(InputError):
        require_one_scale(events, {("X", BOUGHT): price * noise / ratio})
