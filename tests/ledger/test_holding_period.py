"""The holding period by calendar months: boundaries, published cases, and two other ways to count."""

import json
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from di_advisor.errors import InputError
from di_advisor.ledger.days import day_array
from di_advisor.ledger.holding_period import (
    is_long_term,
    long_term_from,
    long_term_from_many,
    long_term_mask,
    tacked_since,
)

DAYS = st.dates(date(1900, 1, 1), date(2299, 12, 31))


def counted_on_the_calendar(held_since: date, sold: date, months: int) -> bool:
    """Say whether a sale is long-term by comparing calendar pages instead of building a date."""
    start = date.fromordinal(held_since.toordinal() + 1)
    return (12 * sold.year + sold.month - months, sold.day) >= (12 * start.year + start.month, start.day)


def walked_day_by_day(held_since: date) -> date:
    """Find the first long-term day by walking: the first day after the anniversary's eve, if there is one."""
    start = held_since + timedelta(days=1)
    day = start + timedelta(days=360)
    while (day.month, day.day) < (start.month, start.day) or day.year == start.year:
        day += timedelta(days=1)
    return day


@given(DAYS, st.integers(0, 800), st.sampled_from([6, 12]))
@example(date(2023, 2, 28), 366, 12)
@example(date(2024, 2, 28), 366, 12)
@example(date(2024, 2, 29), 366, 12)
@example(date(1972, 11, 30), 182, 6)
def test_the_term_is_the_same_when_calendar_pages_are_compared(held_since: date, days: int, months: int) -> None:
    sold = held_since + timedelta(days=days)
    assert is_long_term(held_since, sold, months=months) == counted_on_the_calendar(held_since, sold, months)


@given(DAYS)
@example(date(2024, 2, 28))
@example(date(2023, 12, 31))
def test_the_first_long_term_day_is_the_same_when_walked_to(held_since: date) -> None:
    assert long_term_from(held_since) == walked_day_by_day(held_since)


def test_every_day_of_eight_years_around_a_century_turns_long_when_walked_to() -> None:
    for ordinal in range(date(1897, 1, 1).toordinal(), date(1905, 1, 1).toordinal()):
        day = date.fromordinal(ordinal)
        assert long_term_from(day) == walked_day_by_day(day)


@given(DAYS, st.integers(0, 800))
def test_a_sale_is_long_term_exactly_from_the_first_long_term_day_on(held_since: date, days: int) -> None:
    sold = held_since + timedelta(days=days)
    assert is_long_term(held_since, sold) == (sold >= long_term_from(held_since))


@given(DAYS, st.integers(0, 800))
def test_moving_both_dates_by_a_gregorian_cycle_changes_nothing(held_since: date, days: int) -> None:
    cycle = timedelta(days=146_097)
    sold = held_since + timedelta(days=days)
    assert is_long_term(held_since, sold) == is_long_term(held_since + cycle, sold + cycle)


@pytest.mark.parametrize(
    ("held_since", "first_long_term_day"),
    [
        ("2024-01-15", "2025-01-16"),
        ("2023-02-27", "2024-02-28"),
        ("2023-02-28", "2024-03-01"),
        ("2024-02-27", "2025-02-28"),
        ("2024-02-28", "2025-03-01"),
        ("2024-02-29", "2025-03-01"),
        ("2023-12-31", "2025-01-01"),
        ("2099-02-28", "2100-03-01"),
    ],
)
def test_the_day_after_the_anniversary_is_the_first_long_one(held_since: str, first_long_term_day: str) -> None:
    first = date.fromisoformat(first_long_term_day)
    assert long_term_from(date.fromisoformat(held_since)) == first
    assert is_long_term(date.fromisoformat(held_since), first)
    assert not is_long_term(date.fromisoformat(held_since), first - timedelta(days=1))


@given(st.lists(DAYS, max_size=50))
def test_the_array_form_equals_the_scalar_form(days: list[date]) -> None:
    assert long_term_from_many(day_array(days)).tolist() == [long_term_from(d) for d in days]


@given(st.lists(st.integers(0, 800), min_size=1, max_size=50), DAYS)
def test_the_mask_equals_the_scalar_term(ages_days: list[int], sold: date) -> None:
    held = [sold - timedelta(days=a) for a in ages_days]
    assert long_term_mask(day_array(held), sold).tolist() == [is_long_term(d, sold) for d in held]


def test_the_array_form_equals_the_scalar_form_on_every_day_of_five_years() -> None:
    days = [date(2022, 12, 1) + timedelta(days=i) for i in range(5 * 366)]
    assert long_term_from_many(day_array(days)).tolist() == [long_term_from(d) for d in days]


def test_the_published_cases_get_their_term_and_their_first_long_term_day(shared: Path) -> None:
    cases = json.loads((shared / "cases" / "tax_cases.json").read_text(encoding="utf-8"))
    seen = 0
    for case in cases:
        if not case["id"].startswith("HP-"):
            continue
        given_, expected = case["input"], case["expected"]
        # The effective start lies earlier by the days tacked (26 USC 1223).
        held_since = date.fromisoformat(given_["acquired"]) - timedelta(days=given_["tacked_days"])
        sold, months = date.fromisoformat(given_["sold"]), given_["threshold_months"]
        assert is_long_term(held_since, sold, months=months) == (expected["term"] == "long"), case["id"]
        assert long_term_from(held_since, months=months).isoformat() == expected["first_long_term_date"], case["id"]
        if months == 12:
            assert long_term_mask(day_array([held_since]), sold).tolist() == [expected["term"] == "long"], case["id"]
        seen += 1
    assert seen >= 11


def test_the_published_wash_sales_get_their_tacked_dates(shared: Path) -> None:
    cases = {c["id"]: c for c in json.loads((shared / "cases" / "tax_cases.json").read_text(encoding="utf-8"))}
    # One loss lot into one replacement: the dates are unambiguous.
    for case_id in ("WS-001", "WS-005", "WS-008", "WS-018", "WS-020", "WS-027", "WS-030"):
        sold, replacement = cases[case_id]["input"]["rows"]
        (start,) = {p["holding_period_start"] for p in cases[case_id]["expected"]["pieces"] if p["is_replacement"]}
        since = tacked_since(
            *(date.fromisoformat(r) for r in (replacement["buy_date"], sold["sell_date"], sold["buy_date"]))
        )
        assert since.isoformat() == start, case_id


def test_tacking_can_make_a_replacement_long_term() -> None:
    since = tacked_since(date(2024, 10, 15), date(2024, 10, 1), date(2024, 1, 2))
    assert since == date(2024, 1, 16)
    assert is_long_term(since, date(2025, 2, 3))
    assert not is_long_term(date(2024, 10, 15), date(2025, 2, 3))


def test_a_sale_before_its_lot_is_refused_and_names_both_dates() -> None:
    with pytest.raises(InputError, match="2024-02-01 is dated before its lot, held since 2024-03-01"):
        is_long_term(date(2024, 3, 1), date(2024, 2, 1))
    with pytest.raises(InputError, match="1 lots are held since a day after the sale on 2024-02-01"):
        long_term_mask(day_array([date(2024, 1, 1), date(2024, 3, 1)]), date(2024, 2, 1))


def test_a_timestamp_is_refused_because_tax_rules_count_dates() -> None:
    midnight = datetime(2024, 12, 31, 23, 30)  # noqa: DTZ001 - any timestamp, with or without a zone
    with pytest.raises(InputError, match="timestamp"):
        is_long_term(date(2024, 1, 1), midnight)
    with pytest.raises(InputError, match="a datetime"):
        long_term_from(midnight)
    with pytest.raises(InputError, match="a datetime"):
        day_array([date(2024, 1, 1), midnight])


def test_the_array_form_refuses_gaps_and_timestamps() -> None:
    with pytest.raises(InputError, match="with gaps"):
        long_term_from_many(np.array(["2024-01-01", "NaT"], dtype="datetime64[D]"))
    with pytest.raises(InputError, match=r"datetime64\[s\]"):
        long_term_from_many(np.array(["2024-01-01"], dtype="datetime64[s]"))


def test_no_lots_give_no_terms() -> None:
    assert long_term_mask(day_array([]), date(2024, 1, 1)).tolist() == []
