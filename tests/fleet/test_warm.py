"""A night that begins at the prices of the one before: fewer steps, records that are as good and as independent."""

import json
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from di_advisor.domain.mandate import Band, Mandate, Rounding
from di_advisor.errors import InputError
from di_advisor.execution.jobs import Failure, Job, Outcome, attempted_together
from di_advisor.fleet import Desk, ParquetAccounts, SampleFleet, WarmAccounts, propose, write_accounts
from di_advisor.fleet.account import FleetAccount, account_from_bytes, account_to_bytes
from di_advisor.fleet.facts import FleetFacts
from di_advisor.fleet.record import FleetRecord, SetAside, read_row
from di_advisor.fleet.sealed import begun_at
from di_advisor.fleet.solving import FleetWork, solved
from di_advisor.sample.world import SampleWorld
from di_advisor.solve.batch.curvature import curvature_at
from tests.fleet.older_bodies import older_body

_CERTIFIED = 5e-4


@pytest.fixture(scope="module")
def accounts(world: SampleWorld) -> list[FleetAccount]:
    """Five that are solved side by side, and one with discrete wishes."""
    free = Mandate(sector_band=Band.within(0.2), rounding=Rounding.FRACTIONAL)
    fleet = SampleFleet(world, 6, seed=8, wishes=(free,), names=60, lots_a_name=3)
    whole = free.with_changes(rounding=Rounding.WHOLE_SHARES, min_trade_usd=Decimal(250))
    return [replace(a, mandate=whole) if i == 2 else a for i, a in enumerate(fleet)]


@pytest.fixture(scope="module")
def yesterday(accounts: list[FleetAccount], facts: FleetFacts, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("yesterday")
    propose(accounts, facts, into=folder, scheduler="in-process", joint_rounds=0)
    return folder


@pytest.fixture(scope="module")
def today(facts: FleetFacts) -> FleetFacts:
    g, market = np.random.default_rng(1), facts.market
    moves = np.exp(0.005 * g.normal() + 0.01 * g.normal(size=len(market.price_usd)))
    prices = (p * Decimal(repr(round(m, 6))) for p, m in zip(market.price_usd, moves.tolist(), strict=True))
    return replace(facts, market=replace(market, price_usd=tuple(p.quantize(Decimal("0.01")) for p in prices)))


def _jobs(accounts: Sequence[FleetAccount]) -> list[Job]:
    return [Job(a.label, account_to_bytes(a)) for a in accounts]


def _dealt(jobs: list[Job], work: FleetWork, size: int) -> list[Outcome]:
    return [o for i in range(0, len(jobs), size) for o in attempted_together(solved, work, jobs[i : i + size])]


def _records(jobs: list[Job], work: FleetWork) -> list[FleetRecord]:
    found = [read_row(json.loads(o.value or b"")) for o in _dealt(jobs, work, len(jobs))]
    return [r for r in found if isinstance(r, FleetRecord)]


def test_each_account_begins_at_the_prices_of_its_own_record(
    accounts: list[FleetAccount], yesterday: Path, facts: FleetFacts
) -> None:
    warm = list(WarmAccounts(accounts, yesterday))
    known = {r.label: r for r in _records(_jobs(accounts), FleetWork(facts))}
    assert [a.label for a in warm] == [a.label for a in accounts]
    for account in warm:
        assert dict(account.begins_at) == dict(known[account.label].prices)
        assert account_from_bytes(account_to_bytes(account)) == account
    assert [bool(a.begins_at) for a in warm] == [True, True, False, True, True, True]
    assert set(warm[0].begins_at) == set(facts.market.risk.factors)


def test_a_warm_night_takes_fewer_steps_to_plans_that_are_as_good(
    accounts: list[FleetAccount], yesterday: Path, today: FleetFacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By arrays, whose steps can be counted; loops take the same."""
    work, counted, plain = FleetWork(today), [0], curvature_at

    def counting(*args: Any) -> Any:
        counted[0] += int(np.sum(args[-1]))  # accounts that take a step
        return plain(*args)

    monkeypatch.setattr("di_advisor.solve.batch.answer.is_compiled", lambda: False)
    monkeypatch.setattr("di_advisor.solve.batch.climb.curvature_at", counting)
    cold = _records(_jobs(accounts), work)
    steps, counted[0] = counted[0], 0
    warm = _records(_jobs(list(WarmAccounts(accounts, yesterday))), work)
    assert counted[0] < 0.9 * steps
    assert len(cold) == len(warm) == len(accounts)
    for one, other in zip(cold, warm, strict=True):
        worth = float(one.benefit_usd)
        assert abs(float(other.benefit_usd) - worth) <= _CERTIFIED * abs(worth) + 0.02
        if other.prices:
            assert other.certificate.gap_usd <= _CERTIFIED * abs(worth) + 0.01


def test_warm_records_do_not_depend_on_how_accounts_are_dealt_out(
    accounts: list[FleetAccount], yesterday: Path, today: FleetFacts
) -> None:
    jobs, work = _jobs(list(WarmAccounts(accounts, yesterday))), FleetWork(today)
    alone = _dealt(jobs, work, 1)
    assert all(o.failure is None for o in alone)
    assert _dealt(jobs, work, 4) == alone
    assert _dealt(jobs[::-1], work, len(jobs))[::-1] == alone


def test_a_file_of_accounts_is_warmed_as_it_travels_and_a_desk_drills_down_to_the_same_orders(
    accounts: list[FleetAccount], yesterday: Path, today: FleetFacts, tmp_path: Path
) -> None:
    write_accounts(tmp_path / "accounts.parquet", accounts)
    stored = WarmAccounts(ParquetAccounts(tmp_path / "accounts.parquet"), yesterday)
    assert dict(stored.bodies()) == {a.label: account_to_bytes(a) for a in WarmAccounts(accounts, yesterday)}
    run = propose(stored, today, into=tmp_path / "tonight", scheduler="in-process", joint_rounds=0)
    assert (run.done, [r for r in run.records() if isinstance(r, SetAside)]) == (len(accounts), [])
    desk = Desk.open(run, today, stored)
    record = desk.record(accounts[0].label)
    assert isinstance(record, FleetRecord)
    trades = desk.account(accounts[0].label).propose().trade_list
    assert {(o.security_id, o.side, o.lot_id, o.shares) for o in record.orders} == {
        (t.security_id, t.side, t.lot_id, t.shares) for t in trades
    }


def test_who_was_not_there_begins_at_nothing_and_who_says_where_begins_there(
    accounts: list[FleetAccount], yesterday: Path
) -> None:
    new, told = replace(accounts[0], label="new"), replace(accounts[1], begins_at={"market": 0.5})
    warm = WarmAccounts([new, told], yesterday)
    assert [dict(a.begins_at) for a in warm] == [{}, {"market": 0.5}]
    assert warm.find("new") == new
    assert [body for _, body in warm.bodies() if not isinstance(body, Failure)] == [
        account_to_bytes(new),
        account_to_bytes(told),
    ]
    with pytest.raises(InputError, match="no account"):
        warm.find("nobody")


def test_prices_that_are_no_numbers_are_refused(accounts: list[FleetAccount]) -> None:
    body, older = account_to_bytes(accounts[0]), older_body(accounts[0])
    for wrong, says in (("much", "could not convert"), (float("nan"), "no number"), ([1], "float")):
        for each in (body, older):
            with pytest.raises(InputError, match=says):
                account_from_bytes(begun_at(each, {"market": wrong}))  # type: ignore[dict-item]
    with pytest.raises(InputError, match="cannot be read"):
        account_from_bytes(older[:-1] + b',"begins_at":[1]}')
