"""A file that an earlier version wrote is read, run, resumed and drilled down into as it lies there."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from di_advisor.execution.results_folder import ResultsFolder
from di_advisor.fleet.account import digest_of
from di_advisor.fleet.generated import SampleFleet
from di_advisor.fleet.running import FleetProgress
from di_advisor.fleet.sources import ParquetAccounts
from di_advisor.runs.of_fleet import FleetRequest, run_fleet, run_of_source
from tests.fleet.older_bodies import older_body


@pytest.fixture
def older(six: SampleFleet, tmp_path: Path) -> ParquetAccounts:
    """Two accounts as text, in columns of text."""
    schema = pa.schema([("label", pa.string()), ("account", pa.string())])
    few = list(six)[:2]
    rows = {"label": [a.label for a in few], "account": [older_body(a).decode() for a in few]}
    pq.write_table(pa.table(rows, schema=schema), tmp_path / "older.parquet")
    return ParquetAccounts(tmp_path / "older.parquet")


def test_its_accounts_are_read_one_by_one_and_by_label(older: ParquetAccounts, six: SampleFleet) -> None:
    assert list(older) == list(six)[:2]
    assert older.find("A000001") == six.account(1)
    assert older.body_of("A000001") == older_body(six.account(1))


def test_it_is_run_once_and_its_accounts_are_opened_from_the_list(
    older: ParquetAccounts, six: SampleFleet, tmp_path: Path
) -> None:
    request, told = FleetRequest(tmp_path / "run", older.path, joint_rounds=0), list[FleetProgress]()

    def records() -> list[dict]:
        run = run_fleet(request, scheduler="in-process", progress=told.append)
        return list(ResultsFolder.open(run.records_folder).records())

    first = records()
    digests = [digest_of(older_body(a)) for a in list(six)[:2]]
    assert [row["account_digest"] for row in first] == digests
    assert told[-1].done == 2
    told.clear()
    assert records() == first
    assert not told  # nothing was solved again
    assert run_of_source(request.account("A000001"))[1].fingerprint["account"] == digests[1]
