"""Days of events: mistyped years are refused, and what is left can be moved by a holding period."""

from datetime import date
from typing import Any

import pytest

from di_advisor.domain.events import Buy, Event, GiftReceived, Inheritance, TransferIn, YearClosed
from di_advisor.errors import InputError

ON = date(2025, 3, 3)
SHARES: dict[str, Any] = {"account_id": "A", "security_id": "X", "shares": 10}


@pytest.mark.parametrize("strange", [date.min, date(1799, 12, 31), date(3000, 1, 1), date.max])
def test_days_of_impossible_years_are_refused_in_every_field(strange: date) -> None:
    def buy(on: date, settles_on: date | None = None) -> Event:
        return Buy(event_id="e", on=on, settles_on=settles_on, amount_usd=1, **SHARES)

    def came(acquired: date | None, held_since: date | None = None) -> Event:
        return TransferIn(event_id="e", on=ON, basis_total_usd=1, acquired=acquired, held_since=held_since, **SHARES)

    makers = {
        "on": lambda: buy(strange),
        "settles_on": lambda: buy(ON, strange),
        "acquired": lambda: came(strange),
        "held_since": lambda: came(ON, strange),
        "donor_held_since": lambda: GiftReceived(
            event_id="e", on=ON, donor_basis_usd=1, value_usd=1, donor_held_since=strange, **SHARES
        ),
        "died_on": lambda: Inheritance(event_id="e", on=ON, value_at_death_usd=1, died_on=strange, **SHARES),
    }
    for field, make in makers.items():
        with pytest.raises(InputError, match=f"{field} is {strange}; days from 1800 to 2999 are taken"):
            make()
    assert buy(date(1800, 1, 1)).on.year == 1800
    assert buy(date(2999, 12, 31)).on.year == 2999


def test_a_year_is_closed_after_its_end_only() -> None:
    with pytest.raises(InputError, match="can still wash losses of 2030"):
        YearClosed(event_id="y", on=date(2026, 4, 15), tax_year=2030)


def test_a_day_that_is_not_known_is_left_out() -> None:
    assert TransferIn(event_id="e", on=ON, basis_total_usd=1, acquired=None, **SHARES).held_since is None
