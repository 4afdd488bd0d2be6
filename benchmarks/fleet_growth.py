"""``python -m benchmarks.fleet_growth [--to N]``: growth of a fleet, and the model of a million accounts a night.

Runs 10, 30, 100, ... accounts on local workers, one pass each, and prints CPU seconds of the workers and of the main
process, wall time, memory high-water and bytes; fits CPU = start + per account x number up to 1,000, the largest run
left out; says what the fit predicts for the runs beyond, and what a million accounts would take. ``--kill`` ends a
worker in the middle of the largest run and sets one account to what nobody can solve. Not a bar of
`python -m benchmarks`: the largest run takes minutes.
"""

from __future__ import annotations

import argparse
import os
import resource
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import numpy as np

from benchmarks.fleet import peak_mb
from di_advisor import sample
from di_advisor.fleet.account import FleetAccount
from di_advisor.fleet.facts import FleetFacts
from di_advisor.fleet.generated import CONVEX, DESK, SampleFleet, sample_facts_of
from di_advisor.fleet.running import propose
from di_advisor.fleet.sources import ParquetAccounts, write_accounts

__all__ = ["Grown", "main"]

_STEPS = (10, 30, 100, 300, 1_000, 3_000, 10_000)
_FITTED = 1_000
_MILLION = 1_000_000
_NIGHT_HOURS = 8
_HOUR_SECONDS = 3_600
_MB = 2**20
_GB_IN_MB = 2**10
_LABEL_BYTES = 150
_POISON = 7
_IMPOSSIBLE_USD = Decimal(10**9)


@dataclass(frozen=True)
class Grown:
    """One run."""

    accounts: int
    workers_cpu: float
    main_cpu: float
    wall: float
    sent_mb: float
    written_mb: float
    done: int
    set_aside: int


@dataclass(frozen=True)
class _Poisoned:
    """A fleet with one account that nobody can solve."""

    fleet: SampleFleet

    def __iter__(self) -> Iterator[FleetAccount]:
        for number, account in enumerate(self.fleet):
            if number == _POISON:
                wish = account.mandate.with_changes(withdrawal_usd=_IMPOSSIBLE_USD)
                yield replace(account, mandate=wish)
            else:
                yield account


def _cpu(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def _a_child() -> int:
    """A worker's process id: the child of this process that has used most CPU."""
    import psutil  # type: ignore[import-untyped]

    children = psutil.Process().children(recursive=True)
    return int(max(children, key=lambda c: sum(c.cpu_times()[:2])).pid)


def _grown(fleet: SampleFleet, facts: FleetFacts, workers: int, kill_after_seconds: float) -> Grown:
    with tempfile.TemporaryDirectory() as name:
        folder, stored = Path(name) / "run", Path(name) / "accounts.parquet"
        write_accounts(stored, _Poisoned(fleet) if kill_after_seconds else fleet)  # as a firm's book would lie there
        source = ParquetAccounts(stored)
        sent = sum(len(body) for _, body in source.bodies()) / _MB
        before, mine, since = _cpu(resource.RUSAGE_CHILDREN), time.process_time(), time.perf_counter()
        timer = threading.Timer(kill_after_seconds, lambda: os.kill(_a_child(), signal.SIGKILL))
        if kill_after_seconds:
            timer.start()
        run = propose(source, facts, into=folder, workers=workers, joint_rounds=0)
        timer.cancel()
        wall, main_cpu = time.perf_counter() - since, time.process_time() - mine
        labels = [record.label for record in run.records()]
        assert len(labels) == len(set(labels)) == len(fleet)
        size = sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) / _MB
        used = _cpu(resource.RUSAGE_CHILDREN) - before
    return Grown(len(fleet), used, main_cpu, wall, sent, size, run.done, run.set_aside)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _line(accounts: list[int], seconds: list[float]) -> tuple[float, float]:
    """Start and per account of a straight line; a run's spread grows with the root of its accounts."""
    n = np.array(accounts, dtype=np.float64)
    weights = 1.0 / np.sqrt(n)
    start, each = np.linalg.lstsq(np.c_[weights, n * weights], np.array(seconds) * weights)[0].tolist()
    return float(start), float(each)


def _model(rows: list[Grown]) -> None:
    fitted = [r for r in rows if r.accounts <= _FITTED and r is not rows[-1]]
    if len(fitted) < 2:
        return
    n = [r.accounts for r in fitted]
    start, each = _line(n, [r.workers_cpu for r in fitted])
    begun, passed = _line(n, [r.main_cpu for r in fitted])
    _say(f"\nFit up to {n[-1]:,}: workers {start:.1f} + {each:.4f} n CPU s; main {begun:.1f} + {passed:.5f} n CPU s")
    for row in rows:
        if row.accounts > n[-1]:
            expected = start + each * row.accounts
            off = f"{row.workers_cpu / expected - 1:+.1%}"
            _say(f"{row.accounts:,} accounts: predicted {expected:.0f} CPU s, measured {row.workers_cpu:.0f} ({off})")
    hours = each * _MILLION / _HOUR_SECONDS
    last = rows[-1]
    gigabytes = [_MILLION * size / last.accounts / _GB_IN_MB for size in (last.sent_mb, last.written_mb)]
    _say(
        f"A million accounts, one pass: {hours:,.1f} core hours, so {hours / _NIGHT_HOURS:.1f} workers for "
        f"{_NIGHT_HOURS} hours; main process {passed * _MILLION / _HOUR_SECONDS:.1f} CPU hours and about "
        f"{_LABEL_BYTES * _MILLION / _MB:,.0f} MB of labels; {gigabytes[0]:,.0f} GB of accounts in, "
        f"{gigabytes[1]:,.0f} GB of records out; each worker no larger than the peak above."
    )


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fleet_growth")
    parser.add_argument("--to", type=int, default=_FITTED, metavar="N", help="largest run (1,000)")
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="local processes (2)")
    parser.add_argument("--convex", action="store_true", help="without discrete rules")
    parser.add_argument("--kill", action="store_true", help="end a worker and poison an account in the largest run")
    chosen = parser.parse_args()
    world = sample.load()
    facts = sample_facts_of(world)
    rows: list[Grown] = []
    steps = sorted({*(n for n in _STEPS if n < chosen.to), chosen.to})
    for count in steps:
        fleet = SampleFleet(world, count, 4, CONVEX if chosen.convex else DESK)
        late = max(5.0, rows[-1].wall / 2) if chosen.kill and count == steps[-1] and rows else 0.0
        row = _grown(fleet, facts, chosen.workers, late)
        rows.append(row)
        _say(
            f"{count:>7,} accounts: workers {row.workers_cpu:8.1f} CPU s, main {row.main_cpu:6.1f} CPU s, "
            f"{row.wall:7.1f} s wall, peak {peak_mb():6.0f} MB, {row.written_mb:7.1f} MB written, "
            f"{row.done:,} done, {row.set_aside} set aside"
        )
    _model(rows)


if __name__ == "__main__":
    main()
