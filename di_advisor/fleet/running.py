"""Proposals for a fleet: accounts stream in, records stream out into a folder, and a stopped run goes on.

Problem: a night's run must survive a lost worker, a lost main process and one account that nobody can solve, in
bounded memory, and give the same records whatever the number of workers. Decision: every account is solved from its
own bytes and the shared facts alone, so order and place do not matter; outcomes go to an append-only folder as they
come; who is in it already, with the same bytes, is skipped. With joint rounds (`di_advisor.fleet.joint`) the fleet is
solved again with costs at its own joint size, each round in a folder of its own. Limits: the labels of a run are kept
in memory (some 100 bytes each), so that none comes twice; with joint rounds the accounts must be iterable more than
once.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from di_advisor.errors import InputError, StoreError
from di_advisor.execution.jobs import Failure, Job, Outcome, Runner, never
from di_advisor.execution.results_folder import ResultsFolder, written_whole
from di_advisor.execution.scheduling import runner_of
from di_advisor.fleet.account import FleetAccount, digest_of
from di_advisor.fleet.bodies import bodies_of
from di_advisor.fleet.facts import FleetFacts
from di_advisor.fleet.joint import JointSize, joint_size, mean_size, priced_jointly, unsettled_share
from di_advisor.fleet.record import FleetRecord, SetAside, failure_row, is_set_aside, read_row
from di_advisor.fleet.solving import FleetWork, solved

__all__ = [
    "FleetProgress",
    "FleetRun",
    "facts_of_pass",
    "is_finished",
    "pass_folders",
    "passes_of",
    "propose",
    "records_of",
]

_TOLD_WITH: Final = 64
"""Most records that wait for the disk together."""

_TOLD_SECONDS: Final = 0.5
"""Longest that a record waits for others, as long as any come."""

_SHORT: Final = 8
_FIRST: Final = "pass-1"
_PASSES: Final = "pass-*"
_LAST: Final = "finished.json"


@dataclass(frozen=True, slots=True)
class FleetProgress:
    """How far a run is.

    Attributes
    ----------
    round : int
        0 for the first pass, then the joint rounds.
    done, set_aside : int
        Accounts finished in this round, earlier runs included, and those of them without a proposal.
    """

    round: int
    done: int
    set_aside: int


@dataclass(frozen=True)
class FleetRun:
    """What a run left behind.

    Attributes
    ----------
    folder : Path
        The folder it was told.
    records_folder : Path
        Where the records of the last round are.
    done, set_aside : int
        Accounts in it, and those of them without a proposal.
    finished : bool
        False where it was cancelled: the same call goes on from there.
    unsettled : float or None
        Share of the dollars traded by which the last round's trades differ from the joint size they were priced
        at; None without joint rounds.
    """

    folder: Path
    records_folder: Path
    done: int
    set_aside: int
    finished: bool
    unsettled: float | None = None

    def records(self) -> Iterator[FleetRecord | SetAside]:
        """Every account once, read from disk one at a time, as they were written."""
        return records_of(self.records_folder)


def propose(  # noqa: PLR0913 - what is proposed for, and how it is run; all but two have defaults
    accounts: Iterable[FleetAccount],
    facts: FleetFacts,
    *,
    into: str | Path,
    scheduler: str | Runner | None = None,
    workers: int | None = None,
    joint_rounds: int = 1,
    solves_max: int = 5_000,
    retry_set_aside: bool = False,
    progress: Callable[[FleetProgress], None] | None = None,
    cancel: Callable[[], bool] = never,
) -> FleetRun:
    """Propose trades for every account.

    Parameters
    ----------
    accounts : iterable of FleetAccount
        Drawn as there is room for them; with joint rounds one that can be iterated over again (a list,
        `SampleFleet`, `ParquetAccounts`, `StoreAccounts`).
    facts : FleetFacts
        What they share.
    into : str or Path
        Folder of the results. Where it holds results of the same facts, the run goes on from there.
    scheduler : str or Runner, optional
        Address of a Dask scheduler, or "in-process"; left out, processes on this machine. A runner for other ways.
    workers : int, optional
        How many processes on this machine.
    joint_rounds : int
        How often the fleet is solved again at its own joint size; 0 prices every account alone.
    solves_max : int
        Budget of one account.
    retry_set_aside : bool
        Whether accounts without a proposal are tried again.
    progress, cancel : callable, optional
        Told after each batch; asked between batches.

    Raises
    ------
    InputError
        If two accounts share a label, the folder rests on other facts, or accounts cannot be iterated over again.
    ClusterError, StoreError
        If the scheduler is lost or the disk is full; the same call goes on from there.
    """
    if joint_rounds < 0:
        raise InputError(f"joint_rounds is {joint_rounds}.", hint="Give 0 or more.")
    if joint_rounds and iter(accounts) is accounts:
        raise InputError(
            "These accounts can be iterated over once, and joint rounds need them again.",
            hint="Pass a list or another source, or joint_rounds=0.",
        )
    folder, work = Path(into), FleetWork(facts, solves_max)
    runs = runner_of(scheduler, workers)
    ResultsFolder.open(folder / _FIRST, _rests_on(work))  # who is refused leaves a finished run as it is
    _begun_again(folder)
    with runs.session() as runner:
        told, path = (retry_set_aside, progress, cancel), folder / _FIRST
        counted = _Round(runner, work, *told).run(accounts, path, 0)
        passes, sizes = [path], list[JointSize]()
        unsettled: float | None = None
        for number in range(1, joint_rounds + 1):
            if not counted.finished:
                break
            sizes.append(joint_size(records_of(path), facts.market.universe))
            priced_at = mean_size(sizes)
            priced = facts.with_costs(priced_jointly(facts.market.costs, priced_at))
            before, path = path, folder / f"pass-{number + 1}-{priced.digest()[:_SHORT]}"
            passes.append(path)
            counted = _Round(runner, FleetWork(priced, solves_max), *told).run(accounts, path, number, before)
            if counted.finished:
                unsettled = unsettled_share(priced_at, joint_size(records_of(path), facts.market.universe))
    if counted.finished:
        _ended(folder, {"passes": [p.name for p in passes], "unsettled": unsettled})
    return FleetRun(folder, path, counted.done, counted.set_aside, counted.finished, unsettled)


def _rests_on(work: FleetWork) -> dict[str, str]:
    return {"facts": work.facts.digest(), "solves_max": str(work.solves_max)}


def _begun_again(folder: Path) -> None:
    """What an earlier run said of its passes holds no more."""
    try:
        (folder / _LAST).unlink(missing_ok=True)
    except OSError as e:
        raise StoreError(f"{folder} cannot be used: {e.strerror or e}.", hint="Check folder and permissions.") from e


def _ended(folder: Path, said: Mapping[str, Any]) -> None:
    try:
        written_whole(folder / _LAST, json.dumps(said, indent=1))
    except OSError as e:
        raise StoreError(f"{folder} cannot be written to: {e.strerror or e}.", hint="Make room, and run again.") from e


def is_finished(folder: Path) -> bool:
    """Whether the run of a folder came to its end; one that was begun again since, has not."""
    return (folder / _LAST).is_file()


def pass_folders(folder: Path) -> tuple[Path, ...]:
    """Folders of all passes that were begun."""
    return tuple(sorted(p for p in folder.glob(_PASSES) if p.is_dir()))


def passes_of(folder: Path) -> tuple[Path, ...]:
    """Folders of the records of each pass of a finished run; of the first one where it is not finished.

    Raises
    ------
    InputError
        If there is no run in the folder.
    """
    if not is_finished(folder) and not (folder / _FIRST).is_dir():
        raise InputError(f"{folder} holds no run.", hint="Name the folder that a run was told as into.")
    names = json.loads((folder / _LAST).read_text(encoding="utf-8"))["passes"] if is_finished(folder) else [_FIRST]
    return tuple(folder / str(name) for name in names)


def facts_of_pass(folder: Path, facts: FleetFacts) -> FleetFacts:
    """The facts that the last pass of a run was solved with: those given, at the joint size of the passes before.

    Raises
    ------
    InputError
        If the run rests on other facts.
    """
    *before, last = passes_of(folder)
    if before:
        sizes = [joint_size(records_of(path), facts.market.universe) for path in before]
        facts = facts.with_costs(priced_jointly(facts.market.costs, mean_size(sizes)))
    if ResultsFolder.open(last).rests_on.get("facts") != facts.digest():
        raise InputError(f"The results in {folder} rest on other facts.", hint="Open the market of that day.")
    return facts


@dataclass(frozen=True, slots=True)
class _Counted:
    done: int
    set_aside: int
    finished: bool


@dataclass
class _Round:
    """One pass over all accounts."""

    runner: Runner
    work: FleetWork
    retry_set_aside: bool
    progress: Callable[[FleetProgress], None] | None
    cancel: Callable[[], bool]
    done: int = 0
    known: dict[str, str] = field(default_factory=dict)  # of earlier runs, until their account is drawn
    again: set[str] = field(default_factory=set)  # done before, and tried again
    aside: set[str] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)
    under_way: dict[str, str] = field(default_factory=dict)
    waiting: list[Any] = field(default_factory=list)  # rows that are not written yet
    whole: bool = False
    told_at: float = field(default_factory=time.monotonic)

    def run(self, accounts: Iterable[FleetAccount], path: Path, number: int, before: Path | None = None) -> _Counted:
        with ResultsFolder.open(path, _rests_on(self.work)) as folder:
            for row in folder.records():
                self._note(row)
            if before is not None and not self.retry_set_aside:
                carried = [r for r in _rows(before) if is_set_aside(r) and r["key"] not in self.known]
                folder.append(carried)  # who could not be solved alone is not tried again at other costs
                for row in carried:
                    self._note(row)
            jobs = self._jobs(accounts, partial(self._tell, folder, number))
            try:
                for outcome in self.runner.run(jobs, solved, self.work, cancel=self.cancel):
                    self._take(outcome)
                    late = time.monotonic() - self.told_at > _TOLD_SECONDS
                    if len(self.waiting) >= _TOLD_WITH or late or not self.under_way:
                        self._tell(folder, number)
                self._tell(folder, number)
            finally:  # what is done is kept, also where the run is stopped or its scheduler is gone
                self._keep(folder)
        finished = self.whole and not self.under_way
        return _Counted(self.done, len(self.aside), finished)

    def _take(self, outcome: Outcome) -> None:
        """Take in what came of an account."""
        digest = self.under_way.pop(outcome.key)
        if outcome.failure is not None:
            self.waiting.append(failure_row(outcome.key, outcome.failure, digest))
            self.aside.add(outcome.key)
        elif outcome.value is not None:
            self.waiting.append(outcome.value)
            self.aside.discard(outcome.key)
        self._finished(outcome.key)

    def _finished(self, label: str) -> None:
        """Count an account, once."""
        if label in self.again:
            self.again.discard(label)
        else:
            self.done += 1

    def _note(self, row: dict[str, Any]) -> None:
        """Take in a row of an earlier run."""
        self.done += row["key"] not in self.known
        self.known[row["key"]] = row["account_digest"]
        (self.aside.add if is_set_aside(row) else self.aside.discard)(row["key"])

    def _keep(self, folder: ResultsFolder) -> None:
        """Write what waits, once: what cannot be written is not tried again."""
        rows, self.waiting = self.waiting, []
        folder.append(rows)

    def _tell(self, folder: ResultsFolder, number: int) -> None:
        """Write what waits, and say how far the run is."""
        if not self.waiting:
            return
        self._keep(folder)
        self.told_at = time.monotonic()
        if self.progress is not None:
            self.progress(FleetProgress(number, self.done, len(self.aside)))

    def _jobs(self, accounts: Iterable[FleetAccount], tell: Callable[[], None]) -> Iterator[Job]:
        """Accounts that are not finished, as they are asked for; of many in a row that cannot be had, it tells."""
        for label, body in bodies_of(accounts):
            if label in self.seen:
                raise InputError(f"Two accounts are called {label}.", hint="Give each a label of its own.", label=label)
            self.seen.add(label)
            digest = digest_of(body.what.encode() if isinstance(body, Failure) else body)
            before = self.known.pop(label, None)
            if before == digest and not (self.retry_set_aside and label in self.aside):
                continue
            if before is not None:
                self.again.add(label)
            if isinstance(body, Failure):
                self._finished(label)
                self.aside.add(label)
                self.waiting.append(failure_row(label, body, digest))
                if len(self.waiting) >= _TOLD_WITH:
                    tell()
                continue
            self.under_way[label] = digest
            yield Job(label, body)
        self.whole = True


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    """The last row of every account."""
    folder = ResultsFolder.open(path)
    last: dict[str, int] = {}
    for at, row in enumerate(folder.records()):
        last[row["key"]] = at
    for at, row in enumerate(folder.records()):
        if last[row["key"]] == at:
            yield row


def records_of(path: Path) -> Iterator[FleetRecord | SetAside]:
    """Every account of a folder of records once, one at a time, as they were written."""
    return (read_row(row) for row in _rows(path))
