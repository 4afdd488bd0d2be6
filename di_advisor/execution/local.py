"""Jobs on the processes of this machine, and a folder with one file a result: run, look, cancel, go on later.

Problem: some hundreds of jobs of minutes each must use all processors, and a run that was killed must not do again
what was done. Decision: workers are started afresh (no forked threads), get what is shared once, and compute with one
thread each; a job whose worker dies is tried once more alone, then it is a failure. Every result is a file of its own
with a checksum in front, written beside and moved into place, so a file is whole or not there; what is there and
whole is not run again, what is damaged is. Limits: results pass through the memory of this process one at a time;
what is shared crosses to the workers as Python hands objects to processes.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import re
import tempfile
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from di_advisor.errors import InputError, StoreError
from di_advisor.execution.jobs import Failure, InProcess, Job, Outcome, Runner, Work, attempted, never, one_thread

__all__ = ["Finished", "LocalProcesses", "ResultFiles", "quiet", "run_into"]

_SUFFIX: Final = ".result"
_KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._=+-]{0,150}")
_POLL_SECONDS: Final = 0.2
_LOST: Final = "The worker that ran it died, twice: out of memory, or a fault below Python."


def quiet(done: int, total: int) -> None:
    """Progress that nobody watches."""
    del done, total


# --- processes ------------------------------------------------------------------------------------------------------

_SHARED: list[object] = []


def _begin(shared: object) -> None:
    _SHARED[:] = [shared]


def _do(work: Work, job: Job) -> Outcome:
    with one_thread():
        return attempted(work, _SHARED[0], job)


@dataclass(frozen=True, slots=True)
class LocalProcesses:
    """Runs jobs in processes of this machine.

    Attributes
    ----------
    workers : int
        How many, at least 1.

    Raises
    ------
    InputError
        If there are fewer.
    """

    workers: int

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise InputError(f"{self.workers} workers.", hint="Give 1 or more.")

    def session(self) -> AbstractContextManager[Runner]:
        """As `Runner.session`; workers are started for each run, since they hold what its jobs share."""
        return nullcontext(self)

    def run(
        self, jobs: Iterable[Job], work: Work, shared: object, *, cancel: Callable[[], bool] = never
    ) -> Iterator[Outcome]:
        """As `Runner.run`; outcomes come as they are known."""
        suspects: deque[Job] = deque()
        source = iter(jobs)
        while True:
            lost = yield from self._pooled(source, work, shared, cancel, self.workers)
            suspects.extend(lost)
            if not lost:
                break
        for job in suspects:
            if cancel():
                return
            again = yield from self._pooled(iter([job]), work, shared, cancel, 1)
            if again:
                yield Outcome(job.key, failure=Failure("WorkerLost", _LOST, "Run it alone, with more memory."))

    def _pooled(
        self, source: Iterator[Job], work: Work, shared: object, cancel: Callable[[], bool], workers: int
    ) -> Generator[Outcome, None, list[Job]]:
        """Outcomes of one pool until its jobs end or a worker dies; returns the jobs that were in flight then."""
        context = multiprocessing.get_context("spawn")
        running: dict[Future[Outcome], Job] = {}
        refused: list[Job] = []  # taken from the source when the pool was broken already
        pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_begin, initargs=(shared,))
        try:
            while not cancel():
                for job in _some(source, 2 * workers - len(running)):
                    refused.append(job)
                    running[pool.submit(_do, work, job)] = job
                    refused.clear()
                if not running:
                    return []
                done, _ = wait(running, timeout=_POLL_SECONDS, return_when=FIRST_COMPLETED)
                for future in done:
                    outcome = future.result()
                    del running[future]
                    yield outcome
            return []
        except BrokenProcessPool:
            finished = [f for f in running if f.done() and f.exception() is None]
            for future in finished:
                yield future.result()
            return [job for future, job in running.items() if future not in finished] + refused
        finally:
            _end(pool)


def _some(source: Iterator[Job], count: int) -> Iterator[Job]:
    for _ in range(max(count, 0)):
        job = next(source, None)
        if job is None:
            return
        yield job


def _end(pool: ProcessPoolExecutor) -> None:
    """End a pool at once: what is in flight is not wanted any more."""
    workers = list((getattr(pool, "_processes", None) or {}).values())
    pool.shutdown(wait=False, cancel_futures=True)
    for process in workers:
        if process.is_alive():
            process.terminate()
    for process in workers:
        process.join()


# --- results --------------------------------------------------------------------------------------------------------


class ResultFiles:
    """One file a result.

    Parameters
    ----------
    folder : Path
        Made where it is not there.

    Raises
    ------
    StoreError
        If it cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"The folder {folder} cannot be made: {error}.", hint="Name another one.") from error

    def path(self, key: str) -> Path:
        """The file of a key.

        Raises
        ------
        InputError
            If the key is no name of a file.
        """
        if _KEY.fullmatch(key) is None:
            raise InputError(f"{key!r} is no name of a result.", hint="Use letters, digits and . _ = + -.")
        return self.folder / f"{key}{_SUFFIX}"

    def read(self, key: str) -> bytes | None:
        """A result; None where it is not there, or is not what was written."""
        try:
            content = self.path(key).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreError(f"{self.path(key)} cannot be read: {error}.", hint="Look at its rights.") from error
        digest, _, body = content.partition(b"\n")
        return body if hashlib.sha256(body).hexdigest().encode() == digest else None

    def write(self, key: str, body: bytes) -> None:
        """Keep a result: the file is whole when this returns, and was not there, or was another one, before.

        Raises
        ------
        StoreError
            If it cannot be written.
        """
        target = self.path(key)
        try:
            with tempfile.NamedTemporaryFile(dir=self.folder, prefix=".", delete=False) as file:
                file.write(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
                file.flush()
                os.fsync(file.fileno())
            Path(file.name).replace(target)
        except OSError as error:
            raise StoreError(f"{target} cannot be written: {error}.", hint="Make room, or name another.") from error


@dataclass(frozen=True)
class Finished:
    """What came of a run.

    Attributes
    ----------
    keys : tuple of str
        Of the results that are there now, in the order of the jobs.
    before : int
        How many of them were there before.
    failures : Mapping of str to Failure
        By key.
    cancelled : bool
        Whether jobs were left.
    """

    keys: tuple[str, ...]
    before: int
    failures: Mapping[str, Failure] = field(default_factory=dict)
    cancelled: bool = False


def run_into(
    files: ResultFiles,
    jobs: Iterable[Job],
    work: Work,
    shared: object,
    *,
    runner: Runner | None = None,
    progress: Callable[[int, int], None] = quiet,
    cancel: Callable[[], bool] = never,
) -> Finished:
    """Run the jobs whose results are not there, and keep each result as it comes.

    Parameters
    ----------
    files : ResultFiles
        Where.
    jobs : iterable of Job
        With distinct keys that are names of files.
    work, shared
        As of `Runner.run`.
    runner : Runner, optional
        Where they run; in this process when left out.
    progress : callable
        Told how many jobs are over, of how many.
    cancel : callable
        Asked between outcomes.

    Raises
    ------
    InputError
        If two jobs share a key, or one is no name of a file.
    StoreError
        If a result cannot be kept; those that were kept stay.
    """
    asked = tuple(jobs)
    if len({job.key for job in asked}) != len(asked):
        raise InputError("Two jobs share a key.", hint="Give each its own.")
    there = {job.key for job in asked if files.read(job.key) is not None}
    before, failures = len(there), {}
    progress(before, len(asked))
    missing = [job for job in asked if job.key not in there]
    if missing:
        with (runner or InProcess()).session() as running:
            for outcome in running.run(missing, work, shared, cancel=cancel):
                if outcome.value is not None:
                    files.write(outcome.key, outcome.value)
                    there.add(outcome.key)
                elif outcome.failure is not None:
                    failures[outcome.key] = outcome.failure
                progress(len(there) + len(failures), len(asked))
    keys = tuple(job.key for job in asked if job.key in there)
    return Finished(keys, before, failures, len(keys) + len(failures) < len(asked))
