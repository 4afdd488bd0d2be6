"""CPU per account of a fleet, one worker against two, growth with the fleet, and what a million accounts would take.

Problem: how many accounts fit into a night is a question of CPU per account, bytes moved and memory, none of which may
be guessed. Decision: generated accounts over the sample (its index of 500 names, lots of many ages, wash windows), in
CPU seconds; growth with the fleet and the model of a million accounts are `benchmarks.fleet_growth`'s. Limits: two
workers are compared by wall time, the only bar here that a busy machine can spoil; the CPU seconds of both runs stand
beside it.
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
from di_advisor.execution.jobs import one_thread
from di_advisor.fleet.account import account_from_bytes, account_to_bytes
from di_advisor.fleet.facts import FleetFacts
from di_advisor.fleet.generated import CONVEX, DESK, SampleFleet, sample_facts_of
from di_advisor.fleet.running import propose
from di_advisor.fleet.solving import FleetWork, recorded, solved, workspace_for
from di_advisor.propose.planned import Clock, never, settled_for, silent
from di_advisor.sample.world import SampleWorld

__all__ = ["AREA", "Costs", "bars", "costs_of", "peak_mb", "stages_of"]

AREA = "fleet"

_EACH = 24
_COMPARED = 48
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
    recorded(account.label, settled).to_row()
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


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _two_against_one(world: SampleWorld, facts: FleetFacts) -> tuple[float, str]:
    """Wall time of one worker over two on the same accounts, after the workers are warm; and CPU seconds of both."""
    from di_advisor.execution.dask_jobs import local_cluster

    walls, said = [], []
    for workers in (1, 2):
        before = _children()
        with local_cluster(workers) as address, tempfile.TemporaryDirectory() as folder:
            warm = SampleFleet(world, 8 * workers, 9)
            propose(warm, facts, into=Path(folder) / "warm", scheduler=address, joint_rounds=0)
            since = time.perf_counter()
            accounts = SampleFleet(world, _COMPARED, 4)
            run = propose(accounts, facts, into=Path(folder) / "run", scheduler=address, joint_rounds=0)
            walls.append(time.perf_counter() - since)
            assert (run.done, run.set_aside) == (_COMPARED, 0)
        said.append(f"{workers}: {walls[-1]:.1f} s wall, {_children() - before:.1f} CPU s with start")
    return walls[0] / walls[1], "; ".join(said)


def bars() -> list[Bar]:
    """CPU of an account, of its parts, and of two workers against one."""
    world = sample.load()
    facts = sample_facts_of(world)
    convex, desk = costs_of(world, facts, CONVEX), costs_of(world, facts, DESK)
    ratio, said = _two_against_one(world, facts)
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
        Bar.at_least("fleet.two_workers", ratio, 1.8, unit="ratio", compared_to=f"one worker, wall; {said}"),
        Bar.at_most("fleet.peak_memory", peak_mb(), 1_500.0, unit="MB", compared_to="target; main process or a worker"),
    ]
