"""Carryovers: what is used up and what is left, and whose; gifts, inheritances, charity; dividends by lot."""

from dataclasses import fields
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.events.cash import DividendKind
from di_advisor.domain.taxes import FilingStatus
from di_advisor.errors import IncompleteDataError, InputError
from di_advisor.ledger.tax_return import (
    SharesHeld,
    carryover_worksheet,
    charitable_gift,
    count_holding_days,
    gift_sale,
    inherited_basis,
    split_dividend,
    split_joint_carryover,
)
from di_advisor.ledger.tax_return.transfers import HoldingStart

MONEY = st.decimals(-200_000, 200_000, places=2)
POSITIVE = st.decimals(0, 200_000, places=2)


@given(MONEY, MONEY, MONEY, st.sampled_from(FilingStatus))
def test_what_is_used_and_what_carries_add_up_to_the_net_loss(
    short: Decimal, long: Decimal, income: Decimal, status: FilingStatus
) -> None:
    sheet = carryover_worksheet(
        net_short_usd=short, net_long_usd=long, taxable_income_unfloored_usd=income, filing_status=status
    )
    carried = (sheet.line_8_short_carryover_usd, sheet.line_13_long_carryover_usd)
    assert sheet.line_4_used_usd + sum(carried) == max(0, -Fraction(short + long))
    assert 0 <= sheet.line_4_used_usd <= sheet.line_2_loss_deducted_usd <= 3_000
    assert all(getattr(sheet, field.name) >= 0 for field in fields(sheet)[1:])
    assert carried[0] <= max(0, -short)
    assert carried[1] <= max(0, -long)


@given(POSITIVE, MONEY, MONEY)
def test_spouses_share_a_carryover_to_the_cent(carryover: Decimal, first: Decimal, second: Decimal) -> None:
    if carryover and min(first, second) >= 0:
        with pytest.raises(InputError, match="neither spouse had a net loss"):
            split_joint_carryover(carryover, first, second)
        return
    shares = split_joint_carryover(carryover, first, second)
    assert sum(shares) == Fraction(carryover)
    for share, net in zip(shares, (first, second), strict=True):
        assert 0 <= share <= Fraction(carryover)
        assert (share * 100).denominator == 1
        assert net < 0 or share == 0


def test_a_carryover_goes_to_whose_loss_it_was() -> None:
    assert split_joint_carryover(Decimal(9_000), Decimal(-8_000), Decimal(-4_000)) == (6_000, 3_000)
    assert split_joint_carryover(Decimal(9_000), Decimal(2_000), Decimal(-14_000)) == (0, 9_000)
    with pytest.raises(InputError, match="entered as a positive amount"):
        split_joint_carryover(Decimal(-1), Decimal(-1), Decimal(0))


@given(POSITIVE, POSITIVE, POSITIVE)
def test_a_gift_is_sold_at_the_donors_basis_or_the_lower_value_or_at_neither(
    donor: Decimal, value: Decimal, proceeds: Decimal
) -> None:
    sale = gift_sale(donor_basis_usd=donor, value_at_gift_usd=value, proceeds_usd=proceeds)
    gain, loss = proceeds - donor, proceeds - min(donor, value)
    assert sale.gain_usd == (max(gain, Decimal(0)) or min(loss, Decimal(0)))
    if sale.gain_usd > 0:
        assert sale.holding_start is HoldingStart.DONOR
    if sale.gain_usd < 0 and value < donor:
        assert sale.holding_start is HoldingStart.DAY_AFTER_GIFT


def test_a_gift_worth_the_donors_basis_keeps_the_donors_holding_period_for_a_loss_too() -> None:
    sale = gift_sale(donor_basis_usd=Decimal(100), value_at_gift_usd=Decimal(100), proceeds_usd=Decimal(90))
    assert (sale.gain_usd, sale.basis_usd, sale.holding_start) == (-10, 100, HoldingStart.DONOR)


def test_an_inheritance_steps_up_and_down_and_charity_gets_no_loss() -> None:
    down = inherited_basis(decedent_basis_usd=Decimal(2_000), value_at_death_usd=Decimal(600))
    assert (down.basis_usd, down.step_usd, down.long_term) == (600, -1_400, True)
    lost = charitable_gift(basis_usd=Decimal(5_000), value_usd=Decimal(3_000), long_term=False)
    assert (lost.deduction_usd, lost.loss_forgone_usd, lost.gain_recognized_usd) == (3_000, 2_000, 0)
    with pytest.raises(InputError, match="value_usd is -1; it cannot be negative"):
        charitable_gift(basis_usd=Decimal(1), value_usd=Decimal(-1), long_term=True)


EX = date(2024, 7, 12)
EVE = EX - timedelta(days=1)
DAYS = st.integers(1, 200)


def by_calendar(lot: SharesHeld, around: int) -> int:
    """Count the days one by one: held after purchase, in the window, not at reduced risk."""
    days = (EX + timedelta(days=offset) for offset in range(-around, around + 1))
    return sum(
        lot.held_from < day <= lot.sold_on and not any(a <= day <= b for a, b in lot.reduced_risk) for day in days
    )


@given(
    DAYS,
    st.integers(0, 200),
    st.lists(st.tuples(st.integers(-100, 100), st.integers(0, 40)), max_size=3),
    st.sampled_from([DividendKind.COMMON, DividendKind.PREFERRED, DividendKind.PREFERRED_LONG]),
)
def test_days_are_those_of_a_calendar(before: int, after: int, risks: list, kind: DividendKind) -> None:
    spans = tuple((EX + timedelta(days=a), EX + timedelta(days=a + b)) for a, b in risks)
    lot = SharesHeld(1, EX - timedelta(days=before), EX + timedelta(days=after), spans)
    around, more_than = (90, 90) if kind is DividendKind.PREFERRED_LONG else (60, 60)
    days = count_holding_days(lot, EX, kind)
    assert days.days_in_window == by_calendar(lot, around)
    assert days.qualified == (days.days_in_window > more_than)
    assert (days.window_end - days.window_start).days == 2 * around


def test_a_dividend_is_split_by_lot_and_adds_up() -> None:
    kept = SharesHeld(2, EX - timedelta(days=400), EX + timedelta(days=90))
    flipped = SharesHeld(1, EVE, EX + timedelta(days=39))
    split = split_dividend(Decimal("100.00"), DividendKind.COMMON, EX, [kept, flipped])
    assert split.qualified_usd == Fraction(200, 3)
    assert split.ordinary_usd == Fraction(100, 3)
    assert [days.days_in_window for _, _, days in split.by_lot] == [121, 40]


@pytest.mark.parametrize("kind", [DividendKind.REIT, DividendKind.IN_LIEU, DividendKind.NONQUALIFIED])
def test_some_dividends_never_qualify(kind: DividendKind) -> None:
    kept = SharesHeld(2, EX - timedelta(days=400), EX + timedelta(days=400))
    assert split_dividend(Decimal(5), kind, EX, [kept]).qualified_usd == 0
    assert not count_holding_days(kept, EX, kind).qualified
    assert split_dividend(Decimal(5), DividendKind.COMMON, None, [kept]).ordinary_usd == 5


def test_shares_still_held_are_judged_as_of_a_day_and_may_yet_qualify() -> None:
    held = SharesHeld(1, EVE)
    early = count_holding_days(held, EX, as_of=EX + timedelta(days=20))
    assert not early.qualified
    assert early.may_change_until == EX + timedelta(days=60)
    late = count_holding_days(held, EX, as_of=EX + timedelta(days=60))
    assert late.qualified
    assert late.may_change_until is None
    with pytest.raises(IncompleteDataError, match="no day is given"):
        count_holding_days(held, EX)


@pytest.mark.parametrize(("bought", "sold"), [(EX, None), (EX - timedelta(days=9), EVE)])
def test_shares_that_were_not_entitled_are_refused(bought: date, sold: date | None) -> None:
    with pytest.raises(InputError, match="get no dividend with ex-date 2024-07-12"):
        split_dividend(Decimal(5), DividendKind.COMMON, EX, [SharesHeld(1, bought, sold)], as_of=EX)
    with pytest.raises(IncompleteDataError, match="has no lots that earned it"):
        split_dividend(Decimal(5), DividendKind.COMMON, EX, [])


def test_a_lot_sold_before_it_was_bought_and_an_empty_one_are_refused() -> None:
    with pytest.raises(InputError, match="dated before its lot"):
        SharesHeld(1, EX, EVE)
    with pytest.raises(InputError, match="A lot holds 0 shares"):
        SharesHeld(0, EVE, EX)
