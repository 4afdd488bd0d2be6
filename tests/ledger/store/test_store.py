"""A store keeps what a journal keeps, on either database, for many taxpayers, from many programs."""

import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from di_advisor.domain.events import Buy, Correction, Deposit, Event
from di_advisor.errors import ConflictingEventError, InputError, StoreError
from di_advisor.ledger.journal import Journal
from di_advisor.ledger.store import Note, Store
from tests.domain.event_strategies import FACTS, busy_batches

NOW = datetime(2026, 1, 5, 9, 30, 0, 123456, tzinfo=UTC)


def deposit(event_id: str, usd: str = "100") -> Deposit:
    return Deposit(event_id=event_id, on=date(2025, 1, 2), account_id="A", amount_usd=usd)


def test_what_is_appended_is_there_when_the_store_is_opened_again(address: str) -> None:
    with Store.open(address) as store:
        report = store.append("ann", [deposit("d1"), deposit("d2")], recorded_at=NOW, batch="january.csv")
        assert report.sentence == "2 events added"
        store.append("ann", [deposit("d3")], recorded_at=NOW + timedelta(days=1), batch="by hand")
        journal = store.journal("ann")
    with Store.open(address) as store:
        assert store.journal("ann") == journal
        assert store.check() == {"ann": 3}
    assert [(e.position, e.batch, e.event.event_id, e.recorded_at) for e in journal.entries] == [
        (1, "january.csv", "d1", NOW),
        (2, "january.csv", "d2", NOW),
        (3, "by hand", "d3", NOW + timedelta(days=1)),
    ]


def test_importing_twice_changes_nothing(address: str) -> None:
    batch = [deposit("d1"), deposit("d2")]
    with Store.open(address) as store:
        store.append("ann", batch, recorded_at=NOW)
        before = store.journal("ann")
        report = store.append("ann", batch, recorded_at=NOW + timedelta(days=1))
        assert (report.added, report.duplicates) == ((), ("d1", "d2"))
        assert store.journal("ann") == before
        assert store.append("bob", [], recorded_at=NOW).added == ()
        assert store.taxpayers() == ("ann",)


def test_a_batch_that_is_refused_leaves_nothing_behind(address: str) -> None:
    with Store.open(address) as store:
        store.append("ann", [deposit("d1")], recorded_at=NOW)
        with pytest.raises(ConflictingEventError, match="amount_usd 100 against 120"):
            store.append("ann", [deposit("d2"), deposit("d1", "120.00")], recorded_at=NOW)
        lost = Correction(event_id="c", on=date(2025, 1, 2), corrects="d9", reason="typo")
        with pytest.raises(InputError, match="no such event"):
            store.append("bob", [deposit("d2"), lost], recorded_at=NOW)
        assert store.taxpayers() == ("ann",)
        assert len(store.journal("ann")) == 1
        assert store.append("ann", [deposit("d2")], recorded_at=NOW).added[0].position == 2


def test_taxpayers_do_not_see_each_other(address: str) -> None:
    with Store.open(address) as store:
        store.append("bob", [deposit("d1", "1")], recorded_at=NOW)
        store.append("ann", [deposit("d1", "2")], recorded_at=NOW)
        assert store.taxpayers() == ("ann", "bob")
        assert store.journal("ann").effective() == (deposit("d1", "2"),)
        assert len(store.journal("nobody")) == 0
        assert store.taxpayers() == ("ann", "bob")


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(busy_batches(), max_size=4), facts=st.lists(FACTS, max_size=5, unique_by=lambda e: e.event_id))
def test_a_stored_journal_is_the_journal_in_memory(
    address: str, batches: list[list[Event]], facts: list[Event]
) -> None:
    with Store.open(address) as store, Store.open(address) as other:
        taxpayer = f"taxpayer {len(store.taxpayers())}"
        journal = Journal()
        for n, batch in enumerate([*batches, facts]):
            where = (store, other)[n % 2]
            try:
                journal, expected = journal.append(batch, recorded_at=NOW, batch=str(n))
            except InputError as error:
                with pytest.raises(type(error)):
                    where.append(taxpayer, batch, recorded_at=NOW, batch=str(n))
                continue
            assert where.append(taxpayer, batch, recorded_at=NOW, batch=str(n)) == expected
        assert store.journal(taxpayer) == other.journal(taxpayer) == journal
        assert store.journal(taxpayer).effective() == journal.effective()


def test_texts_of_all_tongues_come_back(address: str) -> None:
    names = ["Ångström & Søn", "株式会社", "🧾", "it's; DROP TABLE di_entries; --", "%s :x ?", "a\nb\tc", "  x "]
    with Store.open(address) as store:
        for name in names:
            event = Buy(event_id=name, on=date(2025, 1, 2), account_id=name, security_id=name, shares=1, amount_usd=1)
            store.append(name, [event], recorded_at=NOW, batch=name)
    with Store.open(address) as store:
        assert store.taxpayers() == tuple(sorted(names))
        for name in names:
            (entry,) = store.journal(name).entries
            assert (entry.batch, entry.event.event_id, entry.event.account_id) == (name, name, name)


@pytest.mark.parametrize("key", ["", "  ", "a\0b", "\ud800", "x" * 501, None])
def test_what_cannot_be_a_key_is_refused(address: str, key: object) -> None:
    with Store.open(address) as store:
        for attempt in (
            lambda: store.append(key, [deposit("d")], recorded_at=NOW),
            lambda: store.journal(key),
            lambda: store.notes(key),
            lambda: store.add_note("ann", key, "s", "b", recorded_at=NOW),
        ):
            with pytest.raises(InputError, match=r"taxpayer|kind"):
                attempt()
        assert store.taxpayers() == ()


def test_an_id_that_no_index_holds_is_refused(address: str) -> None:
    with Store.open(address) as store:
        with pytest.raises(InputError, match="event_id has 501 characters"):
            store.append("ann", [deposit("x" * 501)], recorded_at=NOW)
        longest = "\U0001f9fe" * 500  # four bytes each
        assert len(store.append("ann", [deposit(longest)], recorded_at=NOW).added) == 1


def test_two_notebooks_see_what_the_other_appends(address: str) -> None:
    with Store.open(address) as one, Store.open(address) as other:
        for n in range(6):
            (one, other)[n % 2].append("ann", [deposit(f"d{n}")], recorded_at=NOW)
        assert one.journal("ann") == other.journal("ann")
        with pytest.raises(ConflictingEventError):
            one.append("ann", [deposit("d5", "7")], recorded_at=NOW)


def test_threads_of_one_program_may_share_a_store(address: str) -> None:
    with Store.open(address) as store:

        def append(name: str) -> None:
            for n in range(10):
                store.append("ann", [deposit(f"{name}{n}")], recorded_at=NOW)

        threads = [threading.Thread(target=append, args=(name,)) for name in "abc"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert store.check() == {"ann": 30}


def test_notes_are_kept_in_order_and_by_kind(address: str) -> None:
    with Store.open(address) as store:
        first = store.add_note("ann", "identical group", "GOOG and GOOGL", "counsel's letter", recorded_at=NOW)
        second = store.add_note("ann", "reconciliation", "A: X", "rounding at the custodian", recorded_at=NOW)
        assert (first, second.number) == (
            Note(1, NOW, "identical group", "GOOG and GOOGL", "counsel's letter"),
            2,
        )
    with Store.open(address) as store:
        assert store.notes("ann") == (first, second)
        assert store.notes("ann", kind="reconciliation") == (second,)
        assert store.notes("bob") == ()
        with pytest.raises(InputError, match="without a zone"):
            store.add_note("ann", "k", "s", "b", recorded_at=datetime(2026, 1, 5))  # noqa: DTZ001


def test_a_store_that_is_held_by_another_is_given_up_in_bounded_time(address: str) -> None:
    with Store.open(address, wait_seconds=0.02) as waiting, Store.open(address) as holding:
        holding.append("ann", [deposit("d1")], recorded_at=NOW)
        with holding._database._engine.connect() as connection:
            connection.execution_options(di_writes=True)
            with connection.begin():
                connection.exec_driver_sql("UPDATE di_journals SET entry_count = entry_count")
                with pytest.raises(StoreError, match=r"stayed locked through 4 attempts of 0.02 seconds"):
                    waiting.append("ann", [deposit("d2")], recorded_at=NOW)
                assert len(waiting.journal("ann")) == 1  # who only reads does not wait
        assert len(waiting.append("ann", [deposit("d2")], recorded_at=NOW).added) == 1


def test_a_closed_store_can_be_used_again(address: str) -> None:
    store = Store.open(address)
    store.close()
    store.append("ann", [deposit("d1")], recorded_at=NOW)
    store.close()
    assert repr(store) == f"Store({store._database.address.shown!r})"


def test_a_store_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "books.db"
    with Store.open(path) as store:
        store.append("ann", [deposit("d1")], recorded_at=NOW)
        assert {file.name: file.stat().st_mode & 0o077 for file in tmp_path.iterdir()} == dict.fromkeys(
            ["books.db", "books.db-wal", "books.db-shm"], 0
        )
    assert [file.name for file in tmp_path.iterdir()] == ["books.db"]


def test_a_sqlite_store_writes_ahead_and_to_the_disk(tmp_path: Path) -> None:
    with Store.open(tmp_path / "books.db") as store, store._database._engine.connect() as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "trusted_schema")
        }
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "trusted_schema": 0}
