"""The loop of polls on a simulated clock: hours, early closes, slow polls, several sessions, cancelling."""

from datetime import UTC, datetime, timedelta

import pytest

from di_advisor.errors import InputError
from di_advisor.policy.intraday import Poll
from di_advisor.policy.polling import polls
from di_advisor.policy.sessions import hours_of
from tests.policy.polled_world import CLOSES, OPENS, SimulatedClock

FIVE = timedelta(minutes=5)


def asked(moments: list[datetime], clock: SimulatedClock, slow: timedelta = timedelta(0)) -> object:
    def ask(now: datetime) -> Poll:
        moments.append(now)
        clock.at += slow
        return Poll(now, "drift")

    return ask


def moments_of(clock: SimulatedClock, every: timedelta = FIVE, **settings: object) -> list[datetime]:
    moments: list[datetime] = []
    slow = settings.pop("slow", timedelta(0))
    found = list(polls(asked(moments, clock, slow), clock, every, **settings))  # type: ignore[arg-type]
    assert [each.at for each in found] == moments
    return moments


def test_polls_lie_on_a_grid_from_opening_to_close() -> None:
    told: list[str] = []
    moments = moments_of(SimulatedClock(OPENS - timedelta(hours=2)), told=told.append)
    assert moments == [OPENS + n * FIVE for n in range(79)]
    assert moments[-1] == CLOSES
    assert told == ["The exchange opens at 2026-11-23 14:30 UTC."]


def test_a_slow_poll_delays_none_after_it_and_missed_ones_are_not_made_up() -> None:
    moments = moments_of(SimulatedClock(OPENS), slow=timedelta(minutes=7))
    assert moments[:3] == [OPENS, OPENS + 2 * FIVE, OPENS + 4 * FIVE]
    assert len(moments) == len(set(moments))


def test_a_start_within_the_session_polls_at_once() -> None:
    start = OPENS + timedelta(minutes=12)
    assert moments_of(SimulatedClock(start))[:2] == [start, OPENS + 3 * FIVE]


def test_a_start_after_the_close_waits_for_the_next_session_over_weekend_and_holiday() -> None:
    wednesday = datetime(2026, 11, 25, 21, 30, tzinfo=UTC)  # Thursday is Thanksgiving, Friday closes at 18:00 UTC
    moments = moments_of(SimulatedClock(wednesday), timedelta(hours=1), sessions=2)
    friday = datetime(2026, 11, 27, 14, 30, tzinfo=UTC)
    monday = datetime(2026, 11, 30, 14, 30, tzinfo=UTC)
    assert moments == [friday + timedelta(hours=h) for h in range(4)] + [monday + timedelta(hours=h) for h in range(7)]


def test_cancelling_ends_a_wait_within_half_a_minute() -> None:
    clock = SimulatedClock(OPENS - timedelta(hours=2))
    assert moments_of(clock, cancel=lambda: len(clock.slept) >= 3) == []
    assert clock.slept == [30.0, 30.0, 30.0]


@pytest.mark.parametrize(("every", "sessions"), [(timedelta(milliseconds=10), 1), (FIVE, 0)])
def test_intervals_and_sessions_that_make_no_sense_are_refused(every: timedelta, sessions: int) -> None:
    with pytest.raises(InputError):
        moments_of(SimulatedClock(OPENS), every, sessions=sessions)


def test_hours_follow_daylight_saving_and_early_closes() -> None:
    assert hours_of(datetime(2026, 7, 6).date()).opens == datetime(2026, 7, 6, 13, 30, tzinfo=UTC)  # noqa: DTZ001 a day
    assert hours_of(datetime(2026, 11, 27).date()).closes == datetime(2026, 11, 27, 18, tzinfo=UTC)  # noqa: DTZ001
