"""Wishes about several dates: what they may be, and the years between them."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.domain.transition import TransitionWish, years_between
from di_advisor.errors import InputError

DAYS = st.dates(date(2000, 1, 1), date(2060, 1, 1))


def test_quarters_are_today_and_the_quarter_ends_after_thirty_days() -> None:
    wish = TransitionWish.quarterly(date(2026, 6, 30), 4)
    assert wish.later == (date(2026, 9, 30), date(2026, 12, 31), date(2027, 3, 31))
    assert TransitionWish.quarterly(date(2026, 9, 10), 2).later == (date(2026, 12, 31),)
    assert TransitionWish.quarterly(date(2026, 6, 30), 1).later == ()


def test_risk_is_charged_for_a_year_after_the_last_stage() -> None:
    assert TransitionWish().ends(date(2026, 6, 30)) == date(2027, 6, 30)
    assert TransitionWish((date(2028, 2, 29),)).ends(date(2026, 6, 30)) == date(2029, 3, 1)
    assert TransitionWish(horizon=date(2030, 1, 1)).ends(date(2026, 6, 30)) == date(2030, 1, 1)


@given(start=DAYS, years=st.integers(0, 8))
def test_an_anniversary_is_whole_years_away(start: date, years: int) -> None:
    try:
        end = start.replace(year=start.year + years)
    except ValueError:
        end = date(start.year + years, 3, 1)
    assert years_between(start, end) == years


@given(start=DAYS, days=st.integers(0, 2000))
def test_years_grow_with_days(start: date, days: int) -> None:
    end = start + timedelta(days)
    assert years_between(start, end) < years_between(start, end + timedelta(1))
    assert years_between(start, end) == pytest.approx(days / 365.25, abs=0.004)


@pytest.mark.parametrize(
    ("wishes", "says"),
    [
        ({"later": (date(2027, 1, 1), date(2026, 12, 1))}, "ascending"),
        ({"later": (datetime(2027, 1, 1),)}, "not a date"),  # noqa: DTZ001
        ({"gain_budget_usd": {"2026": "1"}}, "Keys are tax years"),
        ({"gain_budget_usd": "plenty"}, "gain_budget_usd"),
        ({"tracking_error_max": 0.01}, "one for each stage"),
        ({"tracking_error_max": (0.01, 0.02)}, "2 caps for 1 stages"),
        ({"tracking_error_max": (120,)}, "fraction per year"),
        ({"expected_return_per_year": -0.02}, "expected_return_per_year"),
        ({"later": (date(2027, 1, 1),), "horizon": date(2027, 1, 1)}, "not after the last stage"),
    ],
)
def test_what_is_no_wish_is_refused_with_a_hint(wishes: dict[str, object], says: str) -> None:
    with pytest.raises(InputError, match=says):
        TransitionWish(**wishes)


def test_a_stage_that_is_not_after_today_is_refused() -> None:
    with pytest.raises(InputError, match="not after today"):
        TransitionWish((date(2026, 6, 30),)).dates(date(2026, 6, 30))


def test_budgets_are_one_for_all_years_or_by_year() -> None:
    assert TransitionWish(gain_budget_usd="5").budget_of("gain", 2031) == 5
    by_year = TransitionWish(gain_budget_usd={2026: "5"})
    assert by_year.budget_of("gain", 2026) == 5
    assert by_year.budget_of("gain", 2027) is None


@pytest.mark.parametrize("quarters", [0, 41, True, 2.0])
def test_a_number_of_quarters_is_a_whole_number(quarters: object) -> None:
    with pytest.raises(InputError, match="whole number"):
        TransitionWish.quarterly(date(2026, 6, 30), quarters)
