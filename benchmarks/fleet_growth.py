"""``python -m benchmarks.fleet_growth [--accounts N]``: growth of a fleet, and the model of a million a night.

Problem: a model is worth what it predicts, and figures of a busy machine drift while it is made. Decision: runs of 10
to 1,000 accounts, each with accounts and workers of its own; ``CPU = start + per account x number`` is fitted to them,
and what it predicts is printed before the largest run begins. Limits: CPU seconds of a machine whose cores are shared
grow with what else runs, by half and more; some sizes are run again after the largest run, and a second fit to the
medians of each size, before and after, tells how far the prediction was off for that reason. The main process also
watches its workers, some milliseconds a second of wall time.

``--kill`` ends a worker in the middle of the largest run, ``--poison`` puts in one account that nobody can solve, and
every other proposal must be there once. Not a bar of `python -m benchmarks`: the largest run takes minutes.
"""

from __future__ import annotations

import argparse
import os
import resource
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from threading import Event, Thread

import numpy as np
import psutil  # type: ignore[import-untyped]

from di_advisor import sample
from di_advisor.execution.dask_jobs import DaskJobs
from di_advisor.execution.jobs import BatchTimes
from di_advisor.fleet.account import FleetAccount
from di_advisor.fleet.facts import FleetFacts
from di_advisor.fleet.generated import CONVEX, DESK, SampleFleet, sample_facts_of
from di_advisor.fleet.record import SetAside
from di_advisor.fleet.running import FleetProgress, propose
from di_advisor.fleet.sources import ParquetAccounts, write_accounts

__all__ = ["Fit", "Grown", "fitted", "main", "off_by"]

_BEFORE = (10, 100, 300, 1_000)
_AFTER = (100, 300, 1_000)
_FITTED = 1_000
_MILLION = 1_000_000
_NIGHT_HOURS = 8
_HOUR_SECONDS = 3_600
_MB = 2**20
_GB_IN_MB = 2**10
_LABEL_BYTES = 150
_POISON = 7
_IMPOSSIBLE_USD = Decimal(10**9)
_SEED = 40


@dataclass(frozen=True)
class Grown:
    """One run: CPU seconds, wall seconds, and MB.

    `solving_cpu` is of the workers' threads while they were at accounts, `workers_cpu` of their processes from start to
    end, `idle` the share of the time from the first account to the last in which a worker had none.
    """

    accounts: int
    workers_cpu: float
    solving_cpu: float
    main_cpu: float
    wall: float
    idle: float
    peak_mb: float
    sent_mb: float
    written_mb: float
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


class _Memory(Thread):
    """Samples what this process and its workers hold together."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak_mb, self._end = 0.0, Event()

    def run(self) -> None:
        me = psutil.Process()
        while not self._end.wait(1.0):
            held = me.memory_info().rss
            for child in me.children(recursive=True):
                with suppress(psutil.Error):
                    held += child.memory_info().rss
            self.peak_mb = max(self.peak_mb, held / _MB)

    def ended(self) -> float:
        self._end.set()
        self.join()
        return self.peak_mb


def _killer(times: list[BatchTimes], after: int) -> Callable[[FleetProgress], None]:
    """Ends a worker once, when so many accounts are done."""
    killed: list[int] = []

    def told(progress: FleetProgress) -> None:
        if progress.done >= after and not killed:
            killed.append(times[-1].process)
            os.kill(killed[0], signal.SIGKILL)
            _say(f"        worker {killed[0]} killed after {progress.done:,} accounts")

    return told


def _grown(fleet: SampleFleet, facts: FleetFacts, workers: int, *, kill: bool = False, poison: bool = False) -> Grown:
    with tempfile.TemporaryDirectory() as name:
        folder, stored = Path(name) / "run", Path(name) / "accounts.parquet"
        write_accounts(stored, _Poisoned(fleet) if poison else fleet)  # as a firm's book would lie there
        source = ParquetAccounts(stored)
        sent = sum(len(body) for _, body in source.bodies() if isinstance(body, bytes)) / _MB
        times: list[BatchTimes] = []
        told = _killer(times, len(fleet) // 3) if kill else None
        memory = _Memory()
        memory.start()
        before, mine, since = _cpu(resource.RUSAGE_CHILDREN), time.process_time(), time.perf_counter()
        runner = DaskJobs(workers=workers, timed=times.append)
        run = propose(source, facts, into=folder, scheduler=runner, joint_rounds=0, progress=told)
        wall, main_cpu = time.perf_counter() - since, time.process_time() - mine
        used, peak = _cpu(resource.RUSAGE_CHILDREN) - before, memory.ended()
        records = [(r.label, isinstance(r, SetAside)) for r in run.records()]
        labels = [label for label, _ in records]
        assert sorted(labels) == [label for label, _ in source.bodies()]
        aside = [label for label, is_aside in records if is_aside]
        assert not poison or fleet.account(_POISON).label in aside
        size = sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) / _MB
    span = max(t.ended for t in times) - min(t.began for t in times)
    idle = 1.0 - sum(t.ended - t.began for t in times) / (workers * span)
    solving = sum(t.cpu_seconds for t in times)
    return Grown(len(fleet), used, solving, main_cpu, wall, idle, peak, sent, size, len(aside))


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def fitted(accounts: list[int], seconds: list[float]) -> tuple[float, float]:
    """Start and per account of a straight line through the medians of each size.

    A run's spread grows with the root of its accounts, so each size weighs as its inverse.
    """
    by_size = {n: [s for m, s in zip(accounts, seconds, strict=True) if m == n] for n in sorted(set(accounts))}
    n = np.array(list(by_size), dtype=np.float64)
    found = np.array([statistics.median(each) for each in by_size.values()])
    weights = 1.0 / np.sqrt(n)
    start, each = np.linalg.lstsq(np.c_[weights, n * weights], found * weights)[0].tolist()
    return float(start), float(each)


@dataclass(frozen=True)
class Fit:
    """CPU seconds as start and per account: of the workers, of the main process; and solving, per account alone."""

    workers: tuple[float, float]
    main: tuple[float, float]
    solving: float

    @classmethod
    def of(cls, rows: Sequence[Grown]) -> Fit:
        """From runs of several sizes."""
        n = [r.accounts for r in rows]
        return cls(
            fitted(n, [r.workers_cpu for r in rows]),
            fitted(n, [r.main_cpu for r in rows]),
            fitted(n, [r.solving_cpu for r in rows])[1],
        )

    def expected(self, accounts: int) -> dict[str, float]:
        """CPU seconds of so many accounts, by what takes them."""
        workers, main = (start + each * accounts for start, each in (self.workers, self.main))
        return {"workers": workers, "main": main, "all": workers + main}


def off_by(fit: Fit, run: Grown) -> dict[str, float]:
    """How far a run is from what is expected of it, as fractions."""
    measured = {"workers": run.workers_cpu, "main": run.main_cpu, "all": run.workers_cpu + run.main_cpu}
    return {what: measured[what] / seconds - 1.0 for what, seconds in fit.expected(run.accounts).items()}


def _say_fit(fit: Fit, of: str) -> None:
    (start, each), (begun, passed) = fit.workers, fit.main
    _say(
        f"\nFit to the runs {of}: workers {start:.1f} + {each:.5f} n CPU s (solving {fit.solving:.5f} n); "
        f"main {begun:.1f} + {passed:.5f} n CPU s"
    )


def _say_off(fit: Fit, run: Grown) -> None:
    off, expected = off_by(fit, run), fit.expected(run.accounts)
    said = "; ".join(f"{what} {expected[what]:.0f} CPU s, off by {off[what]:+.1%}" for what in off)
    _say(f"{run.accounts:,} accounts: {said}")


def _say_model(fit: Fit, rows: Sequence[Grown], last: Grown) -> None:
    drift = [r.solving_cpu / r.accounts for r in rows if r.accounts >= _FITTED // 10]
    _say(f"Solving CPU ms an account, run by run: {', '.join(f'{1000 * d:.1f}' for d in drift)}")
    hours, passed = fit.workers[1] * _MILLION / _HOUR_SECONDS, fit.main[1]
    gigabytes = [_MILLION * size / last.accounts / _GB_IN_MB for size in (last.sent_mb, last.written_mb)]
    _say(
        f"A million accounts, one pass: {hours:,.1f} core hours, so {hours / _NIGHT_HOURS:.1f} workers for "
        f"{_NIGHT_HOURS} hours; main process {passed * _MILLION / _HOUR_SECONDS:.1f} CPU hours and about "
        f"{_LABEL_BYTES * _MILLION / _MB:,.0f} MB of labels; {gigabytes[0]:,.0f} GB of accounts in, "
        f"{gigabytes[1]:,.0f} GB of records out; main process and workers no larger than the peaks above."
    )


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fleet_growth")
    parser.add_argument("--accounts", type=int, default=_FITTED, metavar="N", help="largest run (1,000)")
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="local processes (2)")
    parser.add_argument("--convex", action="store_true", help="without discrete rules")
    parser.add_argument("--kill", action="store_true", help="end a worker in the middle of the largest run")
    parser.add_argument("--poison", action="store_true", help="put an account that nobody can solve into it")
    parser.add_argument("--alone", action="store_true", help="the largest run only, no model")
    chosen = parser.parse_args()
    if (chosen.kill or chosen.poison) and not chosen.alone and chosen.accounts <= _FITTED:
        parser.error(f"--kill and --poison are for the largest run: give --alone, or more than {_FITTED:,} accounts")
    world = sample.load()
    facts = sample_facts_of(world)
    wishes = CONVEX if chosen.convex else DESK
    seeds = iter(range(_SEED, _SEED + 100))

    def run(count: int, **how: bool) -> Grown:
        row = _grown(SampleFleet(world, count, next(seeds), wishes), facts, chosen.workers, **how)
        _say(
            f"{count:>7,} accounts: workers {row.workers_cpu:8.1f} CPU s ({row.solving_cpu:.1f} solving, idle "
            f"{row.idle:.1%}), main {row.main_cpu:6.1f} CPU s, {row.wall:7.1f} s wall, peak of all processes "
            f"{row.peak_mb:6.0f} MB, {row.sent_mb:.1f} MB in, {row.written_mb:.1f} MB out, {row.set_aside} set aside"
        )
        return row

    def largest() -> Grown:
        return run(chosen.accounts, kill=chosen.kill, poison=chosen.poison)

    if chosen.alone:
        largest()
        return
    rows = [run(n) for n in _BEFORE if n <= chosen.accounts]
    fit = Fit.of(rows)
    _say_fit(fit, f"up to {rows[-1].accounts:,}")
    last = rows[-1]
    if chosen.accounts > _FITTED:
        said = ", ".join(f"{what} {seconds:.0f}" for what, seconds in fit.expected(chosen.accounts).items())
        _say(f"So {chosen.accounts:,} accounts must take, CPU s: {said}\n")
        last = largest()
        _say_off(fit, last)
        rows += [run(n) for n in _AFTER]
        fit = Fit.of(rows)
        _say_fit(fit, "before and after, medians of each size")
        _say_off(fit, last)
    _say_model(fit, rows, last)


if __name__ == "__main__":
    main()
