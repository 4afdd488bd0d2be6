"""Several kernels share one budget; a stored answer costs none of it."""

import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import timedelta
from types import SimpleNamespace

import pytest

from di_advisor.domain.source_query import SourceQuery
from di_advisor.errors import SourceUnavailableError
from di_data.frame.adapter import RateLimit
from di_data.frame.budgets import Unlimited, shared_budget
from di_data.frame.client import Wire
from di_data.frame.pulling import pull
from tests.data_adapters.frame.pages import PAGES, Weights
from tests.data_adapters.loopback import LoopbackTransport, forget_freshness

KERNEL = """
import sys
from datetime import timedelta
from pathlib import Path
from di_data.frame.adapter import RateLimit
from di_data.frame.budgets import shared_budget

budget = shared_budget(Path(sys.argv[1]), "Shared", (RateLimit(4, timedelta(milliseconds=300)),))
sys.stdin.readline()
for _ in range(10):
    budget.try_acquire(sys.argv[2])
budget.close()
"""


LIMIT = RateLimit(4, timedelta(milliseconds=300))
# What is older than its span may be forgotten before the test reads it.
KEPT = """
CREATE TABLE spent (name TEXT, at INTEGER);
CREATE TRIGGER kept AFTER INSERT ON shared_300 BEGIN INSERT INTO spent VALUES (NEW.name, NEW.item_timestamp); END;
"""


def test_two_kernels_never_spend_more_than_one_budget(tmp_path):
    path = tmp_path / "budgets.sqlite"
    shared_budget(path, "Shared", (LIMIT,)).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(KEPT)
    kernels = [
        subprocess.Popen([sys.executable, "-c", KERNEL, str(path), name], stdin=subprocess.PIPE, text=True)
        for name in ("first", "second")
    ]
    for kernel in kernels:
        kernel.stdin.write("go\n")
        kernel.stdin.flush()
    assert [kernel.wait(60) for kernel in kernels] == [0, 0]
    for kernel in kernels:
        kernel.stdin.close()
    with closing(sqlite3.connect(path)) as connection:
        spent = connection.execute("SELECT name, at FROM spent ORDER BY at").fetchall()
    times = [at for _, at in spent]
    assert {name for name, _ in spent} <= {"first", "second"}
    assert len(times) >= 4
    assert all(later - sooner >= 300 for sooner, later in zip(times, times[4:], strict=False))


def test_nobody_else_spends_between_counting_and_spending(tmp_path, monkeypatch):
    path = tmp_path / "b.sqlite"
    budget = shared_budget(path, "P", (RateLimit(2, timedelta(seconds=30)),))
    (bucket,) = budget.buckets()
    kept = bucket._record

    def record(*given):
        other = sqlite3.connect(path, timeout=0)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        other.close()
        return kept(*given)

    monkeypatch.setattr(bucket, "_record", record)
    assert budget.try_acquire("a")
    budget.close()


def test_what_another_kernel_forgot_is_not_forgotten_twice(tmp_path, monkeypatch):
    path, long_ago = tmp_path / "b.sqlite", 1
    one, other = (shared_budget(path, "P", (RateLimit(4, timedelta(seconds=30)),)) for _ in range(2))
    (mine,), (theirs,) = one.buckets(), other.buckets()
    mine.conn.executemany("INSERT INTO p_30000 VALUES (?, ?)", [("old", long_ago)] * 3)
    mine.conn.commit()
    plain, waiting = mine._algorithm.leak_bound, []

    def meanwhile(*given):  # between the count and the deletion, as the other one would
        theirs.conn.execute("PRAGMA busy_timeout = 0")
        try:
            theirs.leak(time.time_ns() // 1_000_000)
        except sqlite3.OperationalError as locked:
            waiting.append(str(locked))
        return plain(*given)

    monkeypatch.setattr(
        mine,
        "_algorithm",
        SimpleNamespace(leak_bound=meanwhile, window_start=mine._algorithm.window_start, decide=mine._algorithm.decide),
    )
    assert one.try_acquire("fresh")
    assert waiting == ["database is locked"]
    assert mine.conn.execute("SELECT name FROM p_30000").fetchall() == [("fresh",)]
    one.close()
    other.close()


def test_a_budget_waits_as_long_as_it_has_to_and_no_longer(tmp_path):
    slept = []
    path = tmp_path / "b.sqlite"
    budget = shared_budget(path, "P", (RateLimit(2, timedelta(seconds=30)),), sleep=slept.append)
    assert budget.try_acquire("a")
    assert budget.try_acquire("a")
    assert slept == []
    other = shared_budget(path, "P", (RateLimit(2, timedelta(seconds=30)),), sleep=free(path, slept))
    assert other.try_acquire("a")
    assert len(slept) == 1
    assert 25 < slept[0] < 31
    budget.close()
    other.close()


def free(path, slept):
    """Stand for the passing of time: what was spent is long ago."""

    def sleep(seconds):
        slept.append(seconds)
        connection = sqlite3.connect(path)
        connection.execute("UPDATE p_30000 SET item_timestamp = item_timestamp - 60000")
        connection.commit()
        connection.close()

    return sleep


def test_a_day_that_is_used_up_is_said_at_once_instead_of_waited_for(tmp_path):
    limits = (RateLimit(100, timedelta(seconds=1)), RateLimit(3, timedelta(days=1)))
    budget = shared_budget(tmp_path / "b.sqlite", "FMP", limits, sleep=pytest.fail)
    for _ in range(3):
        budget.try_acquire("a")
    with pytest.raises(SourceUnavailableError, match="budget of FMP") as caught:
        budget.try_acquire("a")
    assert "cache_only" in caught.value.hint
    budget.close()


def test_a_provider_without_limits_has_none():
    budget = shared_budget(None, "Free", ())
    assert isinstance(budget, Unlimited)
    assert budget.try_acquire("a")
    assert budget.buckets() == []
    budget.close()


def test_stored_answers_cost_no_budget_and_a_429_fills_it(service, tmp_path):
    adapter = Weights()
    client = service.client(tmp_path, (adapter.facts,))
    slept = []
    wire = Wire(slept.append, lambda sleep: LoopbackTransport(service.server.port, sleep=sleep))
    object.__setattr__(client, "_wire", wire)
    service.answers(*PAGES)
    for _ in range(5):
        pull(client, adapter, SourceQuery())
    assert spent(tmp_path) == 2
    client.close()
    forget_freshness(tmp_path)
    client = service.client(tmp_path / "other", (adapter.facts,))
    object.__setattr__(client, "_wire", wire)
    service.answers(429)
    with pytest.raises(SourceUnavailableError):
        pull(client, adapter, SourceQuery())
    assert spent(tmp_path / "other") == 10
    client.close()


def spent(folder) -> int:
    connection = sqlite3.connect(folder / "budgets.sqlite")
    (count,) = connection.execute("SELECT COUNT(*) FROM pages_1000").fetchone()
    connection.close()
    return count
