"""A run goes on where it stopped, takes nothing twice, and sets aside who has no proposal; in this process."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from di_advisor.domain.signals import Lock, LockKind
from di_advisor.errors import ClusterError, InputError, StoreError
from di_advisor.execution.jobs import Failure, InProcess, Job, Outcome, Runner, Work, never
from di_advisor.fleet.account import FleetAccount
from di_advisor.fleet.facts import FleetFacts
from di_advisor.fleet.generated import SampleFleet
from di_advisor.fleet.record import FleetRecord, SetAside
from di_advisor.fleet.running import FleetProgress, FleetRun, is_finished, propose
from tests.fleet.folders import keys, lines

HERE = "in-process"


def poisoned(account: FleetAccount) -> FleetAccount:
    return replace(account, mandate=account.mandate.with_changes(withdrawal_usd=Decimal(10**9)))


def with_poison(fleet: SampleFleet, at: int) -> list[FleetAccount]:
    return [poisoned(a) if i == at else a for i, a in enumerate(fleet)]


@pytest.fixture(scope="module")
def whole(six: SampleFleet, facts: FleetFacts, tmp_path_factory: pytest.TempPathFactory) -> FleetRun:
    """The run of the six accounts, in one go."""
    return propose(six, facts, into=tmp_path_factory.mktemp("whole"), scheduler=HERE, joint_rounds=1)


def test_every_account_comes_out_once_in_both_passes(whole: FleetRun) -> None:
    assert (whole.done, whole.set_aside, whole.finished) == (6, 0, True)
    first, second = sorted(p for p in whole.folder.iterdir() if p.is_dir())
    assert keys(first) == keys(second) == [f"A{i:06}" for i in range(6)]
    assert whole.records_folder == second
    assert whole.unsettled is not None
    assert 0 <= whole.unsettled < 0.5


def test_a_cancelled_run_goes_on_where_it_stopped_and_gives_the_same_lines(
    six: SampleFleet, facts: FleetFacts, whole: FleetRun, tmp_path: Path
) -> None:
    told: list[FleetProgress] = []
    stopped = propose(six, facts, into=tmp_path, scheduler=HERE, progress=told.append, cancel=lambda: len(told) >= 2)
    assert (stopped.finished, stopped.done) == (False, 2)
    assert not (tmp_path / "finished.json").exists()
    done = propose(six, facts, into=tmp_path, scheduler=HERE)
    assert done.finished
    assert keys(tmp_path / "pass-1") == [f"A{i:06}" for i in range(6)]
    for mine, theirs in zip(sorted(tmp_path.glob("pass-*")), sorted(whole.folder.glob("pass-*")), strict=True):
        assert mine.name == theirs.name
        assert lines(mine) == lines(theirs)


def test_a_finished_run_does_nothing_again_and_a_changed_account_is_solved_anew(
    six: SampleFleet, facts: FleetFacts, tmp_path: Path
) -> None:
    def once(accounts: list[FleetAccount]) -> FleetRun:
        return propose(accounts, facts, into=tmp_path, scheduler=HERE, joint_rounds=0)

    accounts = list(six)[:3]
    first = once(accounts)
    before = lines(first.records_folder)
    assert lines(once(accounts).records_folder) == before
    changed = replace(accounts[1], mandate=accounts[1].mandate.with_changes(risk_aversion=100.0))
    again = once([accounts[0], changed, accounts[2]])
    assert keys(again.records_folder) == ["A000000", "A000001", "A000002", "A000001"]
    assert [r.label for r in again.records()] == ["A000000", "A000002", "A000001"]


def test_an_account_that_cannot_be_solved_is_set_aside_with_its_error_and_not_tried_twice(
    six: SampleFleet, facts: FleetFacts, whole: FleetRun, tmp_path: Path
) -> None:
    run = propose(with_poison(six, 2), facts, into=tmp_path, scheduler=HERE, joint_rounds=1)
    assert (run.done, run.set_aside, run.finished) == (6, 1, True)
    found = {r.label: r for r in run.records()}
    bad = found["A000002"]
    assert isinstance(bad, SetAside)
    assert bad.failure.kind == "InfeasibleError"
    assert bad.failure.what
    assert sum(isinstance(r, FleetRecord) for r in found.values()) == 5
    alone = [line for line in lines(whole.folder / "pass-1") if b'"key":"A000002"' not in line]
    assert [line for line in lines(run.folder / "pass-1") if b'"key":"A000002"' not in line] == alone
    healed = propose(six, facts, into=tmp_path, scheduler=HERE, joint_rounds=0)
    assert healed.set_aside == 0


def test_who_was_set_aside_is_tried_again_where_asked_for(six: SampleFleet, facts: FleetFacts, tmp_path: Path) -> None:
    accounts = [six.account(0), poisoned(six.account(1))]
    for retry, written in ((False, 2), (False, 2), (True, 3)):
        run = propose(accounts, facts, into=tmp_path, scheduler=HERE, joint_rounds=0, retry_set_aside=retry)
        assert len(keys(run.records_folder)) == written
        assert run.set_aside == 1


def test_results_of_two_markets_are_not_mixed(six: SampleFleet, facts: FleetFacts, tmp_path: Path) -> None:
    propose([six.account(0)], facts, into=tmp_path, scheduler=HERE, joint_rounds=0)
    costs = replace(facts.market.costs, linear=facts.market.costs.linear * 2)
    with pytest.raises(InputError, match="rest on something else: facts differ"):
        propose([six.account(0)], facts.with_costs(costs), into=tmp_path, scheduler=HERE, joint_rounds=0)


def test_two_accounts_of_one_label_are_refused(six: SampleFleet, facts: FleetFacts, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Two accounts are called A000000"):
        propose([six.account(0), six.account(0)], facts, into=tmp_path, scheduler=HERE, joint_rounds=0)


def test_accounts_that_come_once_are_enough_without_joint_rounds_only(
    six: SampleFleet, facts: FleetFacts, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="joint rounds need them again"):
        propose(iter(six), facts, into=tmp_path, scheduler=HERE)
    drawn: list[str] = []

    def stream() -> Iterator[FleetAccount]:
        for account in list(six)[:2]:
            drawn.append(account.label)
            yield account

    told: list[tuple[int, int]] = []
    propose(
        stream(),
        facts,
        into=tmp_path,
        scheduler=HERE,
        joint_rounds=0,
        progress=lambda p: told.append((len(drawn), p.done)),
    )
    assert told == [(1, 1), (2, 2)]  # none is drawn before there is room for it


def test_settings_that_make_no_sense_are_refused(six: SampleFleet, facts: FleetFacts, tmp_path: Path) -> None:
    for wrong, says in (
        ({"joint_rounds": -1}, "joint_rounds is -1"),
        ({"scheduler": "here"}, "'here' is no scheduler"),
        ({"workers": 0}, "0 workers"),
        ({"solves_max": 0}, "solves_max is 0"),
    ):
        with pytest.raises(InputError, match=says):
            propose(six, facts, into=tmp_path, **wrong)


def test_a_run_that_is_begun_again_is_not_finished_until_it_is(
    six: SampleFleet, facts: FleetFacts, tmp_path: Path
) -> None:
    def of(count: int, **how: Callable[[], bool]) -> FleetRun:
        accounts = list(six)[:count]
        return propose(accounts, facts, into=tmp_path, scheduler=HERE, joint_rounds=0, **how)

    assert of(1).finished
    assert is_finished(tmp_path)
    assert not of(2, cancel=lambda: True).finished
    assert not is_finished(tmp_path)
    assert of(2).finished
    assert is_finished(tmp_path)


def test_a_call_that_is_refused_leaves_a_finished_run_as_it_is(
    six: SampleFleet, facts: FleetFacts, tmp_path: Path
) -> None:
    few = [six.account(0)]
    propose(few, facts, into=tmp_path, scheduler=HERE, joint_rounds=0)
    costs = replace(facts.market.costs, linear=facts.market.costs.linear * 2)
    refused: list[tuple[FleetFacts, dict[str, Any], str]] = [
        (facts.with_costs(costs), {}, "facts differ"),
        (facts, {"solves_max": 7}, "solves_max differ"),
        (facts, {"solves_max": 0}, "solves_max is 0"),
        (facts, {"scheduler": "here"}, "no scheduler"),
    ]
    for found, how, says in refused:
        with pytest.raises(InputError, match=says):
            propose(few, found, into=tmp_path, joint_rounds=0, **({"scheduler": HERE} | how))
        assert is_finished(tmp_path)


@dataclass(frozen=True)
class Stops:
    """A runner that gives some outcomes and then ends as it is told to."""

    after: int
    how: BaseException

    def session(self) -> AbstractContextManager[Runner]:
        return nullcontext(self)

    def run(
        self, jobs: Iterable[Job], work: Work, shared: object, *, cancel: Callable[[], bool] = never
    ) -> Iterator[Outcome]:
        drawn = list(jobs)  # so that accounts are under way and nothing is written at once
        for number, outcome in enumerate(InProcess().run(drawn, work, shared, cancel=cancel)):
            if number == self.after:
                raise self.how
            yield outcome


@pytest.mark.parametrize("how", [ClusterError("The scheduler was lost."), KeyboardInterrupt()])
def test_what_was_done_is_kept_where_the_scheduler_is_lost_or_somebody_stops_the_program(
    six: SampleFleet, facts: FleetFacts, whole: FleetRun, tmp_path: Path, how: BaseException
) -> None:
    with pytest.raises(type(how)):
        propose(six, facts, into=tmp_path, scheduler=Stops(3, how), joint_rounds=0)
    assert len(keys(tmp_path / "pass-1")) == 3
    propose(six, facts, into=tmp_path, scheduler=HERE, joint_rounds=0)
    assert lines(tmp_path / "pass-1") == lines(whole.folder / "pass-1")


@dataclass(frozen=True)
class Unreadable:
    """A source of accounts none of which can be had."""

    count: int

    def __iter__(self) -> Iterator[FleetAccount]:
        return iter(())

    def bodies(self) -> Iterator[tuple[str, bytes | Failure]]:
        for i in range(self.count):
            yield f"U{i:04}", Failure("InputError", "No wishes.", "Give some.")


def test_accounts_that_cannot_be_had_are_written_as_they_come_however_many(facts: FleetFacts, tmp_path: Path) -> None:
    told: list[int] = []
    run = propose(
        Unreadable(200), facts, into=tmp_path, scheduler=HERE, joint_rounds=0, progress=lambda p: told.append(p.done)
    )
    assert (run.done, run.set_aside, run.finished) == (200, 200, True)
    assert told == [64, 128, 192, 200]
    assert len(keys(run.records_folder)) == 200


def test_an_account_that_cannot_travel_is_set_aside_and_the_others_come_out(
    six: SampleFleet, facts: FleetFacts, tmp_path: Path
) -> None:
    odd = replace(six.account(1), locks=(Lock("X", LockKind.NO_BUY, object(), None),))  # type: ignore[arg-type]
    run = propose([six.account(0), odd, six.account(2)], facts, into=tmp_path, scheduler=HERE, joint_rounds=0)
    assert (run.done, run.set_aside, run.finished) == (3, 1, True)
    (bad,) = (r for r in run.records() if isinstance(r, SetAside))
    assert (bad.label, bad.failure.kind) == ("A000001", "TypeError")


def test_two_programs_on_one_folder_at_once_leave_every_account_once(
    six: SampleFleet, facts: FleetFacts, whole: FleetRun, tmp_path: Path
) -> None:
    begun: list[int] = []

    def beside(progress: FleetProgress) -> None:
        if not begun:
            begun.append(progress.done)
            assert propose(six, facts, into=tmp_path, scheduler=HERE, joint_rounds=0).done == 6

    run = propose(six, facts, into=tmp_path, scheduler=HERE, joint_rounds=0, progress=beside)
    assert (run.done, run.finished, is_finished(tmp_path)) == (6, True, True)
    assert sorted(r.label for r in run.records()) == [f"A{i:06}" for i in range(6)]
    assert set(lines(run.records_folder)) == set(lines(whole.folder / "pass-1"))


def test_a_folder_that_is_a_file_is_refused(six: SampleFleet, facts: FleetFacts, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("here already", encoding="utf-8")
    with pytest.raises(StoreError, match="cannot be used"):
        propose([six.account(0)], facts, into=tmp_path / "file", scheduler=HERE, joint_rounds=0)
