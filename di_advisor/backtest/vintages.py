"""Vintages: many replays (start, policy, with and without the law of wash sales), in processes, resumable.

Problem: one start says little; a vintage each quarter says more and takes hours. Decision: every run is a job with a
name; its result is a file that is named after the run and a digest of all that it follows from, so a run that was
done is not done again, and one with other wishes is another run. Limits: a past reaches the workers as a callable that
makes it (each worker makes it once) or, if it can be copied to another process, itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from di_advisor.backtest.asked import Facts, digest_of, facts_of
from di_advisor.backtest.past import Past
from di_advisor.backtest.past_digest import past_digest
from di_advisor.backtest.record import Replayed
from di_advisor.backtest.replay import replay
from di_advisor.backtest.settings import ReplaySettings
from di_advisor.backtest.stored import from_bytes, to_bytes
from di_advisor.domain.mandate import Mandate
from di_advisor.errors import DamagedStoreError, InputError
from di_advisor.execution.jobs import Failure, InProcess, Job, never
from di_advisor.execution.local import LocalProcesses, ResultFiles, quiet, run_into
from di_advisor.formulate.schedule_d import Taxpayer
from di_advisor.policy.policies import Policy

__all__ = ["Vintage", "Vintages", "asked_of", "key_of", "replay_vintages", "vintage_grid"]


@dataclass(frozen=True)
class Vintage:
    """One run.

    Attributes
    ----------
    name : str
        Distinct among the runs; letters, digits and hyphens.
    start, end : date
        The period.
    policy : Policy
        When to act.
    mandate : Mandate
        The wishes.
    tax : Taxpayer
        Who is taxed.
    settings : ReplaySettings
        Start, flows, wash sales, taxes.
    """

    name: str
    start: date
    end: date
    policy: Policy
    mandate: Mandate
    tax: Taxpayer
    settings: ReplaySettings = field(default_factory=ReplaySettings)


def vintage_grid(
    starts: Iterable[date],
    end: date | Callable[[date], date],
    policies: Iterable[Policy],
    mandate: Mandate,
    tax: Taxpayer,
    settings: ReplaySettings | None = None,
    *,
    wash_sales: Sequence[bool] = (True,),
) -> tuple[Vintage, ...]:
    """Every start with every policy, with the law of wash sales as told.

    Parameters
    ----------
    starts : iterable of date
        First days.
    end : date, or callable
        Last day of all, or of a start.
    policies, mandate, tax, settings
        As of `replay`.
    wash_sales : sequence of bool
        (True, False) runs each with the law and without.
    """
    settings = settings or ReplaySettings()
    return tuple(
        Vintage(
            f"{policy.name}-{start}-{'wash' if wash else 'lawless'}",
            start,
            end(start) if callable(end) else end,
            policy,
            mandate,
            tax,
            replace(settings, wash_sales=wash),
        )
        for policy in policies
        for start in starts
        for wash in wash_sales
    )


class Vintages(Mapping[str, Replayed]):
    """Finished replays by the name of their run; read from their files when asked for.

    Parameters
    ----------
    files : ResultFiles
        Where they are.
    keys : Mapping of str to str
        Name of the file by name of the run.
    failures : Mapping of str to Failure
        Runs that failed, by name.
    cancelled : bool
        Whether runs were left.
    """

    def __init__(
        self, files: ResultFiles, keys: Mapping[str, str], failures: Mapping[str, Failure], *, cancelled: bool
    ) -> None:
        self._files, self._keys = files, dict(keys)
        self.failures, self.cancelled = dict(failures), cancelled

    def __getitem__(self, name: str) -> Replayed:
        body = self._files.read(self._keys[name])
        if body is None:
            raise DamagedStoreError(f"The result of {name} is gone, or damaged.", hint="Run it again.", name=name)
        return from_bytes(body)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)


def replay_vintages(
    past: Past | Callable[[], Past],
    runs: Sequence[Vintage],
    folder: Path,
    *,
    workers: int = 1,
    progress: Callable[[int, int], None] = quiet,
    cancel: Callable[[], bool] = never,
) -> Vintages:
    """Run what is not in the folder yet.

    Parameters
    ----------
    past : Past, or callable that makes it
        With several workers: a function of a module, such as ``functools.partial(sample_past, 7, 60)``.
    runs : sequence of Vintage
        With distinct names.
    folder : Path
        Of results.
    workers : int
        1 runs them here, one after another.
    progress : callable
        Told how many runs are over, of how many.
    cancel : callable
        Asked between runs; a run that has begun in this process is finished first.

    Raises
    ------
    InputError
        If two runs share a name.
    StoreError
        If a result cannot be kept.
    """
    asked = asked_of(past, runs)
    keys = {name: key_of(name, facts) for name, facts in asked.items()}
    names = {key: name for name, key in keys.items()}
    shared = (past, {keys[run.name]: (run, asked[run.name]) for run in runs})
    runner = InProcess() if workers == 1 else LocalProcesses(workers)
    files = ResultFiles(folder)
    jobs = [Job(keys[run.name], keys[run.name].encode()) for run in runs]
    done = run_into(files, jobs, _work, shared, runner=runner, progress=progress, cancel=cancel)
    failures = {names[key]: failure for key, failure in done.failures.items()}
    return Vintages(files, {names[key]: key for key in done.keys}, failures, cancelled=done.cancelled)


def asked_of(past: Past | Callable[[], Past], runs: Sequence[Vintage]) -> dict[str, Facts]:
    """What every run is asked, by its name: what its result is known by.

    Parameters
    ----------
    past, runs
        As of `replay_vintages`.

    Raises
    ------
    InputError
        If two runs share a name.
    """
    if len({run.name for run in runs}) != len(runs):
        raise InputError("Two runs share a name.", hint="Give each its own.")
    made = _past_of(past)
    content = past_digest(made)
    return {run.name: facts_of(run, made.label, content) for run in runs}


def key_of(name: str, facts: Facts) -> str:
    """Name of the result of a run."""
    return f"{name}-{digest_of(facts)}"


_MADE: list[tuple[object, Past]] = []


def _past_of(past: Past | Callable[[], Past]) -> Past:
    """The past itself; made once by its callable, and kept while the same one is asked for."""
    if isinstance(past, Past):
        return past
    if not _MADE or _MADE[0][0] is not past:
        _MADE[:] = [(past, past())]
    return _MADE[0][1]


def _work(shared: Any, body: bytes) -> bytes:  # noqa: ANN401  (as `Work` has it)
    past, runs = shared
    run, asked = runs[body.decode()]
    done = replay(_past_of(past), run.start, run.end, run.policy, run.mandate, run.tax, run.settings)
    return to_bytes(done, asked)
