"""Settlement dates as the rule and the industry's calendars give them, and lots that are final after them."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.events import BY_LAW, LotChoice, LotMethod, LotShares, Sell
from di_advisor.errors import InputError, LateIdentificationError
from di_advisor.ledger.settlement import check_identification_change, identification_deadline, standard_settlement


@pytest.mark.parametrize(
    ("traded", "settles"),
    [
        ("1995-06-06", "1995-06-13"),  # five days
        ("1995-06-07", "1995-06-12"),  # three days from here
        ("2017-09-01", "2017-09-07"),  # the last day of three, over Labor Day
        ("2017-09-05", "2017-09-07"),  # two days from here
        ("2024-05-24", "2024-05-29"),  # the last day of two, over Memorial Day
        ("2024-05-28", "2024-05-29"),  # one day from here
        ("2025-06-02", "2025-06-03"),
        ("2025-06-06", "2025-06-09"),  # over a weekend
        ("2025-07-03", "2025-07-07"),  # over Independence Day
        ("2025-12-31", "2026-01-02"),  # over New Year
        ("2025-01-08", "2025-01-10"),  # the exchange was closed on a day of mourning
    ],
)
def test_trades_settle_after_the_days_of_their_time(traded: str, settles: str) -> None:
    assert standard_settlement(date.fromisoformat(traded)) == date.fromisoformat(settles)


@pytest.mark.parametrize(
    ("traded", "settles"),
    [
        # NASD Notices to Members 95-77 and 99-83: Columbus Day
        ("1995-10-03", "1995-10-06"),
        ("1995-10-04", "1995-10-10"),
        ("1995-10-06", "1995-10-12"),
        ("1995-10-09", "1995-10-12"),
        ("1995-10-10", "1995-10-13"),
        ("1999-10-07", "1999-10-13"),
        ("1999-10-11", "1999-10-14"),
        # Veterans Day on a Thursday, two days
        ("2021-11-09", "2021-11-12"),
        ("2021-11-10", "2021-11-15"),
        ("2021-11-11", "2021-11-15"),
        # Veterans Day on a Sunday is observed on Monday, on a Saturday not at all
        ("2018-11-09", "2018-11-14"),
        ("2023-11-09", "2023-11-13"),
        # 96-90: the birthday of Martin Luther King while the exchange was open on it; 97-93: closed
        ("1997-01-17", "1997-01-23"),
        ("1997-01-20", "1997-01-23"),
        ("1998-01-14", "1998-01-20"),
        # one day
        ("2024-10-11", "2024-10-15"),
        ("2024-10-14", "2024-10-15"),
    ],
)
def test_nothing_settles_on_days_on_which_only_banks_are_closed(traded: str, settles: str) -> None:
    assert standard_settlement(date.fromisoformat(traded)) == date.fromisoformat(settles)


@given(st.dates(date(1980, 1, 1), date(2060, 12, 31)))
def test_settlement_is_a_weekday_after_the_trade_and_never_moves_back(traded: date) -> None:
    settles = standard_settlement(traded)
    assert traded < settles
    assert settles.weekday() < 5
    assert standard_settlement(date.fromordinal(traded.toordinal() + 1)) >= settles or traded >= date(1995, 6, 1)


def test_an_earlier_agreed_settlement_brings_the_deadline_forward_and_a_later_one_does_not_push_it() -> None:
    traded = date(2025, 6, 2)
    assert identification_deadline(traded) == date(2025, 6, 3)
    assert identification_deadline(traded, date(2025, 6, 2)) == date(2025, 6, 2)
    assert identification_deadline(traded, date(2025, 6, 9)) == date(2025, 6, 3)


def sale(**changes: object) -> Sell:
    choice = LotChoice(LotMethod.SPECIFIC, (LotShares("L1"),), chosen_on=date(2025, 6, 2), chosen_by="ann")
    made = Sell(
        event_id="S",
        on=date(2025, 6, 2),
        account_id="A",
        security_id="X",
        shares=10,
        amount_usd=100,
        choice=choice,
        source="row 7",
    )
    return replace(made, **changes)


OTHER = LotChoice(LotMethod.SPECIFIC, (LotShares("L2"),), chosen_on=date(2025, 6, 3))


@pytest.mark.parametrize("choice", [OTHER, BY_LAW, LotChoice(LotMethod.HIFO)])
def test_lots_can_be_changed_until_the_deadline_and_not_after_it(choice: LotChoice) -> None:
    new = sale(event_id="S/2", choice=choice, source="a letter", sequence=4)
    check_identification_change(sale(), new, date(2025, 6, 3))
    with pytest.raises(LateIdentificationError, match="final on 2025-06-03, and on 2025-06-04") as caught:
        check_identification_change(sale(), new, date(2025, 6, 4))
    assert isinstance(caught.value, InputError)
    assert "1.1012-1(c)(8)" in caught.value.hint


def test_a_sale_that_was_recorded_wrongly_can_be_corrected_later() -> None:
    check_identification_change(sale(), sale(event_id="S/2", shares=9, choice=OTHER), date(2025, 9, 1))
    check_identification_change(sale(), sale(event_id="S/2", amount_usd=99), date(2025, 9, 1))
    check_identification_change(sale(), sale(event_id="S/2"), date(2025, 9, 1))
