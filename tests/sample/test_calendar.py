"""The holiday rules give the exchange's own trading days."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from di_advisor.sample.calendar import (
    FIRST_DAY,
    LAST_DAY,
    holidays,
    is_summer_time,
    month_ends,
    reconstitution_days,
    trading_days,
)


# The calendar package uses what the newest pandas is about to change; that is its business, not ours.
@pytest.mark.filterwarnings("ignore::Warning:pandas", "ignore::Warning:exchange_calendars")
def test_the_rules_agree_with_the_calendar_package_for_eight_years():
    import exchange_calendars

    sessions = exchange_calendars.get_calendar("XNYS", start="2019-01-01", end="2026-12-31").sessions
    ours = trading_days(date(2019, 1, 1), date(2026, 12, 31))
    assert np.setxor1d(ours, sessions.values.astype("datetime64[D]")).tolist() == []


def test_the_sample_covers_five_years_of_trading_days_and_ends_on_one():
    days = trading_days(FIRST_DAY, LAST_DAY)
    assert len(days) == 1254
    assert (days[0].astype(object), days[-1].astype(object)) == (FIRST_DAY, LAST_DAY)


def test_new_year_on_a_saturday_closes_no_day():
    assert date(2021, 12, 31) not in holidays(2021)
    assert not [d for d in holidays(2022) if d.month == 1 and d.day < 10]


def test_reconstitutions_take_effect_on_the_first_trading_day_after_the_third_friday():
    days = trading_days(date(2026, 1, 1), date(2026, 7, 31))
    assert [str(days[i]) for i in reconstitution_days(days)] == ["2026-03-23", "2026-06-22"]


def test_a_third_friday_that_is_a_holiday_still_moves_to_the_next_trading_day():
    # Juneteenth of 2026 is the third Friday of June.
    assert date(2026, 6, 19) in holidays(2026)
    days = trading_days(date(2026, 6, 1), date(2026, 6, 30))
    assert [str(days[i]) for i in reconstitution_days(days)] == ["2026-06-22"]


def test_summer_time_is_that_of_new_york():
    days = trading_days(date(2021, 1, 1), date(2026, 12, 31))
    zone = ZoneInfo("America/New_York")
    expected = [int(datetime(d.year, d.month, d.day, 12, tzinfo=zone).dst().seconds > 0) for d in days.astype(object)]
    assert is_summer_time(days).tolist() == expected


@given(st.dates(date(2019, 1, 1), date(2025, 6, 1)), st.integers(1, 500))
def test_trading_days_are_weekdays_in_order_and_month_ends_are_the_last_of_each_month(first, length):
    last = date.fromordinal(first.toordinal() + length)
    days = trading_days(first, last)
    assert np.is_busday(days).all()
    assert (np.diff(days) > np.timedelta64(0, "D")).all()
    ends = days[month_ends(days)] if len(days) else days
    assert len(np.unique(ends.astype("datetime64[M]"))) == len(ends) == len(np.unique(days.astype("datetime64[M]")))
