"""Tables are migrated with what is in them, refuse changes by themselves, and are those that are described."""

import threading
from datetime import UTC, date, datetime

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect
from sqlalchemy.exc import DBAPIError

from di_advisor.domain.events import Deposit
from di_advisor.errors import NewerSchemaError, StoreError
from di_advisor.ledger.journal import Journal
from di_advisor.ledger.store import Store, database, schema, sqlite_file
from di_advisor.ledger.store.tables import METADATA

NOW = datetime(2026, 1, 5, tzinfo=UTC)
EVENTS = [Deposit(event_id=f"d{n}", on=date(2025, 1, 2), account_id="A", amount_usd=1 + n) for n in range(5)]


def execute(store: Store, *statements: str) -> None:
    with store._database._engine.connect() as connection:
        connection.execution_options(di_writes=True)
        with connection.begin():
            for statement in statements:
                connection.exec_driver_sql(statement)


@pytest.fixture
def old(address: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the address of a store of the first version, made and filled as then."""
    with monkeypatch.context() as then:
        then.setattr(database, "LATEST_SCHEMA", "0001")
        then.setattr(schema.migrate, "__kwdefaults__", {"to": "0001"})
        with Store.open(address) as store:
            store.append("ann", EVENTS[:3], recorded_at=NOW, batch="old")
            store.append("bob", EVENTS, recorded_at=NOW, batch="old")
            with store._database._engine.connect() as connection:
                assert schema.schema_version(connection) == "0001"
                assert not inspect(connection).has_table("di_notes")
    return address


def test_an_old_store_is_migrated_with_all_that_it_holds(old: str) -> None:
    expected, _ = Journal().append(EVENTS[:3], recorded_at=NOW, batch="old")
    with Store.open(old) as store:
        assert store.journal("ann") == expected
        assert store.check() == {"ann": 3, "bob": 5}
        store.append("ann", EVENTS, recorded_at=NOW)
        store.add_note("ann", "override", "X", "because", recorded_at=NOW)
        with store._database._engine.connect() as connection:
            assert schema.schema_version(connection) == schema.LATEST_SCHEMA


def test_a_migration_that_fails_leaves_the_old_store(old: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from alembic.operations import Operations

    def fail(*_: object, **__: object) -> None:
        message = "no space"
        raise OSError(message)

    with monkeypatch.context() as broken:
        broken.setattr(Operations, "create_index", fail)
        with pytest.raises(OSError, match="no space"):
            Store.open(old)
    with Store.open(old) as store:
        assert store.check() == {"ann": 3, "bob": 5}


def test_programs_that_migrate_at_once_do_so_once(old: str) -> None:
    failed: list[BaseException] = []

    def open_it() -> None:
        try:
            Store.open(old).close()
        except BaseException as error:  # noqa: BLE001  (told below)
            failed.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with Store.open(old) as store:
        assert store.check() == {"ann": 3, "bob": 5}


def test_the_migrations_lead_to_the_tables_that_are_described(address: str) -> None:
    with Store.open(address) as store, store._database._engine.connect() as connection:
        options = {"include_name": lambda name, kind, _: kind != "table" or name in METADATA.tables}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, METADATA) == []


def test_a_newer_store_is_refused_and_both_versions_are_named(address: str) -> None:  # BI-063
    with Store.open(address) as store:
        store.append("ann", EVENTS, recorded_at=NOW)
        execute(store, "UPDATE di_schema SET version_num = '0099'")
    with pytest.raises(NewerSchemaError, match=r"schema 0099; this di_advisor knows schemas up to 0002") as refused:
        Store.open(address)
    assert (refused.value.facts["found"], refused.value.facts["known"]) == ("0099", "0002")


def test_tables_of_the_same_names_without_a_version_are_refused(address: str) -> None:
    with Store.open(address) as store:
        execute(store, "DROP TABLE di_schema")
    with pytest.raises(StoreError, match=r"no version of a store|and no store"):
        Store.open(address)


REFUSED = {
    "an update": "UPDATE di_entries SET event_text = '{}' WHERE position = 1",
    "a deletion": "DELETE FROM di_entries WHERE position = 5",
    "a deletion of a batch": "DELETE FROM di_batches",
    "an update of a batch": "UPDATE di_batches SET label = 'x'",
    "an update of a note": "UPDATE di_notes SET body = 'x'",
    "a deletion of a note": "DELETE FROM di_notes",
    "a gap": "INSERT INTO di_entries SELECT journal_id, 9, batch_number, 'new', event_type, on_day, account_id, "
    "security_id, event_text, sha256 FROM di_entries WHERE position = 1",
    "a position twice": "INSERT INTO di_entries SELECT journal_id, 5, batch_number, 'new', event_type, on_day, "
    "account_id, security_id, event_text, sha256 FROM di_entries WHERE position = 1",
    "an event twice": "INSERT INTO di_entries SELECT journal_id, 6, batch_number, event_id, event_type, on_day, "
    "account_id, security_id, event_text, sha256 FROM di_entries WHERE position = 1",
    "an entry of no batch": "INSERT INTO di_entries SELECT journal_id, 6, 77, 'new', event_type, on_day, "
    "account_id, security_id, event_text, sha256 FROM di_entries WHERE position = 1",
}


@pytest.mark.parametrize("statement", REFUSED.values(), ids=REFUSED)
def test_the_database_itself_refuses_to_change_history(address: str, statement: str) -> None:
    with Store.open(address) as store:
        store.append("ann", EVENTS, recorded_at=NOW)
        store.add_note("ann", "k", "s", "b", recorded_at=NOW)
        attempts = [statement]
        if not address.startswith("postgresql") and statement.startswith("INSERT"):
            attempts.append(statement.replace("INSERT", "INSERT OR REPLACE", 1))
        if address.startswith("postgresql") and statement.startswith("DELETE"):
            attempts.append(f"TRUNCATE {statement.split()[2]} CASCADE")
        for attempt in attempts:
            with pytest.raises(DBAPIError, match=r"append-only|constraint|violates"):
                execute(store, attempt)
        assert store.check() == {"ann": 5}


def test_the_look_before_opening_knows_the_same_versions() -> None:
    assert schema.VERSIONS[-1] == schema.LATEST_SCHEMA
    assert list(schema.VERSIONS) == sorted(schema.VERSIONS)
    assert sqlite_file.VERSION_TABLE == schema.VERSION_TABLE
