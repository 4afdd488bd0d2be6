"""Runs: each policy from each vintage, with and without the wash rule, as files that are made once.

Problem: a comparison is hundreds of replays of minutes each. Decision: a run is a key; its replay is a file of that
name in a folder, written under another name and renamed; what is there is not run again, what was cut off is. Before
it is kept, cash and lots are checked against its journal, to the cent (`check_conservation`). Workers are processes
that open the past once. Limits: a folder belongs to one past and one set of settings, which ``run.json`` there says;
another is refused.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from datetime import date
from multiprocessing import get_context
from pathlib import Path

from benchmarks.past_folder.open_past import open_past
from benchmarks.past_folder.past import FolderPast
from benchmarks.past_folder.weights import WeightKind
from di_advisor.backtest.conservation import check_conservation
from di_advisor.backtest.record import Replayed
from di_advisor.backtest.replay import replay
from di_advisor.backtest.settings import LossUse, ReplaySettings
from di_advisor.backtest.stored import from_bytes, to_bytes
from di_advisor.domain.mandate import Mandate
from di_advisor.domain.taxes import ConstantRates, TaxProfile
from di_advisor.errors import DiAdvisorError, InputError
from di_advisor.policy.policies import policy_named

__all__ = ["Run", "World", "all_runs", "carry_out", "stored_run", "taxpayer"]


@dataclass(frozen=True, slots=True)
class World:
    """What all runs of a folder share.

    Attributes
    ----------
    data : str
        The folder of files.
    start, end : str
        First and last day, ISO.
    names : int or None
        Largest names only.
    weights : str
        As `WeightKind`.
    losses : str
        As `LossUse`.
    tracking_error_max : float
        The mandate's cap, a fraction a year.
    short_term, long_term : float
        Rates.
    """

    data: str
    start: str
    end: str
    names: int | None = None
    weights: str = "volume"
    losses: str = "elsewhere"
    tracking_error_max: float = 0.02
    short_term: float = 0.408
    long_term: float = 0.238

    def open(self) -> FolderPast:
        """The past."""
        return open_past(
            Path(self.data),
            start=date.fromisoformat(self.start),
            end=date.fromisoformat(self.end),
            names=self.names,
            weights=WeightKind(self.weights),
        )


@dataclass(frozen=True, slots=True, order=True)
class Run:
    """One replay.

    Attributes
    ----------
    policy : str
        Its name.
    start, end : str
        First and last day, ISO.
    wash_sales : bool
        Whether the law of wash sales is applied.
    """

    policy: str
    start: str
    end: str
    wash_sales: bool = True

    @property
    def key(self) -> str:
        """Name of its file."""
        return f"{self.policy}_{self.start}_{self.end}_{'wash' if self.wash_sales else 'nowash'}"


def taxpayer(world: World) -> TaxProfile:
    """Constant rates, no state tax."""
    return TaxProfile(ConstantRates(short_term=world.short_term, long_term=world.long_term))


def settings_of(world: World, run: Run) -> ReplaySettings:
    """A million in cash on the first session."""
    return ReplaySettings(wash_sales=run.wash_sales, loss_use=LossUse(world.losses))


def all_runs(
    policies: Sequence[str], starts: Sequence[date], end: date, years: int | None, wash: Sequence[bool]
) -> list[Run]:
    """Every policy from every vintage; each for so many years, or to the end."""
    found = []
    for start in starts:
        until = end if years is None else min(end, date(start.year + years, start.month, min(start.day, 28)))
        found += [Run(p, start.isoformat(), until.isoformat(), w) for p in policies for w in wash]
    return found


def stored_run(folder: Path, run: Run) -> Replayed | None:
    """The replay of a run, or None where it is not there yet."""
    path = folder / f"{run.key}.json"
    return from_bytes(path.read_bytes()) if path.is_file() else None


def carry_out(
    world: World, runs: Sequence[Run], folder: Path, workers: int, say: Callable[[str], None], past: FolderPast
) -> list[str]:
    """Carry out the runs that are not there yet; sentences on those that failed.

    Raises
    ------
    InputError
        If the folder belongs to another world.
    """
    _claim(folder, world)
    todo = [r for r in runs if not (folder / f"{r.key}.json").is_file()]
    say(f"{len(runs)} runs, {len(runs) - len(todo)} of them there already")
    failed: list[str] = []
    if workers <= 1:
        for n, run in enumerate(todo):
            try:
                sentence = _one(past, world, run, folder)
            except DiAdvisorError as error:
                failed.append(f"{run.key}: {type(error).__name__}: {error}")
                sentence = failed[-1]
            say(f"[{n + 1}/{len(todo)}] {sentence}")
        return failed
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_open, initargs=(world,)) as pool:
        waiting = {pool.submit(_in_worker, world, run, str(folder)): run for run in todo}
        for n, done in enumerate(as_completed(waiting)):
            problem = done.exception()
            if problem is not None:
                failed.append(f"{waiting[done].key}: {type(problem).__name__}: {problem}")
            say(f"[{n + 1}/{len(todo)}] {failed[-1] if problem is not None else done.result()}")
    return failed


_OPENED: dict[World, FolderPast] = {}


def _open(world: World) -> None:
    _OPENED[world] = world.open()


def _in_worker(world: World, run: Run, folder: str) -> str:
    return _one(_OPENED[world], world, run, Path(folder))


def _one(past: FolderPast, world: World, run: Run, folder: Path) -> str:
    began = time.process_time()
    replayed = replay(
        past,
        date.fromisoformat(run.start),
        date.fromisoformat(run.end),
        policy_named(run.policy),
        Mandate(tracking_error_max=world.tracking_error_max),
        taxpayer(world),
        settings_of(world, run),
    )
    check_conservation(replayed, past, wash_sales=run.wash_sales)
    under = folder / f"{run.key}.{os.getpid()}.part"
    under.write_bytes(to_bytes(replayed))
    under.replace(folder / f"{run.key}.json")
    return f"{run.key}: {len(replayed.rebalances)} proposals, {time.process_time() - began:.1f} CPU s"


def _claim(folder: Path, world: World) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    head = folder / "run.json"
    mine = asdict(world)
    if not head.is_file():
        head.write_text(json.dumps(mine, indent=1), encoding="utf-8")
    found = json.loads(head.read_text(encoding="utf-8"))
    if found != mine:
        differs = sorted(k for k in mine if found.get(k) != mine[k])
        raise InputError(
            f"{folder} holds runs with other settings: {', '.join(differs)}.", hint="Name another folder with --into."
        )
