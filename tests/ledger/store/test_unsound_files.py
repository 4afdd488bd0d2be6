"""Files that are damaged, foreign or newer are refused with the reason, and not a byte of them changes."""

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from di_advisor.domain.events import Deposit
from di_advisor.errors import DamagedStoreError, NewerSchemaError, StoreError
from di_advisor.ledger.store import Store

NOW = datetime(2026, 1, 5, tzinfo=UTC)
NEW = Deposit(event_id="n", on=date(2025, 1, 2), account_id="A", amount_usd=1)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the path of a sound store with some history."""
    path = tmp_path_factory.mktemp("sound") / "books.db"
    with Store.open(path) as store:
        for n in range(40):
            events = [
                Deposit(event_id=f"d{n}/{i}", on=date(2025, 1, 2), account_id="A", amount_usd=1 + i) for i in range(8)
            ]
            store.append("ann", events, recorded_at=NOW, batch=str(n))
        store.add_note("ann", "override", "X", "because", recorded_at=NOW)
    return path


def copy_of(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(sound, tmp_path / "books.db"))


def change(path: Path, *statements: str) -> None:
    """Change a store behind its back, with its triggers out of the way."""
    with closing(sqlite3.connect(path)) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def assert_refused(path: Path, error: type[StoreError], words: str) -> None:
    before = path.read_bytes()
    with pytest.raises(error, match=words):
        Store.open(path)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir() if file.stat().st_size and file != path] == []


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.99])
def test_a_file_that_was_cut_short_is_refused(sound: Path, tmp_path: Path, kept: float) -> None:  # BI-062
    path = copy_of(sound, tmp_path)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])
    assert_refused(path, DamagedStoreError, r"is damaged: .*Hint: It was left as it is")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"SQLite", "is no SQLite database"),
        (b"lot_id,shares\nL1,10\n" * 500, "is no SQLite database"),
        (b"\x80\x04\x95 a pickle", "is no SQLite database"),
        (b"SQLite format 3\0" + b"\xff" * 5000, "is damaged"),
    ],
)
def test_a_file_that_is_no_database_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "books.db"
    path.write_bytes(content)
    assert_refused(path, DamagedStoreError, words)


@pytest.mark.parametrize("at", [0.3, 0.6, 0.9])
def test_overwritten_pages_are_found(sound: Path, tmp_path: Path, at: float) -> None:
    path = copy_of(sound, tmp_path)
    content = bytearray(path.read_bytes())
    start = int(len(content) * at) // 4096 * 4096
    content[start : start + 4096] = b"\xff" * 4096
    path.write_bytes(bytes(content))
    assert_refused(path, DamagedStoreError, "is damaged")


def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE accounts (id INTEGER)")
        connection.commit()
    assert_refused(path, StoreError, "is a SQLite database, and no store")


def test_a_store_of_a_newer_version_is_refused_and_both_versions_are_named(sound: Path, tmp_path: Path) -> None:
    path = copy_of(sound, tmp_path)  # BI-063
    change(path, "UPDATE di_schema SET version_num = '0099'")
    assert_refused(path, NewerSchemaError, r"has schema 0099; this di_advisor knows schemas up to 0002")


def test_an_event_of_a_newer_version_is_refused_and_both_versions_are_named(sound: Path, tmp_path: Path) -> None:
    path = copy_of(sound, tmp_path)
    change(
        path,
        "UPDATE di_entries SET event_text = replace(event_text, '\"version\":1', '\"version\":99') WHERE position = 7",
    )
    with Store.open(path) as store, pytest.raises(NewerSchemaError, match=r"version 99; .* versions up to 1"):
        store.journal("ann")


FORGERIES = {
    "an amount": "UPDATE di_entries SET event_text = replace(event_text, '\"1\"', '\"9\"') WHERE position = 1",
    "a digest": "UPDATE di_entries SET sha256 = '00' WHERE position = 5",
    "what a batch was called": "UPDATE di_batches SET label = 'x' WHERE number = 3",
    "when a batch was recorded": "UPDATE di_batches SET recorded_at = '2020-01-01T00:00:00+00:00' WHERE number = 3",
    "when, to nonsense": "UPDATE di_batches SET recorded_at = 'yesterday' WHERE number = 3",
    "the text, to nonsense": "UPDATE di_entries SET event_text = 'x' WHERE position = 5",
    "the order": "UPDATE di_entries SET position = position + 1000 WHERE position = 5",
    "an entry taken out": "DELETE FROM di_entries WHERE position = 5",
    "the first entry taken out": "DELETE FROM di_entries WHERE position = 1",
    "the end cut off": "DELETE FROM di_entries WHERE position > 300",
    "everything taken out": "DELETE FROM di_entries",
    "a batch taken out": "DELETE FROM di_batches WHERE number = 40",
    "the head": "UPDATE di_journals SET head_sha256 = '00'",
    "a note": "UPDATE di_notes SET body = 'x'",
}


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES)
def test_a_history_that_was_changed_behind_the_back_of_the_store_is_found(
    sound: Path, tmp_path: Path, forgery: str
) -> None:
    path = copy_of(sound, tmp_path)
    change(path, forgery)
    with Store.open(path) as store:
        with pytest.raises(DamagedStoreError, match=r"is damaged.*restore it from a backup"):
            store.check()
        if "di_notes" not in forgery:
            with pytest.raises(DamagedStoreError):
                store.append("ann", [NEW], recorded_at=NOW)


def test_a_store_that_remembers_finds_a_file_that_was_put_in_its_place(sound: Path, tmp_path: Path) -> None:
    path = copy_of(sound, tmp_path)
    with Store.open(path) as store:
        remembered = store.journal("ann")
        store.close()
        path.unlink()
        with Store.open(path) as other:
            other.append("ann", [NEW], recorded_at=NOW)
            expected = other.journal("ann")
        assert store.journal("ann") == expected != remembered


def test_a_folder_that_cannot_be_written_is_a_typed_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    with pytest.raises(StoreError, match=r"No store can be made at .*: Permission denied"):
        Store.open(tmp_path / "books.db")


def test_without_links_a_new_store_is_moved_into_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    with Store.open(tmp_path / "books.db") as store:
        assert store.check() == {}
    assert [file.name for file in tmp_path.iterdir()] == ["books.db"]


def test_whoever_makes_a_store_first_has_made_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "books.db"
    link = Path.hardlink_to

    def slow(target: Path, source: Path) -> None:
        monkeypatch.setattr(Path, "hardlink_to", link)
        with Store.open(path) as faster:
            faster.add_note("ann", "k", "s", "b", recorded_at=NOW)
        link(target, source)

    monkeypatch.setattr(Path, "hardlink_to", slow)
    with Store.open(path) as store:
        assert len(store.notes("ann")) == 1
