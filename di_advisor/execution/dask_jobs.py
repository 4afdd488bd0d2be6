"""Jobs on Dask: local processes by default, any scheduler's address unchanged.

Problem: thousands of jobs share some megabytes of facts, workers die, and one job can bring its worker down again and
again. Decision: what is shared is registered with the scheduler once, which hands it to every worker once, those that
join later included; jobs travel in small batches, as many as keep the workers busy and no more, and outcomes come
back as they finish. A batch whose worker was lost is done again job by job, each alone on the cluster: a job that
loses its worker there too is set aside, all others come out as if nothing had happened. Limits: a cluster of somebody
else's first tries as often as its own ``allowed-failures`` says; di_advisor and the plug-ins in use must be installed
on its workers. Dask's wire carries Python objects in its own protocol (pickles among them) between machines that trust
each other; nothing of that is ever written to a file.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any

import dask
import distributed

from di_advisor.errors import ClusterError
from di_advisor.execution.batches import BatchSize, batched
from di_advisor.execution.jobs import BatchTimes, Failure, Job, Outcome, Runner, Work, never
from di_advisor.execution.on_worker import SharedFacts, done_batch

__all__ = ["DaskJobs", "local_cluster"]

_POLL_SECONDS = 1.0
_SUSPECTS = 64
_ALONE = 2
"""Tries with nothing beside it of a job whose worker was lost."""

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
    """

    scheduler: str = ""
    workers: int = 2
    batch: int = 256
    batch_seconds: float = 0.25
    ahead: int = 3
    timed: Callable[[BatchTimes], None] | None = None

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
            If the scheduler cannot be reached or is lost; what was given out before holds.
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
            client.register_plugin(SharedFacts(token, shared), name=token)
            flight = _Flight(client, token, work, cancel, BatchSize(self.batch_seconds, self.batch), self.timed)
            yield from flight.all_of(jobs, self.ahead)
        finally:
            with suppress(OSError, TimeoutError, RuntimeError):  # a lost scheduler has nothing to be told any more
                client.unregister_worker_plugin(token)
            client.close(timeout=5)


@dataclass
class _Flight:
    """Batches on their way."""

    client: Any
    token: str
    work: Work
    cancel: Callable[[], bool]
    size: BatchSize
    timed: Callable[[BatchTimes], None] | None
    under_way: dict[Any, list[Job]] = field(default_factory=dict)
    suspects: list[Job] = field(default_factory=list)
    submitted: int = 0
    threads: int = 0

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
                self.client.cancel(list(self.under_way), force=True)

    def _threads(self) -> int:
        """Threads of the cluster, asked again now and then: workers come and go."""
        if not self.threads or self.submitted % _ASK_AGAIN == 0:
            self.threads = max(sum(self.client.nthreads().values()), 1)
        return self.threads

    def _submit(self, batch: list[Job]) -> None:
        pairs = [(job.key, job.body) for job in batch]
        self.submitted += 1
        key = (self.token, self.submitted)  # one group, whose tasks Dask keeps back until a worker has room
        future = self.client.submit(done_batch, self.token, self.work, pairs, key=key, pure=False)
        self.under_way[future] = batch

    def _drained(self) -> Iterator[Outcome]:
        while self.under_way and not self.cancel():
            yield from self._landed()

    def _landed(self) -> Iterator[Outcome]:
        """What is finished by now, after waiting a little."""
        try:
            with self.client.as_current():
                done = distributed.wait(list(self.under_way), timeout=_POLL_SECONDS, return_when="FIRST_COMPLETED")
        except TimeoutError:
            return
        for future in done.done:
            batch = self.under_way.pop(future)
            if future.status == "finished":
                outcomes, times = future.result()
                self.size.took(times.cpu_seconds, times.jobs)
                if self.timed is not None:
                    self.timed(times)
                yield from (Outcome(key, value, failure) for key, value, failure in outcomes)
            elif future.status == "cancelled":
                raise ClusterError(
                    "The scheduler was lost, or dropped what was asked of it.",
                    hint="What is finished is kept: run again to go on from there.",
                )
            else:
                self.suspects += batch

    def _alone(self) -> Iterator[Outcome]:
        """Each job whose worker was lost again, with nothing beside it; who loses it twice more is to blame.

        Once would not tell: a worker may be lost to what was done before, as it starts anew.
        """
        suspects, self.suspects = self.suspects, []
        for job in suspects:
            for _ in range(_ALONE):
                if self.cancel():
                    return
                self.suspects.clear()
                self._submit([job])
                yield from self._drained()
                if not self.suspects:
                    break
            if self.suspects:
                self.suspects.clear()
                yield Outcome(
                    job.key,
                    failure=Failure(
                        "WorkerLost",
                        f"The process that worked on it was lost {_ALONE + 1} times, "
                        "all but the first with nothing else to do.",
                        "Look for memory that runs out, or a library that crashes on these facts.",
                    ),
                )
