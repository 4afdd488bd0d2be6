"""Accounts stream from the books of a store, on SQLite and on a real PostgreSQL server, and none ends the others."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from benchmarks.postgres_server import PostgresServer
from di_advisor.domain.events import Deposit, Event, OpenAccount, Sell, TransferIn
from di_advisor.domain.mandate import Mandate
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.errors import InputError, StoreError
from di_advisor.execution.jobs import Failure
from di_advisor.fleet.account import account_from_bytes, digest_of
from di_advisor.fleet.facts import FleetFacts
from di_advisor.fleet.generated import SampleFleet
from di_advisor.fleet.record import SetAside, failure_row
from di_advisor.fleet.running import FleetProgress, propose
from di_advisor.fleet.solving import FleetWork
from di_advisor.fleet.store_accounts import StoreAccounts
from di_advisor.formulate.client_file import ClientFile
from di_advisor.ledger.store import Store
from tests.fleet.folders import keys, lines

CLIENT = ClientFile(Mandate(tracking_error_max=0.02), TaxProfile(ConstantRates(0.37, 0.2)))
RECORDED = datetime(2026, 6, 30, tzinfo=UTC)
HERE = "in-process"


def client_of(taxpayer: str, account_id: str) -> ClientFile | None:
    return CLIENT if account_id == "main" else None


def events_of(fleet: SampleFleet, number: int, most: int = 1000) -> list[Event]:
    """The journal of an account: opened, cash, lots that came from elsewhere."""
    lots = fleet.account(number).portfolio.accounts[0].lots[:most]
    start = min(lot.acquired for lot in lots if lot.acquired)
    return [
        OpenAccount(event_id="open", on=start, account_id="main"),
        OpenAccount(event_id="old", on=start, account_id="left out"),
        Deposit(event_id="cash", on=start, account_id="main", amount_usd=5_000),
        *(
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
            for lot in lots
        ),
    ]


def written(address: str | Path, fleet: SampleFleet, names: tuple[str, ...]) -> None:
    with Store.open(address) as store:
        for number, name in enumerate(names):
            store.append(name, events_of(fleet, number), recorded_at=RECORDED)


def told(work: FleetWork, body: bytes) -> bytes:
    """In place of a solve: a record at once."""
    row = failure_row(account_from_bytes(body).label, Failure("Untried", "It was not solved."), digest_of(body))
    return json.dumps(row, sort_keys=True, separators=(",", ":")).encode()


def test_the_books_of_a_store_give_an_account_each_with_its_clients_wishes(
    address: str, six: SampleFleet, facts: FleetFacts, tmp_path: Path
) -> None:
    written(address, six, ("ann", "bob"))
    source = StoreAccounts(address, facts.market.as_of, client_of, facts.market.universe)
    found = list(source)
    assert [a.label for a in found] == ["ann / main", "bob / main"]
    assert [len(a.portfolio.lots) for a in found] == [len(six.account(i).portfolio.lots) for i in (0, 1)]
    assert found[0].mandate == CLIENT.mandate
    assert source.find("bob / main") == found[1]
    with pytest.raises(InputError, match="no account 'bob / left out'"):
        source.find("bob / left out")
    run = propose(source, facts, into=tmp_path / "books", scheduler=HERE, joint_rounds=0)
    assert (run.done, run.set_aside) == (2, 0)
    listed = propose(found, facts, into=tmp_path / "list", scheduler=HERE, joint_rounds=0)
    assert lines(run.records_folder) == lines(listed.records_folder)


def test_books_that_cannot_be_read_are_set_aside_under_their_taxpayers_name(
    six: SampleFleet, facts: FleetFacts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("di_advisor.fleet.running.solved", told)
    where = tmp_path / "books.db"
    written(where, six, ("ann", "bob", "eve"))
    on = facts.market.as_of
    oversold = Sell(event_id="too much", on=on, account_id="main", security_id="SIM0001", shares=10**7, amount_usd=1)
    with Store.open(where) as store:
        store.append("bob", [oversold], recorded_at=RECORDED)

    def careless(taxpayer: str, account_id: str) -> ClientFile | None:
        wishes = {"ann": CLIENT, "bob": CLIENT}  # a client's file is missing
        return wishes[taxpayer] if account_id == "main" else None

    source = StoreAccounts(where, on, careless, facts.market.universe)
    run = propose(source, facts, into=tmp_path / "run", scheduler=HERE, joint_rounds=0)
    assert (run.done, run.finished) == (3, True)
    found = {r.label: r.failure for r in run.records() if isinstance(r, SetAside)}
    assert {k: v.kind for k, v in found.items()} == {
        "ann / main": "Untried",
        "bob": "InputError",
        "eve / main": "KeyError",
    }
    assert "SIM0001" in found["bob"].what
    again = propose(source, facts, into=tmp_path / "run", scheduler=HERE, joint_rounds=0)
    assert sorted(keys(again.records_folder)) == ["ann / main", "bob", "eve / main"]  # nothing is written twice
    with pytest.raises(InputError, match="SIM0001"):
        list(source)


@pytest.mark.slow
def test_a_server_that_is_killed_in_the_middle_loses_nothing_and_the_run_goes_on_with_the_next(
    postgres: PostgresServer, six: SampleFleet, facts: FleetFacts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("di_advisor.fleet.running.solved", told)
    address, names = postgres.create_database("fleet"), [f"t{i:03}" for i in range(300)]
    events = events_of(six, 0, 5)
    with Store.open(address) as store:
        for name in names:
            store.append(name, events, recorded_at=RECORDED)
    source = StoreAccounts(address, facts.market.as_of, client_of, facts.market.universe)
    killed: list[int] = []

    def kill(progress: FleetProgress) -> None:
        if progress.done >= 100 and not killed:
            killed.append(progress.done)
            postgres.kill()

    with pytest.raises(StoreError):
        propose(source, facts, into=tmp_path, scheduler=HERE, joint_rounds=0, progress=kill)
    left = keys(tmp_path / "pass-1")
    assert killed[0] <= len(left) < len(names)
    postgres.start()
    run = propose(source, facts, into=tmp_path, scheduler=HERE, joint_rounds=0)
    assert (run.done, run.finished) == (300, True)
    assert sorted(keys(run.records_folder)) == [f"{name} / main" for name in names]
    postgres.drop_database("fleet")


def test_a_list_that_ends_with_an_error_keeps_what_is_finished(
    six: SampleFleet, facts: FleetFacts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("di_advisor.fleet.running.solved", told)

    def broken() -> Iterator[object]:
        yield from list(six)[:3]
        raise InputError("The list broke off.", hint="Send it again.")

    with pytest.raises(InputError, match="broke off"):
        propose(broken(), facts, into=tmp_path, scheduler=HERE, joint_rounds=0)
    assert keys(tmp_path / "pass-1") == ["A000000", "A000001", "A000002"]
    assert propose(six, facts, into=tmp_path, scheduler=HERE, joint_rounds=0).done == 6
