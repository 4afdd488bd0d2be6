"""A file that is not there, is a folder, or is no text: one sentence of ours, code 2, on every command."""

import pytest

from di_advisor.cli import main
from di_advisor.errors import why_unreadable

MISSING = "cannot be read: there is no such file"


@pytest.mark.parametrize(
    "words",
    [
        ("watch", "{}.toml"),
        ("calendar", "{}.toml"),
        ("plan", "{}.toml"),
        ("year-end", "{}.toml"),
        ("year-end", "--sample", "seasoned", "--return", "{}.toml"),
        ("household", "{}.toml"),
        ("mandate", "check", "{}.toml"),
        ("costs", "train", "{}.csv", "--trained-on", "2026-01-01"),
        ("ledger", "record", "{}.csv", "--ledger", "{}.db", "--taxpayer", "ann"),
        ("propose", "--lots", "{}.csv", "--prices", "{}.csv", "--index", "{}.csv"),
        ("fleet", "--accounts", "{}.parquet", "--into", "{}"),
    ],
)
def test_a_missing_file_is_said_without_the_systems_number(words, tmp_path, capsys):
    assert main([word.format(tmp_path / "nothing") for word in words]) == 2
    said = capsys.readouterr().err
    assert MISSING in said
    assert "Errno" not in said
    assert "Hint: " in said
    assert not list(tmp_path.iterdir())


def test_a_folder_and_other_bytes_are_said_too(tmp_path, capsys):
    assert main(["watch", str(tmp_path)]) == 2
    assert "cannot be read: it is a folder" in capsys.readouterr().err
    (tmp_path / "run.toml").write_bytes(b"a = '\xe9'")
    assert main(["watch", str(tmp_path / "run.toml")]) == 2
    assert "cannot be read: byte 0xe9 at place 6 is not UTF-8" in capsys.readouterr().err


def test_what_is_rarer_stays_as_the_system_says_it():
    assert why_unreadable(OSError(5, "Input/output error")) == "Input/output error"
    assert why_unreadable(PermissionError(13, "x")) == "its permissions do not allow it"
    assert why_unreadable(NotADirectoryError(20, "x")) == "a part of its path is a file, not a folder"
    assert why_unreadable(ValueError("half a file")) == "half a file"
