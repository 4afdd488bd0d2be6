"""The last trade date, its settlement, and the first loss that January can still wash."""

import json
from datetime import date
from pathlib import Path

import pytest

from di_advisor.errors import InputError
from di_advisor.policy.year_end import year_dates


@pytest.mark.parametrize(
    ("as_of", "last", "settles"),
    [
        (date(2026, 12, 10), date(2026, 12, 31), date(2027, 1, 4)),  # a Thursday; New Year's Day is a Friday
        (date(2028, 3, 1), date(2028, 12, 29), date(2029, 1, 2)),  # 31 December is a Sunday
        (date(2022, 12, 30), date(2022, 12, 30), date(2023, 1, 4)),  # two days to settle then
    ],
)
def test_the_last_trade_date_is_the_last_session_and_settles_in_the_next_year(
    as_of: date, last: date, settles: date
) -> None:
    dates = year_dates(as_of)
    assert (dates.last_trade, dates.settles_on) == (last, settles)
    assert "the trade date counts for tax" in dates.sentence


def test_a_loss_of_2_december_is_the_first_that_a_purchase_in_january_can_wash() -> None:
    dates = year_dates(date(2026, 11, 20))
    assert dates.first_provisional == date(2026, 12, 2)
    assert dates.january_end == date(2027, 1, 30)
    assert dates.sessions_left == 5 + 22  # 23 to 30 November without Thanksgiving, and December without Christmas


def test_a_trade_of_31_december_counts_for_the_year_it_was_made_in(shared: Path) -> None:
    cases = {c["id"]: c for c in json.loads((shared / "cases" / "tax_cases.json").read_text(encoding="utf-8"))}
    case = cases["ID-008"]
    dates = year_dates(date(2025, 12, 1))
    assert dates.last_trade == date.fromisoformat(case["input"]["trade_date"])
    assert dates.settles_on == date.fromisoformat(case["input"]["settlement_date"])
    assert dates.year == case["expected"]["tax_year"]


def test_a_year_outside_the_calendar_is_refused() -> None:
    with pytest.raises(InputError, match="outside the exchange calendar"):
        year_dates(date(2060, 1, 4))
