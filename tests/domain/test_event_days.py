"""Days of events: mistyped years are refused, and what is left can be moved by a holding period."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from di_advisor.domain.events import Buy, Event, GiftReceived, Inheritance, TransferIn, YearClosed
from di_advisor.errors import InputError

ON = date(2025, 3, 3)
ONE = Decimal(1)
COMMON: dict[str, Any] = {"event_id": "e", "account_id": "A", "security_id": "X", "shares": ONE}


def bought(**days: date) -> Event:
    return Buy(**({"on": ON, "amount_usd": ONE} | COMMON | days))


def came(**days: date) -> Event:
    return TransferIn(**({"on": ON, "basis_total_usd": ONE, "acquired": ON} | COMMON | days))


def given(**days: date) -> Event:
    return GiftReceived(**({"on": ON, "donor_basis_usd": ONE, "value_usd": ONE} | COMMON | days))


def inherited(**days: date) -> Event:
    return Inheritance(**({"on": ON, "value_at_death_usd": ONE} | COMMON | days))


@pytest.mark.parametrize("strange", [date.min, date(1799, 12, 31), date(3000, 1, 1), date.max])
@pytest.mark.parametrize(
    ("make", "field"),
    [
        (bought, "on"),
        (bought, "settles_on"),
        (came, "acquired"),
        (came, "held_since"),
        (given, "donor_held_since"),
        (inherited, "died_on"),
    ],
)
def test_days_of_impossible_years_are_refused_in_every_field(make: Any, field: str, strange: date) -> None:
    with pytest.raises(InputError, match=f"{field} is {strange}; days from 1800 to 2999 are taken"):
        make(**{field: strange})


@pytest.mark.parametrize("on", [date(1800, 1, 1), date(2999, 12, 31)])
def test_the_first_and_the_last_day_are_taken(on: date) -> None:
    assert bought(on=on).on == on


def test_a_year_is_closed_after_its_end_only() -> None:
    with pytest.raises(InputError, match="can still wash losses of 2030"):
        YearClosed(event_id="y", on=date(2026, 4, 15), tax_year=2030)
