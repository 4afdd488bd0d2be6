"""Accounts stream from Parquet, in order, again and again, and are found by label."""

import os
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from di_advisor.errors import InputError
from di_advisor.execution.jobs import Failure
from di_advisor.fleet.account import FleetAccount, account_to_bytes
from di_advisor.fleet.bodies import bodies_of
from di_advisor.fleet.facts import FleetFacts
from di_advisor.fleet.generated import SampleFleet
from di_advisor.fleet.running import propose
from di_advisor.fleet.sources import ListedAccounts, ParquetAccounts, source_of, write_accounts
from tests.fleet.folders import lines
from tests.fleet.older_bodies import older_body


def test_a_parquet_file_gives_its_accounts_back_in_order_and_by_label(six: SampleFleet, tmp_path: Path) -> None:
    path = tmp_path / "accounts.parquet"
    assert write_accounts(path, six) == 6
    stored = ParquetAccounts(path)
    assert list(stored) == list(stored) == list(six)
    assert stored.find("A000003") == six.account(3)
    with pytest.raises(InputError, match="no account 'A9'"):
        stored.find("A9")


def test_a_parquet_file_is_written_and_read_a_group_at_a_time(six: SampleFleet, tmp_path: Path) -> None:
    first = six.account(0)
    drawn = 0

    def many() -> Iterator[FleetAccount]:
        nonlocal drawn
        for i in range(600):
            drawn += 1
            yield FleetAccount(f"B{i}", first.portfolio, first.account_id, first.mandate, first.tax)

    path = tmp_path / "many.parquet"
    assert write_accounts(path, many()) == drawn == 600
    stored = ParquetAccounts(path)
    assert stored._open().num_row_groups == 3
    assert sum(1 for _ in stored) == 600
    assert stored.find("B599").label == "B599"


def test_what_was_read_of_a_parquet_file_is_let_go(tmp_path: Path) -> None:
    path, groups, rows = tmp_path / "large.parquet", 40, 8
    schema = pa.schema([("label", pa.string()), ("account", pa.string())])
    with pq.ParquetWriter(path, schema) as writer:
        for group in range(groups):
            bodies = [os.urandom(50_000).hex() for _ in range(rows)]
            labels = [f"{group}-{i}" for i in range(rows)]
            writer.write_table(pa.table({"label": labels, "account": bodies}, schema=schema))
    held = [pa.total_allocated_bytes() for _ in ParquetAccounts(path).bodies()]
    assert len(held) == groups * rows
    early, late = max(held[: 5 * rows]), max(held[-5 * rows :])
    assert late < early + rows * 100_000  # less than a group more; all of them are forty


def test_a_file_that_is_no_parquet_of_accounts_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    path.write_text("no", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        list(ParquetAccounts(path))
    assert str(caught.value).startswith(f"{path} is no Parquet file, or a damaged one: ")
    assert ".." not in caught.value.what.removeprefix(str(path))
    pq.write_table(pa.table({"a": [1]}), path)
    with pytest.raises(InputError, match=r"no columns label and account. Hint: Give a file that fleet.write_accounts"):
        list(ParquetAccounts(path))


@pytest.mark.parametrize(("name", "why"), [("none.parquet", "there is no such file"), ("", "it is a folder")])
def test_a_file_that_cannot_be_opened_is_refused_in_words(name: str, why: str, tmp_path: Path) -> None:
    path = tmp_path / name
    with pytest.raises(InputError) as caught:
        list(ParquetAccounts(path))
    assert caught.value.what == f"{path} cannot be read: {why}."
    assert "Errno" not in str(caught.value)
    assert caught.value.hint.startswith("Check the path")


def test_accounts_from_a_file_give_the_same_lines_as_from_memory(
    six: SampleFleet, facts: FleetFacts, tmp_path: Path
) -> None:
    few = list(six)[:2]
    write_accounts(tmp_path / "a.parquet", few)
    runs = [
        propose(source, facts, into=tmp_path / name, scheduler="in-process", joint_rounds=0)
        for name, source in (("memory", few), ("file", ParquetAccounts(tmp_path / "a.parquet")))
    ]
    assert lines(runs[0].records_folder) == lines(runs[1].records_folder)


def test_a_list_is_a_source_and_a_source_stays_itself(six: SampleFleet) -> None:
    listed = source_of(list(six))
    assert isinstance(listed, ListedAccounts)
    assert listed.find("A000005") == six.account(5)
    assert source_of(six) is six


def test_what_is_stored_under_anothers_label_is_set_aside(six: SampleFleet, tmp_path: Path) -> None:
    path = tmp_path / "mixed.parquet"
    bodies = [account_to_bytes(six.account(0)), older_body(six.account(0)), account_to_bytes(six.account(1))]
    rows = {"label": ["A000009", "A000008", "A000001"], "account": bodies}
    pq.write_table(pa.table(rows), path)
    first, second, third = (body for _, body in bodies_of(ParquetAccounts(path)))
    assert isinstance(first, Failure)
    assert isinstance(second, Failure)
    assert first.what == "What is stored as A000009 is the account 'A000000'."
    assert second.what == "What is stored as A000008 is the account 'A000000'."
    assert third == bodies[2]
