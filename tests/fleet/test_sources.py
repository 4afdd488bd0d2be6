"""Accounts stream from Parquet and from the books of a store, in order, again and again, and are found by label."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from di_advisor.domain.events import Deposit, OpenAccount, TransferIn
from di_advisor.domain.mandate import Mandate
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.errors import InputError
from di_advisor.fleet.account import FleetAccount
from di_advisor.fleet.facts import FleetFacts
from di_advisor.fleet.generated import SampleFleet
from di_advisor.fleet.running import propose
from di_advisor.fleet.sources import ListedAccounts, ParquetAccounts, StoreAccounts, source_of, write_accounts
from di_advisor.formulate.client_file import ClientFile
from di_advisor.ledger.store import Store
from tests.fleet.folders import lines

CLIENT = ClientFile(Mandate(tracking_error_max=0.02), TaxProfile(ConstantRates(0.37, 0.2)))


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


def test_a_file_that_is_no_parquet_of_accounts_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    path.write_text("no", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be read"):
        list(ParquetAccounts(path))


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


def test_the_books_of_a_store_give_an_account_each_with_its_clients_wishes(
    six: SampleFleet, facts: FleetFacts, tmp_path: Path
) -> None:
    where, as_of = tmp_path / "books.db", facts.market.as_of
    with Store.open(where) as store:
        for number, name in enumerate(("ann", "bob")):
            account = six.account(number).portfolio.accounts[0]
            start = min(lot.acquired for lot in account.lots if lot.acquired)
            events = [
                OpenAccount(event_id="open", on=start, account_id="main"),
                OpenAccount(event_id="old", on=start, account_id="left out"),
                Deposit(event_id="cash", on=start, account_id="main", amount_usd=5_000),
            ]
            events += [
                TransferIn(
                    event_id=f"in {lot.lot_id}",
                    on=lot.acquired or start,
                    account_id="main",
                    security_id=lot.security_id,
                    shares=lot.shares,
                    basis_total_usd=lot.basis_total_usd,
                    acquired=lot.acquired,
                    lot_id=lot.lot_id,
                )
                for lot in account.lots
            ]
            store.append(name, events, recorded_at=datetime(2026, 6, 30, tzinfo=UTC))

    def client_of(taxpayer: str, account_id: str) -> ClientFile | None:
        return CLIENT if account_id == "main" else None

    source = StoreAccounts(where, as_of, client_of, facts.market.universe)
    found = list(source)
    assert [a.label for a in found] == ["ann / main", "bob / main"]
    assert [len(a.portfolio.lots) for a in found] == [len(six.account(i).portfolio.lots) for i in (0, 1)]
    assert found[0].mandate == CLIENT.mandate
    assert source.find("bob / main") == found[1]
    with pytest.raises(InputError, match="no account 'bob / left out'"):
        source.find("bob / left out")
    run = propose(source, facts, into=tmp_path / "run", scheduler="in-process", joint_rounds=0)
    assert (run.done, run.set_aside) == (2, 0)


def test_a_list_is_a_source_and_a_source_stays_itself(six: SampleFleet) -> None:
    listed = source_of(list(six))
    assert isinstance(listed, ListedAccounts)
    assert listed.find("A000005") == six.account(5)
    assert source_of(six) is six
