"""CPU per account of a fleet, one worker against two, growth with the fleet, and what a million accounts would take.

Problem: how many accounts fit into a night is a question of CPU per account, bytes moved and memory, none of which may
be guessed. Decision: generated accounts over the sample (its index of 500 names, lots of many ages, wash windows), in
CPU seconds; growth with the fleet and the model of a million accounts are `benchmarks.fleet_growth`'s. Limits: two
workers are compared by wall time, the only bar here that a busy machine can spoil; beside it stands the same ratio from
what such a machine leaves alone.
"""

from __future__ import annotations

import resource
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.bars import Bar
from di_advisor import sample
from di_advisor.domain.mandate import Mandate
from di_advisor.execution.jobs import BatchTimes, one_thread
from di_advisor.fleet.account import account_from_bytes, account_to_bytes, digest_of
from di_advisor.fleet.facts import FleetFacts
from di_advisor.fleet.generated import CONVEX, DESK, SampleFleet, sample_facts_of
from di_advisor.fleet.recording import written
from di_advisor.fleet.running import propose
from di_advisor.fleet.solving import FleetWork, solved, workspace_for
from di_advisor.fleet.sources import ParquetAccounts, write_accounts
from di_advisor.propose.planned import Clock, never, settled_for, silent
from di_advisor.sample.world import SampleWorld

__all__ = ["AREA", "Costs", "bars", "costs_of", "peak_mb", "stages_of"]

AREA = "fleet"

_EACH = 24
_COMPARED = 192
_COMPARED_CONVEX = 960
"""Accounts that workers are compared over: some seconds of one worker, of which beginning and end are little."""

_TURNS = 3
_MB = 1024.0
_MS = 1000.0


@dataclass(frozen=True)
class Costs:
    """Medians over accounts of one kind of wishes: CPU seconds of all, and by part; bytes in and out."""

    account: float
    parts: dict[str, float]
    bytes_in: float
    bytes_out: float


def peak_mb() -> float:
    """Memory high-water of this process and of the largest of its children that ended, MB."""
    unit = _MB if sys.platform != "darwin" else _MB**2
    mine, theirs = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return max(mine, theirs) / unit


def stages_of(work: FleetWork, body: bytes) -> dict[str, float]:
    """CPU seconds of the parts of one account's work."""
    found: dict[str, float] = {}
    since = time.process_time()
    account = account_from_bytes(body)
    found["read"] = time.process_time() - since
    since = time.process_time()
    space = workspace_for(work.facts, account)
    found["signals"] = time.process_time() - since
    clock = Clock(silent)
    settled = settled_for(space.signals, space.mandate, space.tax, clock, never)
    clock.start("")
    for stage in clock.stages:
        found[stage.name] = found.get(stage.name, 0.0) + stage.cpu_seconds
    since = time.process_time()
    written(account.label, settled, digest_of(body))
    found["record"] = time.process_time() - since
    return found


def costs_of(world: SampleWorld, facts: FleetFacts, wishes: tuple[Mandate, ...], count: int = _EACH) -> Costs:
    """What accounts of some wishes take, one at a time."""
    work = FleetWork(facts)
    bodies = [account_to_bytes(a) for a in SampleFleet(world, count, 3, wishes)]
    with one_thread():
        solved(work, bodies[0])
        seconds, parts, sizes = [], [], []
        for body in bodies:
            since = time.process_time()
            sizes.append(len(solved(work, body)))
            seconds.append(time.process_time() - since)
            parts.append(stages_of(work, body))
    names = list(parts[0])
    medians = {name: statistics.median(p.get(name, 0.0) for p in parts) for name in names}
    sent = statistics.mean(len(b) for b in bodies)
    return Costs(statistics.median(seconds), medians, sent, statistics.mean(sizes))


def _said(parts: dict[str, float]) -> str:
    return ", ".join(f"{name} {_MS * seconds:.1f}" for name, seconds in parts.items())


def _explained(world: SampleWorld, facts: FleetFacts) -> float:
    """CPU of a proposal with all its words over that of a record, the same accounts."""
    lean, whole = 0.0, 0.0
    for account in SampleFleet(world, _EACH // 3, 3, CONVEX):
        body = account_to_bytes(account)
        since = time.process_time()
        solved(FleetWork(facts), body)
        lean += time.process_time() - since
        since = time.process_time()
        workspace_for(facts, account_from_bytes(body)).propose()
        whole += time.process_time() - since
    return whole / lean


@dataclass(frozen=True)
class _Shared:
    """A run on some workers: wall seconds, share of the time in which workers had work, CPU seconds of an account."""

    wall: float
    busy: float
    account: float
    main: float


def _shared_out(workers: int, address: str, accounts: ParquetAccounts, facts: FleetFacts, folder: Path) -> _Shared:
    from di_advisor.execution.dask_jobs import DaskJobs

    times: list[BatchTimes] = []
    runner = DaskJobs(address, timed=times.append)
    since, mine = time.perf_counter(), time.process_time()
    run = propose(accounts, facts, into=folder, scheduler=runner, joint_rounds=0)
    wall, main = time.perf_counter() - since, time.process_time() - mine
    count = run.done
    assert (count, run.set_aside) == (sum(1 for _ in accounts), 0)
    span = max(t.ended for t in times) - min(t.began for t in times)
    busy = sum(t.ended - t.began for t in times) / (workers * span)
    return _Shared(wall, busy, sum(t.cpu_seconds for t in times) / count, main / count)


def _two_against_one(
    world: SampleWorld, facts: FleetFacts, wishes: tuple[Mandate, ...], count: int
) -> tuple[float, float, str]:
    """Wall time of one worker over two, the best of each of several runs in turn; and what two do for each other.

    The second figure is that of two workers with a core each, whatever else the machine does: twice the time that they
    have work, by the CPU that an account takes beside another one.
    """
    from di_advisor.execution.dask_jobs import local_cluster

    runs: dict[int, list[_Shared]] = {1: [], 2: []}
    with local_cluster(1) as one, local_cluster(2) as two, tempfile.TemporaryDirectory() as folder:
        for workers, address in ((1, one), (2, two)):
            warm = SampleFleet(world, 16 * workers, 9, wishes)
            propose(warm, facts, into=Path(folder) / f"warm{workers}", scheduler=address, joint_rounds=0)
        for turn in range(_TURNS):
            stored = Path(folder) / f"{turn}.parquet"  # to generate accounts takes as long as to solve them
            write_accounts(stored, SampleFleet(world, count, 4 + turn, wishes))
            accounts = ParquetAccounts(stored)
            for workers, address in ((1, one), (2, two)):
                where = Path(folder) / f"{turn}-{workers}"
                runs[workers].append(_shared_out(workers, address, accounts, facts, where))
    wall = {k: min(r.wall for r in found) for k, found in runs.items()}
    busy, account, main = (
        {k: statistics.median(getattr(r, name) for r in found) for k, found in runs.items()}
        for name in ("busy", "account", "main")
    )
    said = "; ".join(
        f"{k}: {wall[k]:.1f} s wall, busy {busy[k]:.1%}, {_MS * account[k]:.1f} CPU ms an account, "
        f"main process {_MS * main[k]:.1f}"
        for k in runs
    )
    return wall[1] / wall[2], 2.0 * busy[2] / busy[1] * account[1] / account[2], said


def bars() -> list[Bar]:
    """CPU of an account, of its parts, and of two workers against one."""
    world = sample.load()
    facts = sample_facts_of(world)
    convex, desk = costs_of(world, facts, CONVEX), costs_of(world, facts, DESK)
    ratio, _, said = _two_against_one(world, facts, DESK, _COMPARED)
    lean_ratio, apart, lean_said = _two_against_one(world, facts, CONVEX, _COMPARED_CONVEX)
    where = "index of 500 names, lots, wash windows; one at a time; CPU ms by part:"
    return [
        Bar.at_most(
            "fleet.account_convex_cpu",
            convex.account,
            0.006,
            unit="CPU s",
            compared_to=f"target without discrete rules; {where} {_said(convex.parts)}",
        ),
        Bar.at_most(
            "fleet.account_discrete_cpu",
            desk.account,
            0.200,
            unit="CPU s",
            compared_to=f"target with minimum trades and caps; {where} {_said(desk.parts)}",
        ),
        Bar.at_least(
            "fleet.lean_saves",
            _explained(world, facts),
            1.05,
            unit="ratio",
            compared_to="CPU of the same accounts with every explanation, over that of their records",
        ),
        Bar.at_least(
            "fleet.two_workers",
            ratio,
            1.8,
            unit="ratio",
            compared_to=f"one worker, best wall, minimum trades and caps; {said}",
        ),
        Bar.at_least(
            "fleet.two_workers_convex",
            lean_ratio,
            1.8,
            unit="ratio",
            compared_to=f"one worker, best wall, without discrete rules, two cores for three processes; {lean_said}",
        ),
        Bar.at_least(
            "fleet.two_workers_apart",
            apart,
            1.8,
            unit="ratio",
            compared_to="one worker, by the time that workers have work and CPU of an account: whoever else runs",
        ),
        Bar.at_most("fleet.peak_memory", peak_mb(), 1_500.0, unit="MB", compared_to="target; main process or a worker"),
    ]
