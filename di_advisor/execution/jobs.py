"""Jobs: a key, bytes in, bytes out; what came of one; and the runner that needs nothing but this process.

Problem: the same work runs in a notebook, in local processes and on a cluster, and must give the same bytes and the
same errors everywhere. Decision: a job is a key and bytes, the work is an importable function of what all jobs share
and those bytes, and whatever it raises becomes a `Failure` in one place (`attempted`), so that one bad job never ends
the others: work may run somebody's own rules, which raise what they like. Limits: the work must be a pure function; a
job that brings its whole process down, or never ends, is caught only where jobs run in processes of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from typing import Any, Final, Protocol, runtime_checkable

from di_advisor.errors import DiAdvisorError

__all__ = [
    "FAULTS",
    "BatchTimes",
    "Begins",
    "Failure",
    "InProcess",
    "Job",
    "Outcome",
    "Runner",
    "Work",
    "attempted",
    "attempted_together",
    "failure_of",
    "never",
    "one_thread",
]

FAULTS = (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
"""What a fault of the programs raises, on a job that nobody thought of."""

_MOST_TEXT: Final = 2_000
"""Characters that are kept of an error's words."""

Work = Callable[[Any, bytes], bytes]
"""What is shared and a job's bytes in, bytes out; a function of a module, so that other processes find it."""


@dataclass(frozen=True, slots=True)
class Job:
    """One job.

    Attributes
    ----------
    key : str
        Its name, distinct within a run.
    body : bytes
        What it is made of.
    """

    key: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a job has no result.

    Attributes
    ----------
    kind : str
        Name of the error's type; "WorkerLost" where the job brought its process down.
    what, hint : str
        What is wrong, and what to do.
    """

    kind: str
    what: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a job: bytes or a failure, never both.

    Attributes
    ----------
    key : str
        Of the job.
    value : bytes or None
        The result.
    failure : Failure or None
        Why there is none.
    """

    key: str
    value: bytes | None = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class BatchTimes:
    """When a worker did some jobs.

    Attributes
    ----------
    process : int
        The worker's process.
    jobs : int
        How many.
    began, ended : float
        On its machine's monotonic clock, seconds.
    cpu_seconds : float
        That its thread took.
    """

    process: int
    jobs: int
    began: float
    ended: float
    cpu_seconds: float


class Runner(Protocol):
    """Where jobs run."""

    def session(self) -> AbstractContextManager[Runner]:
        """A runner for several runs in a row, whose workers are started once."""
        ...

    def run(
        self, jobs: Iterable[Job], work: Work, shared: object, *, cancel: Callable[[], bool] = ...
    ) -> Iterator[Outcome]:
        """Run jobs and give what came of each as it is known, in any order.

        Parameters
        ----------
        jobs : iterable of Job
            Drawn as there is room for them, never all at once.
        work : Work
            What is done.
        shared : object
            What every job needs; sent to each worker once.
        cancel : callable
            Asked between outcomes; True ends the run after what is known.
        """
        ...


@runtime_checkable
class Begins(Protocol):
    """What is shared, where jobs are quicker begun together."""

    def begun(self, bodies: Sequence[bytes]) -> Sequence[object]:
        """What each of several jobs shares from here on, so that its result is that of the job alone."""
        ...


def never() -> bool:
    """A run that is not cancelled."""
    return False


def failure_of(error: BaseException) -> Failure:
    """What is kept of an error, of the programs' own or any other."""
    kind = type(error).__name__
    if isinstance(error, DiAdvisorError):
        return Failure(kind, error.what[:_MOST_TEXT], error.hint[:_MOST_TEXT])
    try:
        said = str(error)
    except Exception as worse:  # noqa: BLE001 - an error of a stranger's class that cannot even be read
        said = f"its words cannot be read ({type(worse).__name__})"
    what = f"A fault of the programs: {kind}: {said[:_MOST_TEXT]}"
    return Failure(kind, what, "Report it with the account's facts.")


def attempted(work: Work, shared: object, job: Job) -> Outcome:
    """Do a job; what it raises becomes its failure, and so does a result that is no bytes."""
    try:
        value: Any = work(shared, job.body)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever it is, it is told, and ends no other job
        return Outcome(job.key, failure=failure_of(error))
    if not isinstance(value, bytes):
        return Outcome(job.key, failure=failure_of(TypeError(f"the result is no bytes but {type(value).__name__}")))
    return Outcome(job.key, value)


def attempted_together(work: Work, shared: object, jobs: Sequence[Job]) -> list[Outcome]:
    """Do several jobs, begun together where what they share knows how, and each alone where that fails."""
    each: Sequence[object] = [shared] * len(jobs)
    if isinstance(shared, Begins) and len(jobs) > 1:
        with suppress(Exception):  # one of them is at fault, and says so when it is done alone
            each = shared.begun([job.body for job in jobs])
    return [attempted(work, mine, job) for mine, job in zip(each, jobs, strict=True)]


@contextmanager
def one_thread() -> Iterator[None]:
    """Linear algebra on one thread: sums in one order, so that every worker gives the same bits."""
    import scipy.linalg  # noqa: F401 - brings a BLAS of its own, and only what is loaded is limited
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        yield


@dataclass(frozen=True, slots=True)
class InProcess:
    """Runs jobs one after another in this process: nothing to install, nothing to start."""

    def session(self) -> AbstractContextManager[Runner]:
        """As `Runner.session`."""
        return nullcontext(self)

    def run(
        self, jobs: Iterable[Job], work: Work, shared: object, *, cancel: Callable[[], bool] = never
    ) -> Iterator[Outcome]:
        """As `Runner.run`; outcomes come in the order of the jobs."""
        with one_thread():
            for job in jobs:
                if cancel():
                    return
                yield attempted(work, shared, job)
