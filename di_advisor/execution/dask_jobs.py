"""Jobs on Dask: local processes by default, any scheduler's address unchanged.

Problem: thousands of jobs share some megabytes of facts, workers die, and one job can bring its worker down again and
again. Decision: what is shared is registered with the scheduler once, which hands it to every worker once, those that
join later included; jobs travel in small batches, as many as keep the workers busy and no more, and outcomes come
back as they finish. A batch whose worker was lost is done again job by job, each alone on the cluster: a job that
loses its worker there too is set aside, all others come out as if nothing had happened; so is one that does not end
(`di_advisor.execution.watch`). Limits: a cluster of somebody else's first tries as often as its own
``allowed-failures`` says; di_advisor and the plug-ins in use must be installed on its workers, in the same versions.
Dask's wire carries Python objects in its own protocol (pickles among them) between machines that trust
each other; nothing of that is ever written to a file.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any, Final

import dask
import distributed
from distributed.client import ClosedClientError
from distributed.scheduler import KilledWorker

from di_advisor.errors import ClusterError, InputError
from di_advisor.execution.batches import BatchSize, batched
from di_advisor.execution.jobs import BatchTimes, Failure, Job, Outcome, Runner, Work, failure_of, never
from di_advisor.execution.on_worker import SAME_VERSIONS, SharedFacts, done_batch, refused

__all__ = ["DaskJobs", "local_cluster"]

_POLL_SECONDS = 1.0
_SUSPECTS = 64
_ALONE = 2
"""Tries with nothing beside it of a job whose worker was lost."""

_GONE: Final = (
    OSError,
    TimeoutError,
    RuntimeError,
    ClosedClientError,
    asyncio.CancelledError,
    concurrent.futures.CancelledError,
)
"""What Dask raises, wherever it is asked something, once its scheduler is gone."""

# Workers that wait must not work: Dask's own watching (fifty ticks a second, stacks sampled a hundred times) is for
# clusters that are looked at in a browser.
_LOCAL = {
    "distributed.scheduler.allowed-failures": 0,
    "distributed.worker.profile.enabled": False,
    "distributed.worker.memory.monitor-interval": "1s",
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.tick.limit": "30s",
    "distributed.admin.system-monitor.interval": "5s",
}
_ASK_AGAIN = 64

# Dask looks so long after a process died whether it is back, and if it is just dying again, never starts one more;
# each is started again by its own nanny, however often.
_NEVER_GIVEN_UP = {"distributed.deploy.lost-worker-timeout": "365 days"}


@contextmanager
def local_cluster(workers: int) -> Iterator[str]:
    """Start processes on this machine, one thread each, and give their scheduler's address.

    Parameters
    ----------
    workers : int
        Processes, at least 1. A process that dies is replaced.

    Raises
    ------
    ClusterError
        If the processes do not start.
    """
    # Who lost a worker is told at once, and judged here: Dask's own count blames every job that waited there.
    with dask.config.set(_NEVER_GIVEN_UP):  # asked for when a process dies, so for as long as there are any
        with dask.config.set(_LOCAL):
            try:
                cluster = distributed.LocalCluster(
                    n_workers=workers,
                    threads_per_worker=1,
                    processes=True,
                    host="127.0.0.1",
                    dashboard_address="127.0.0.1:0",  # any port: a second run finds the usual one taken
                    silence_logs=logging.CRITICAL,
                )
            except (OSError, RuntimeError) as e:
                raise ClusterError(
                    f"The local cluster of {workers} processes did not start: {e}.",
                    hint="A script needs `if __name__ == '__main__':`; or run in this process: scheduler='in-process'.",
                ) from e
        try:
            yield str(cluster.scheduler_address)
        finally:
            cluster.close(timeout=10)


@dataclass(frozen=True)
class DaskJobs:
    """Runs jobs on a Dask scheduler.

    Attributes
    ----------
    scheduler : str
        Its address, such as ``tcp://10.0.0.5:8786``; empty starts local processes for the run.
    workers : int
        How many local processes.
    batch : int
        Jobs that travel together, at most.
    batch_seconds : float
        CPU time that those together are to take.
    ahead : int
        Batches in flight for each thread of the cluster: one at work and the others waiting beside it, so that
        no worker waits while this process reads accounts or writes results.
    timed : callable, optional
        Told when each batch was done.
    job_seconds_max : float
        Longest that one job may take, by the clock: a job that never ends loses its worker then, is done once more
        alone, and is set aside. Far above what any job needs, so that no result depends on a clock.

    Raises
    ------
    InputError
        If no job may take any time.
    """

    scheduler: str = ""
    workers: int = 2
    batch: int = 256
    batch_seconds: float = 0.25
    ahead: int = 3
    timed: Callable[[BatchTimes], None] | None = None
    job_seconds_max: float = 600.0

    def __post_init__(self) -> None:
        if not self.job_seconds_max > 0:
            raise InputError(f"job_seconds_max is {self.job_seconds_max}.", hint="Give more than 0.")

    @contextmanager
    def session(self) -> Iterator[Runner]:
        """As `Runner.session`."""
        if self.scheduler:
            yield self
            return
        with local_cluster(self.workers) as address:
            yield replace(self, scheduler=address)

    def run(
        self, jobs: Iterable[Job], work: Work, shared: object, *, cancel: Callable[[], bool] = never
    ) -> Iterator[Outcome]:
        """As `Runner.run`.

        Raises
        ------
        ClusterError
            If the scheduler cannot be reached or is lost, or its workers are of another version; what was given out
            before holds.
        """
        if not self.scheduler:
            with self.session() as started:
                yield from started.run(jobs, work, shared, cancel=cancel)
            return
        try:
            client = distributed.Client(self.scheduler, set_as_default=False, timeout=10)
        except (OSError, TimeoutError, ValueError) as e:
            raise ClusterError(
                f"The scheduler {self.scheduler} cannot be reached: {e}.", hint="Check its address, and that it runs."
            ) from e
        token = f"di-advisor-{uuid.uuid4().hex}"
        try:
            with _asking():
                _shared_out(client, SharedFacts(token, shared, self.job_seconds_max))
            size = BatchSize(self.batch_seconds, self.batch)
            flight = _Flight(client, token, work, cancel, size, self.timed, self.job_seconds_max)
            yield from flight.all_of(jobs, self.ahead)
        finally:
            with suppress(*_GONE, KeyError):  # a lost scheduler has nothing to be told, nor one that never knew
                client.unregister_worker_plugin(token)
            with suppress(*_GONE):
                client.close(timeout=5)


@contextmanager
def _asking() -> Iterator[None]:
    """Ask the scheduler something; that it is gone is one error, whatever Dask calls it just there."""
    try:
        yield
    except _GONE as error:
        raise ClusterError(
            f"The scheduler was lost, or dropped what was asked of it ({type(error).__name__}).",
            hint="What is finished is kept: run again to go on from there.",
        ) from error


def _shared_out(client: Any, facts: SharedFacts) -> None:  # noqa: ANN401 - Dask has no types
    """Hand the facts to every worker.

    Raises
    ------
    ClusterError
        If one cannot read them, or is of another version.
    """
    try:
        client.register_plugin(facts, name=facts.token)
        said = [why for why in client.run(refused, facts.token).values() if why]
    except _GONE:
        raise
    except Exception as error:  # whatever a worker raised who cannot read it, as Dask tells it
        raise ClusterError(
            f"A worker cannot take what all jobs share: {type(error).__name__}: {error}.",
            hint="Install di_advisor and the plug-ins in use on every worker, in the versions that are here.",
        ) from error
    if said:
        raise ClusterError(said[0], hint=SAME_VERSIONS)


@dataclass
class _Flight:
    """Batches on their way."""

    client: Any
    token: str
    work: Work
    cancel: Callable[[], bool]
    size: BatchSize
    timed: Callable[[BatchTimes], None] | None
    job_seconds_max: float
    under_way: dict[Any, list[Job]] = field(default_factory=dict)
    suspects: list[Job] = field(default_factory=list)
    fault: BaseException | None = None  # why the latest batch gave nothing
    submitted: int = 0
    threads: int = 0
    deserted: float | None = None  # since when there is no worker

    def all_of(self, jobs: Iterable[Job], ahead: int) -> Iterator[Outcome]:
        try:
            for batch in batched(jobs, self.size):
                while len(self.under_way) >= ahead * self._threads() and not self.cancel():
                    yield from self._landed()
                if len(self.suspects) >= _SUSPECTS:
                    yield from self._drained()
                    yield from self._alone()
                if self.cancel():
                    return
                self._submit(batch)
            yield from self._drained()
            yield from self._alone()
        finally:
            if self.under_way:
                with suppress(*_GONE):
                    self.client.cancel(list(self.under_way), force=True)

    def _threads(self) -> int:
        """Threads of the cluster, asked again now and then: workers come and go."""
        if not self.threads or self.submitted % _ASK_AGAIN == 0:
            with _asking():
                self.threads = max(sum(self.client.nthreads().values()), 1)
        return self.threads

    def _submit(self, batch: list[Job]) -> None:
        pairs = [(job.key, job.body) for job in batch]
        self.submitted += 1
        key = (self.token, self.submitted)  # one group, whose tasks Dask keeps back until a worker has room
        with _asking():
            future = self.client.submit(done_batch, self.token, self.work, pairs, key=key, pure=False)
        self.under_way[future] = batch

    def _drained(self) -> Iterator[Outcome]:
        while self.under_way and not self.cancel():
            yield from self._landed()

    def _landed(self) -> Iterator[Outcome]:
        """What is finished by now, after waiting a little."""
        with _asking(), self.client.as_current():
            try:
                found = distributed.wait(list(self.under_way), timeout=_POLL_SECONDS, return_when="FIRST_COMPLETED")
            except TimeoutError:
                self._look_for_workers()
                return
        for future in found.done:
            batch = self.under_way.pop(future)
            done = self._given(future)
            if done is not None:
                outcomes, times = done
                self.size.took(times.cpu_seconds, times.jobs)
                if self.timed is not None:
                    self.timed(times)
                yield from (Outcome(key, value, failure) for key, value, failure in outcomes)
            else:
                self.suspects += batch

    def _look_for_workers(self) -> None:
        """Wait for a worker as long as one job may take, and no longer.

        Raises
        ------
        ClusterError
            If there was none all that time.
        """
        if self.client.nthreads():
            self.deserted = None
            return
        now = time.monotonic()
        self.deserted = now if self.deserted is None else self.deserted
        if now - self.deserted > self.job_seconds_max:
            raise ClusterError(
                f"The scheduler has had no worker for {self.job_seconds_max:,.0f} seconds.",
                hint="Start workers. What is finished is kept: run again to go on from there.",
            )

    def _given(self, future: Any) -> Any:  # noqa: ANN401 - Dask has no types
        """What came of a batch; None where its worker was lost, be it before it had handed it over."""
        with _asking():
            if future.status == "cancelled":
                raise concurrent.futures.CancelledError
            try:
                return future.result()
            except ClusterError:
                raise  # of a worker that takes no jobs
            except _GONE:
                if future.status != "error":
                    raise
                self.fault = future.exception()
            except Exception as fault:  # noqa: BLE001 - of the wire or of Dask: jobs' own are among the outcomes
                self.fault = fault
        return None

    def _alone(self) -> Iterator[Outcome]:
        """Each job whose worker was lost again, with nothing beside it; who loses it twice more is to blame.

        Once would not tell: a worker may be lost to what was done before, as it starts anew. Who takes longer than
        any job may is not asked again.
        """
        suspects, self.suspects = self.suspects, []
        for job in suspects:
            seconds = 0.0
            for _ in range(_ALONE):
                if self.cancel():
                    return
                self.suspects.clear()
                since = time.monotonic()
                self._submit([job])
                yield from self._drained()
                seconds = time.monotonic() - since
                if not self.suspects or seconds > self.job_seconds_max:
                    break
            if self.suspects:
                self.suspects.clear()
                yield Outcome(job.key, failure=self._blamed(seconds))

    def _blamed(self, seconds: float) -> Failure:
        """What is said of a job that lost its worker with nothing beside it."""
        if self.fault is not None and not isinstance(self.fault, KilledWorker):
            return failure_of(self.fault)
        if seconds > self.job_seconds_max:
            return Failure(
                "TookTooLong",
                f"It was not done after {self.job_seconds_max:,.0f} seconds, twice, and its worker was ended.",
                "Look for an own rule that never ends, or allow more (DaskJobs, job_seconds_max).",
            )
        return Failure(
            "WorkerLost",
            f"The process that worked on it was lost {_ALONE + 1} times, all but the first with nothing else to do.",
            "Look for memory that runs out, or a library that crashes on these facts.",
        )
