"""Addresses of stores: what is taken, what is refused, and what is never shown."""

import subprocess
import sys
import traceback
from pathlib import Path

import pytest

from di_advisor.errors import DiAdvisorError, InputError, StoreError
from di_advisor.ledger.store import Store
from di_advisor.ledger.store.address import Address


@pytest.mark.parametrize(
    "where",
    ["", " ", "a\0b", ":memory:", "file:books.db?mode=memory", "sqlite://", "sqlite:///:memory:", "sqlite:///b?uri=1"],
)
def test_what_is_no_file_is_refused(where: str) -> None:
    with pytest.raises(InputError, match=r"no path of a file|cannot be opened at"):
        Address.parse(where)


@pytest.mark.parametrize(
    "where",
    ["mysql://h/d", "https://example.com/x", "postgresql+asyncpg://h/d", "oracle://h", "://", "postgresql://h:x/d"],
)
def test_only_two_databases_are_taken(where: str) -> None:
    with pytest.raises(InputError, match=r"cannot be opened at|no URL that can be read"):
        Address.parse(where)


def test_a_path_may_also_be_written_as_a_url(tmp_path: Path) -> None:
    path = tmp_path / "books.db"
    assert Address.parse(f"sqlite:///{path}") == Address.parse(path) == Address.parse(str(path))


def test_a_folder_and_a_file_in_no_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder"):
        Store.open(tmp_path)
    with pytest.raises(InputError, match=r"The folder .* does not exist"):
        Store.open(tmp_path / "none" / "books.db")


def test_a_path_from_a_form_stays_in_its_folder(tmp_path: Path) -> None:  # BI-069
    folder = tmp_path / "stores"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path)
    assert Address.parse("books.db", inside=folder).path == folder / "books.db"
    for wrong in ("../books.db", "link/books.db", str(tmp_path / "books.db"), "a/../../books.db"):
        with pytest.raises(InputError, match="leads out of its folder"):
            Address.parse(wrong, inside=folder)
    for wrong in ("postgresql://h/d", "sqlite:///../x.db"):
        with pytest.raises(InputError):
            Address.parse(wrong, inside=folder)


@pytest.mark.parametrize(
    "where",
    [
        "postgresql://ann:s3cret@127.0.0.1:1/books",
        "postgresql://ann@127.0.0.1:1/books?password=s3cret",
        "postgresql://ann@127.0.0.1:1/books?sslpassword=s3cret&sslmode=disable",
        "mysql://ann:s3cret@h/d",
        "postgresql://ann:s3cret@h:x/d",
    ],
)
def test_a_password_is_never_shown(where: str) -> None:  # BI-075
    with pytest.raises(DiAdvisorError) as refused:
        Store.open(where)
    shown = "".join(traceback.format_exception(refused.value)) + repr(refused.value) + repr(refused.value.facts)
    assert "s3cret" not in shown


def test_words_of_a_driver_are_shown_without_passwords() -> None:
    address = Address.parse("postgresql://ann:s3cret@h/d?sslpassword=0ther")
    assert address.hide_secrets("s3cret and 0ther are wrong") == "*** and *** are wrong"
    assert "s3cret" not in repr(address) + address.shown
    assert "0ther" not in repr(address) + address.shown


def test_a_server_that_is_not_there_is_a_typed_error_with_what_to_do() -> None:
    with pytest.raises(StoreError, match=r"postgresql://ann@127.0.0.1:1/books could not be used.*Hint: "):
        Store.open("postgresql://ann@127.0.0.1:1/books")


def test_without_the_driver_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreError, match=r"needs psycopg.*pip install 'di-advisor\[postgres\]'"):
        Store.open("postgresql://h/d")


def test_the_ledger_is_imported_without_sql() -> None:
    program = (
        "import sys, di_advisor, di_advisor.ledger.journal; "
        "print(*[n for n in ('sqlalchemy', 'alembic', 'psycopg') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
