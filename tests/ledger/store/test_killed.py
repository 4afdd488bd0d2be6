"""Processes are really killed while they write: nothing acknowledged is lost, and no batch is half there."""

import random
import shutil
import sqlite3
import time
from pathlib import Path

import pytest

from benchmarks.postgres_server import PostgresServer
from benchmarks.store_writers import TAXPAYER, Writers, tally
from di_advisor.errors import StoreError
from di_advisor.ledger.store import Store


def wait_for(condition, *, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.001)


def kill_many_times(address: str, writers: Writers, *, kills: int, seed: int) -> int:
    """Kill as many writers at random moments; return how many batches were acknowledged in all."""
    chance = random.Random(seed)  # noqa: S311  (moments, not secrets)
    acknowledged: list[str] = []
    first = 1
    for n in range(kills):
        writer = writers.start(address, "w", first=first)
        if n % 4:  # else it is killed while it still opens the store, or before
            wait_for(lambda w=writer: w.acknowledged)
        time.sleep(chance.uniform(0, 0.08))
        writer.kill()
        told = writer.acknowledged
        acknowledged += told
        with Store.open(address) as store:
            counted = tally(store.journal(TAXPAYER), acknowledged)
            assert counted.whole, counted
            # At most the batch of the moment was written and not acknowledged.
            assert counted.found <= len(set(acknowledged)) + n + 1
            if n % 5 == 0:
                store.check()
        # The next writer begins with the batch that this one may have written or not.
        first += len(told)
    with Store.open(address) as store:
        assert store.check() in ({TAXPAYER: counted.events}, {})
        assert counted.acknowledged == len(set(acknowledged))
    return len(set(acknowledged))


def test_a_kill_at_any_moment_loses_nothing_and_half_writes_nothing(address: str, writers: Writers) -> None:
    assert kill_many_times(address, writers, kills=28, seed=1) >= 20


@pytest.mark.slow
def test_hundreds_of_kills_lose_nothing(address: str, writers: Writers) -> None:
    assert kill_many_times(address, writers, kills=300, seed=2) >= 200


def test_a_kill_while_a_store_is_made_leaves_none_or_a_whole_one(tmp_path: Path, writers: Writers) -> None:
    chance = random.Random(3)  # noqa: S311
    made = 0
    for n in range(10):
        path = tmp_path / f"{n}.db"
        writer = writers.start(str(path), "w")
        time.sleep(chance.uniform(0, 0.4))
        writer.kill()
        made += path.exists()
        with Store.open(path) as store:
            assert tally(store.journal(TAXPAYER), writer.acknowledged).whole
    assert made < 10


def test_two_processes_on_one_store_lose_nothing_and_double_nothing(address: str, writers: Writers) -> None:
    Store.open(address).close()
    both = [writers.start(address, name, seconds=5.0) for name in ("first", "second")]
    wait_for(lambda: not any(writer.alive for writer in both))
    told = [writer.acknowledged for writer in both]
    with Store.open(address) as store:
        store.check()
        counted = tally(store.journal(TAXPAYER), [label for labels in told for label in labels])
    assert counted.whole, counted
    assert counted.found == counted.acknowledged
    assert min(map(len, told)) >= 5
    assert {label for label in told[0] if label.startswith("shared")} & set(told[1])


def test_a_killed_writer_does_not_stop_the_other(address: str, writers: Writers) -> None:
    Store.open(address).close()
    killed, lives = (writers.start(address, name) for name in ("killed", "lives"))
    wait_for(lambda: killed.acknowledged and lives.acknowledged)
    killed.kill()
    before = len(lives.acknowledged)
    wait_for(lambda: len(lives.acknowledged) > before + 5)
    lives.kill()
    with Store.open(address) as store:
        assert tally(store.journal(TAXPAYER), killed.acknowledged + lives.acknowledged).whole


def test_a_server_that_is_killed_has_kept_what_it_acknowledged(postgres: PostgresServer, writers: Writers) -> None:
    address = postgres.create_database("killed_server")
    acknowledged: list[str] = []
    first = 1
    for _ in range(3):
        writer = writers.start(address, "w", first=first)
        wait_for(lambda w=writer: len(w.acknowledged) > 10)
        postgres.kill()
        wait_for(lambda w=writer: not w.alive)
        postgres.start()
        acknowledged += writer.acknowledged
        first += len(writer.acknowledged)
        with Store.open(address) as store:
            store.check()
            assert tally(store.journal(TAXPAYER), acknowledged).whole
    postgres.drop_database("killed_server")


def test_a_write_ahead_file_cut_anywhere_gives_whole_batches(tmp_path: Path, writers: Writers) -> None:
    """As after a crash of the machine that lost the end of the file that was being written."""
    path = tmp_path / "books.db"
    Store.open(path).close()
    writer = writers.start(str(path), "w")
    wait_for(lambda: len(writer.acknowledged) > 20)
    writer.kill()
    log = Path(f"{path}-wal").read_bytes()
    assert len(log) > 10_000
    chance = random.Random(4)  # noqa: S311
    lengths = set()
    for n in range(15):
        copy = tmp_path / f"cut {n}" / "books.db"
        copy.parent.mkdir()
        shutil.copy(path, copy)
        Path(f"{copy}-wal").write_bytes(log[: chance.randrange(len(log))])
        with Store.open(copy) as store:
            journal = store.journal(TAXPAYER)
            store.check()
        assert tally(journal, []).half_written == 0
        labels = list(dict.fromkeys(entry.batch for entry in journal.entries))
        assert labels == writer.acknowledged[: len(labels)]
        lengths.add(len(labels))
    assert len(lengths) > 3


def test_a_store_that_was_left_open_by_a_killed_program_is_sound(tmp_path: Path, writers: Writers) -> None:
    path = tmp_path / "books.db"
    writer = writers.start(str(path), "w")
    wait_for(lambda: len(writer.acknowledged) > 3)
    writer.kill()
    assert Path(f"{path}-wal").stat().st_size > 0
    with Store.open(path) as store, sqlite3.connect(path) as plain:
        assert plain.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert tally(store.journal(TAXPAYER), writer.acknowledged).whole
    plain.close()


def test_a_server_that_is_gone_is_a_typed_error(postgres: PostgresServer) -> None:
    address = postgres.create_database("gone")
    with Store.open(address) as store:
        postgres.drop_database("gone")
        with pytest.raises(StoreError, match="could not be used"):
            store.taxpayers()
    with pytest.raises(StoreError, match="could not be used"):
        Store.open(address)
