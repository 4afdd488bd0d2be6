"""The loop of polls: within the hours of the exchange, on an injected clock.

Decision: polls lie on a grid from the opening on, so that a slow poll delays none after it; polls that were missed
are not made up. Waiting is cut into pieces, between which ``cancel`` is asked. Limits: the hours are the calendar's;
a halt of the whole exchange shows as quotes that go stale.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Protocol

from di_advisor.domain.cells import EXCHANGE_ZONE
from di_advisor.errors import InputError
from di_advisor.policy.intraday import Poll
from di_advisor.policy.sessions import Hours, hours_of

__all__ = ["Clock", "never", "polls", "silent"]

_PIECE = timedelta(seconds=30)


class Clock(Protocol):
    """Time, and waiting for it to pass."""

    def now(self) -> datetime:
        """The moment, with its zone."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


def never() -> bool:
    """Nobody cancels."""
    return False


def silent(text: str) -> None:
    """Nobody listens."""
    del text


def polls(
    ask: Callable[[datetime], Poll],
    clock: Clock,
    every: timedelta,
    *,
    sessions: int = 1,
    cancel: Callable[[], bool] = never,
    told: Callable[[str], None] = silent,
) -> Iterator[Poll]:
    """Poll while the exchange is open.

    Parameters
    ----------
    ask : callable
        Makes the poll of a moment.
    clock : Clock
        Told and waited by.
    every : timedelta
        From one poll to the next, at least a second.
    sessions : int
        How many sessions to poll through; the present or the next one is the first.
    cancel : callable
        Asked at least twice a minute.
    told : callable
        Told what is waited for.

    Yields
    ------
    Poll
        Each.

    Raises
    ------
    InputError
        If the interval is below a second, there is no session to poll, or as ``ask``.
    """
    if every < timedelta(seconds=1) or sessions < 1:
        raise InputError(
            f"Every {every}, {sessions} sessions.", hint="Poll each second at most, for one session or more."
        )
    for left in range(sessions, 0, -1):
        hours = _hours(clock.now())
        if clock.now() < hours.opens:
            told(f"The exchange opens at {hours.opens:%Y-%m-%d %H:%M} UTC.")
        at = hours.opens
        while at <= hours.closes and _waited(at, clock, cancel) and (now := clock.now()) <= hours.closes:
            yield ask(now)
            at = hours.opens + (math.floor((clock.now() - hours.opens) / every) + 1) * every
        if left == 1 or not _waited(hours.closes + timedelta(seconds=1), clock, cancel):
            return


def _hours(now: datetime) -> Hours:
    """Hours of the session that a moment lies in, or of the next."""
    day = now.astimezone(EXCHANGE_ZONE).date()
    hours = hours_of(day)
    return hours if now <= hours.closes else hours_of(day + timedelta(days=1))


def _waited(until: datetime, clock: Clock, cancel: Callable[[], bool]) -> bool:
    """Wait for a moment; false where cancelled."""
    while (left := until - clock.now()) > timedelta(0):
        if cancel():
            return False
        clock.sleep(min(left, _PIECE).total_seconds())
    return not cancel()
