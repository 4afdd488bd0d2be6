"""A tax year that is over for trades."""

from datetime import date

import pytest

from di_advisor.errors import InputError
from di_advisor.policy.year_end import year_dates


def test_after_the_last_session_there_is_nothing_to_plan_and_on_it_there_is() -> None:
    with pytest.raises(InputError, match="its last session was 2022-12-30"):
        year_dates(date(2022, 12, 31))
    assert year_dates(date(2022, 12, 30)).sessions_left == 0
