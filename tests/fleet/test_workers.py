"""On processes of this machine: the same lines for any number of workers, and nothing lost when one dies."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import dask
import distributed
import pytest

from di_advisor.errors import ClusterError, InputError
from di_advisor.execution import on_worker
from di_advisor.execution.dask_jobs import DaskJobs, local_cluster
from di_advisor.execution.jobs import InProcess, Job, attempted_together
from di_advisor.execution.on_worker import versions as on_worker_versions
from di_advisor.fleet.facts import FleetFacts
from di_advisor.fleet.generated import SampleFleet
from di_advisor.fleet.record import SetAside
from di_advisor.fleet.running import propose
from tests.fleet import workload
from tests.fleet.folders import keys, lines

FLEET = """
import sys
from di_advisor import fleet, sample

if __name__ == "__main__":
    world = sample.load()
    accounts = fleet.SampleFleet(world, 6, seed=3, names=40, lots_a_name=3)

    def stop(progress):
        print(progress.done, flush=True)

    fleet.propose(
        accounts, fleet.sample_facts_of(world), into=sys.argv[1], scheduler="in-process", joint_rounds=0, progress=stop
    )
"""

SCHEDULER = """
import time

from di_advisor.execution.dask_jobs import local_cluster

if __name__ == "__main__":
    with local_cluster(1) as address:
        print(address, flush=True)
        time.sleep(600)
"""


def jobs(count: int) -> list[Job]:
    return [Job(f"k{i:02}", str(i).encode()) for i in range(count)]


def by_key(runner: InProcess | DaskJobs, work: object, count: int, shared: object = 3) -> dict[str, object]:
    found = [(o.key, o.value or o.failure) for o in runner.run(jobs(count), work, shared)]
    assert len({key for key, _ in found}) == len(found) == count
    return dict(sorted(found))


@pytest.fixture(scope="module")
def two() -> object:
    """Two local workers for all tests of this file."""
    with local_cluster(2) as address:
        yield address


def test_two_workers_one_worker_and_this_process_write_the_same_lines(
    six: SampleFleet, facts: FleetFacts, tmp_path: Path, two: str
) -> None:
    few = list(six)[:4]
    runs = [
        propose(few, facts, into=tmp_path / "here", scheduler="in-process"),
        propose(few, facts, into=tmp_path / "one", workers=1),
        propose(few, facts, into=tmp_path / "two", scheduler=two),
    ]
    here, one, both = ([lines(p) for p in sorted(run.folder.glob("pass-*"))] for run in runs)
    assert [len(p) for p in here] == [4, 4]
    assert here == one == both


def test_what_is_shared_is_sent_to_each_worker_once_and_not_with_the_jobs(two: str) -> None:
    found = by_key(DaskJobs(two, batch=1), workload.who_opened, 20, workload.Shared(b"x" * 1_000_000))
    opened = {tuple(value.decode().split()) for value in found.values()}
    assert {times for _, times in opened} == {"1"}


def test_errors_of_every_kind_are_told_the_same_way_everywhere(two: str) -> None:
    here, there = by_key(InProcess(), workload.sometimes, 12), by_key(DaskJobs(two), workload.sometimes, 12)
    assert here == there
    assert [type(v).__name__ for v in here.values()].count("Failure") == 3
    assert {v.kind for v in here.values() if not isinstance(v, bytes)} == {"InputError", "ValueError", "KeyError"}


STUBBORN = {
    "k03": ("OSError", "The feed of the rule is gone"),
    "k04": ("OwnError", "its words cannot be read \\(KeyError\\)"),
    "k05": ("SystemExit", "SystemExit: 3"),
    "k06": ("MemoryError", "MemoryError"),
    "k07": ("TypeError", "no bytes but generator"),
    "k08": ("TypeError", "no bytes but NoneType"),
}


def test_what_an_own_rule_raises_or_gives_that_nobody_expects_is_told_as_it_is_and_ends_no_other_job(two: str) -> None:
    here, there = by_key(InProcess(), workload.stubborn, 12), by_key(DaskJobs(two), workload.stubborn, 12)
    assert here == there
    assert {k for k, v in here.items() if not isinstance(v, bytes)} == set(STUBBORN)
    for key, (kind, says) in STUBBORN.items():
        assert here[key].kind == kind
        assert re.search(says, here[key].what)


def test_jobs_that_cannot_be_begun_together_are_done_one_at_a_time() -> None:
    found = attempted_together(workload.whatever, workload.Begun(), jobs(3))
    assert [o.value for o in found] == [b"0", b"1", b"2"]


def test_a_job_that_never_ends_is_set_aside_and_the_others_come_out(two: str) -> None:
    found = by_key(DaskJobs(two, batch=4, job_seconds_max=2.0), workload.endless, 12)
    assert [k for k, v in found.items() if not isinstance(v, bytes)] == ["k05"]
    assert found["k05"].kind == "TookTooLong"
    with pytest.raises(InputError, match="job_seconds_max is 0"):
        DaskJobs(two, job_seconds_max=0.0)


def test_a_scheduler_that_goes_away_in_the_middle_is_one_clear_error_and_what_was_given_holds(tmp_path: Path) -> None:
    program = [sys.executable, "-c", SCHEDULER]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address, seen = process.stdout.readline().strip(), list[str]()

        def until_it_is_gone() -> None:
            for outcome in DaskJobs(address, batch=1).run(jobs(400), workload.slow, 0.05):
                seen.append(outcome.key)
                if len(seen) == 3:
                    process.kill()

        quick = {"distributed.comm.timeouts.connect": "1s", "distributed.client.scheduler-info-interval": "1s"}
        with dask.config.set(quick), pytest.raises(ClusterError, match="The scheduler was lost"):
            until_it_is_gone()
    assert 3 <= len(seen) == len(set(seen)) < 400


def test_a_worker_of_another_version_takes_no_jobs(two: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_worker, "versions", lambda: on_worker_versions() | {"di-advisor": "0.0.9"})
    with pytest.raises(ClusterError, match=r"has di-advisor .* and not 0\.0\.9"):
        by_key(DaskJobs(two), workload.sometimes, 12)
    monkeypatch.undo()
    assert len(by_key(DaskJobs(two), workload.sometimes, 12)) == 12  # nothing of the refused run is left


def test_a_job_that_ends_every_worker_is_set_aside_and_the_others_come_out(two: str) -> None:
    found = by_key(DaskJobs(two, batch=4), workload.deadly, 24)
    assert [k for k, v in found.items() if not isinstance(v, bytes)] == ["k13"]
    assert found["k13"].kind == "WorkerLost"


def test_a_worker_that_is_killed_from_outside_loses_nothing(two: str, tmp_path: Path) -> None:
    note = tmp_path / "pid"
    found = by_key(DaskJobs(two, batch=2), workload.killed_once, 16, str(note))
    assert note.exists()
    assert all(isinstance(v, bytes) for v in found.values())


def test_a_job_whose_worker_is_lost_while_it_is_alone_is_asked_for_once_more(two: str, tmp_path: Path) -> None:
    note = tmp_path / "pid"
    found = by_key(DaskJobs(two, batch=2), workload.killed_twice, 12, str(note))
    assert Path(f"{note}-again").exists()
    assert all(isinstance(v, bytes) for v in found.values())


def test_a_process_is_started_again_though_it_stays_away_for_longer_than_dask_waits() -> None:
    impatient = dask.config.set({"distributed.deploy.lost-worker-timeout": "50ms"})
    with impatient, local_cluster(1) as address, distributed.Client(address, set_as_default=False) as client:
        (pid,) = client.run(os.getpid).values()
        os.kill(pid, signal.SIGKILL)
        for _ in range(600):
            if not client.nthreads():
                break
            time.sleep(0.01)
        client.wait_for_workers(1, timeout=60)
        time.sleep(1.0)  # it would be closed only now
        assert [again != pid for again in client.run(os.getpid).values()] == [True]


def test_a_cluster_whose_workers_are_gone_is_an_error_and_no_wait_without_end() -> None:
    with distributed.LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address="127.0.0.1:0") as empty:
        runner = DaskJobs(empty.scheduler_address, job_seconds_max=1.5)
        with pytest.raises(ClusterError, match=r"no worker for 2 seconds") as told:
            by_key(runner, workload.sometimes, 2)
    assert "What is finished is kept" in str(told.value)


def test_jobs_are_drawn_only_as_there_is_room_for_them(two: str) -> None:
    drawn, landed, most = 0, 0, 0

    def stream() -> Iterator[Job]:
        nonlocal drawn, most
        for job in jobs(90):
            drawn += 1
            most = max(most, drawn - landed)
            yield job

    for _ in DaskJobs(two, batch=3, ahead=2).run(stream(), workload.sometimes, 3):
        landed += 1
    assert landed == drawn == 90
    assert most <= 2 * 2 * 3 + 3  # batches in flight for two threads, and the one that is drawn


def test_a_cancelled_run_ends_and_gives_what_was_known(two: str) -> None:
    seen: list[str] = []

    def enough() -> bool:
        return len(seen) >= 5

    for outcome in DaskJobs(two, batch=1).run(jobs(40), workload.sometimes, 3, cancel=enough):
        seen += [outcome.key]
    assert 5 <= len(seen) < 40


def test_a_fleet_with_a_killed_worker_and_a_deadly_account_has_every_other_proposal_once(
    six: SampleFleet, facts: FleetFacts, tmp_path: Path, two: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("di_advisor.fleet.running.solved", workload.deadly_account)
    run = propose(six, facts, into=tmp_path, scheduler=two, joint_rounds=0)
    assert (run.done, run.set_aside, run.finished) == (6, 1, True)
    assert sorted(keys(run.records_folder)) == [f"A{i:06}" for i in range(6)]
    (bad,) = (r for r in run.records() if isinstance(r, SetAside))
    assert (bad.label, bad.failure.kind) == ("A000004", "WorkerLost")


def test_a_main_process_that_is_killed_and_started_again_gives_the_same_set_once(
    six: SampleFleet, facts: FleetFacts, tmp_path: Path
) -> None:
    folder, script = tmp_path / "run", tmp_path / "fleet.py"
    script.write_text(FLEET, encoding="utf-8")
    command = [sys.executable, str(script), str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for told in process.stdout:
            if int(told) >= 2:
                os.kill(process.pid, signal.SIGKILL)
                break
    left = keys(folder / "pass-1")
    assert 2 <= len(left) < 6
    subprocess.run(command, check=True, capture_output=True)
    assert sorted(keys(folder / "pass-1")) == [f"A{i:06}" for i in range(6)]
    whole = propose(six, facts, into=tmp_path / "whole", scheduler="in-process", joint_rounds=0)
    assert lines(folder / "pass-1") == lines(whole.records_folder)
