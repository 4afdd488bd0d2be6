"""Budgets of requests that several kernels share.

Problem: a service counts requests per user, and an analyst has four notebooks open. Decision: what was sent
stands in one small SQLite file per user, one table per provider, and each process asks there before it
sends, inside a transaction that nobody else can enter; when the budget frees up only after a long time it
refuses instead of waiting. Limits: machines do not share a budget; adapters of one provider state the
same limits.

The library's own file lock counts and inserts in two steps under a lock file; one immediate transaction of
SQLite does the same without one.
"""

from __future__ import annotations

import re
import sqlite3
import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from pyrate_limiter import AbstractBucket, Limiter, Rate, RateItem, SQLiteBucket
from pyrate_limiter.limiter import SingleBucketFactory

from di_advisor.errors import SourceUnavailableError
from di_data.frame.adapter import RateLimit
from di_data.frame.transport import Sleep

__all__ = ["SharedBudget", "Unlimited", "shared_budget"]

_PATIENCE_SECONDS: Final = 120.0
_BUSY_SECONDS: Final = 30.0
_MS_PER_S: Final = 1000
_BUFFER_MS: Final = 5


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


class _SharedBucket(SQLiteBucket):
    """The library's bucket in SQLite, atomic across processes."""

    def put(self, item: RateItem) -> bool:
        """Count and insert in one transaction that excludes other processes."""
        with self.lock:
            self.conn.execute("BEGIN IMMEDIATE")
            try:
                item.timestamp = _now_ms()
                taken = super().put(item)
            finally:
                if self.conn.in_transaction:
                    self.conn.rollback()
            if taken:
                self.leak(item.timestamp)
            return taken

    def leak(self, current_timestamp: int | None = None) -> int:
        """Forget what is older than the longest interval, in one transaction too.

        The library counts what is old and then deletes as many of the oldest: where another process has deleted them
        in between, those would be requests of just now.
        """
        with self.lock:
            self.conn.execute("BEGIN IMMEDIATE")
            try:
                return int(super().leak(current_timestamp))
            finally:
                if self.conn.in_transaction:
                    self.conn.rollback()


class SharedBudget(Limiter):
    """Waits for room in a provider's budget.

    Parameters
    ----------
    bucket : AbstractBucket
        Where it stands what was sent.
    provider : str
        For messages.
    sleep : callable
        Waits so many seconds.
    """

    def __init__(self, bucket: AbstractBucket, provider: str, *, sleep: Sleep = time.sleep) -> None:
        super().__init__(SingleBucketFactory(bucket, schedule_leak=False), buffer_ms=_BUFFER_MS)
        self._bucket, self._provider, self._sleep = bucket, provider, sleep

    def buckets(self) -> list[AbstractBucket]:
        """Return the one bucket."""
        return [self._bucket]

    def try_acquire(self, name: str = "", weight: int = 1, **_: Any) -> bool:  # type: ignore[override]  # always waits
        """Take one request out of the budget, and wait for it where the wait is short.

        Raises
        ------
        SourceUnavailableError
            If the budget frees up only after a long time.
        """
        item = RateItem(name, _now_ms(), weight)
        while not self._bucket.put(item):
            wait = float(self._bucket.waiting(item)) / _MS_PER_S  # type: ignore[arg-type]  # this bucket is not async
            if not 0 <= wait <= _PATIENCE_SECONDS:
                rates = ", ".join(f"{r.limit} in {timedelta(milliseconds=r.interval)}" for r in self._bucket.rates)
                raise SourceUnavailableError(
                    f"The budget of {self._provider} ({rates}; shared by all kernels of this user) is used up; "
                    f"it frees up in {timedelta(seconds=round(wait))}.",
                    hint="Wait, or work on what is stored (mode cache_only).",
                    provider=self._provider,
                    wait_seconds=wait,
                )
            self._sleep(wait + _BUFFER_MS / _MS_PER_S)
        return True

    def close(self) -> None:
        """Close the file."""
        self._bucket.close()


class Unlimited:
    """A budget without limits, for providers that state none."""

    def __init__(self) -> None:
        self.bucket_factory = self

    def buckets(self) -> list[AbstractBucket]:
        """None."""
        return []

    def try_acquire(self, *_: object, **__: object) -> bool:
        """Take one request: always granted."""
        return True

    def close(self) -> None:
        """Nothing to close."""


def _binding(limits: Sequence[RateLimit]) -> list[Rate]:
    """Rates by interval, without those that another one makes superfluous: the library refuses such."""
    rates = [Rate(each.requests, round(each.per / timedelta(milliseconds=1))) for each in limits]
    kept: list[Rate] = []
    for rate in sorted(rates, key=lambda each: (each.interval, -each.limit)):
        while kept and kept[-1].limit >= rate.limit:
            kept.pop()
        if not kept or rate.limit * kept[-1].interval <= kept[-1].limit * rate.interval:
            kept.append(rate)
    return kept


def shared_budget(
    path: Path, provider: str, limits: Sequence[RateLimit], *, sleep: Sleep = time.sleep
) -> SharedBudget | Unlimited:
    """Budget of a provider, in a file that all kernels of a user share."""
    if not limits:
        return Unlimited()
    rates = _binding(limits)
    # The longest interval is in the name: a bucket deletes what is older than its own longest interval.
    table = re.sub(r"\W", "_", f"{provider.lower()}_{rates[-1].interval}")
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute(f"CREATE TABLE IF NOT EXISTS '{table}' (name VARCHAR, item_timestamp INTEGER)")
    connection.execute(f"CREATE INDEX IF NOT EXISTS 'idx_{table}' ON '{table}' (item_timestamp)")
    connection.commit()
    return SharedBudget(_SharedBucket(rates, connection, table, lock=threading.RLock()), provider, sleep=sleep)
