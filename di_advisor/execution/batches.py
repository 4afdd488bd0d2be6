"""Jobs in small batches, drawn as they are asked for, and as large as keeps a worker busy for a moment.

Problem: a batch of one pays the way to a worker each time, and one of many leaves the others idle at the end of a run
while its worker is still at it. Decision: so many jobs as take a quarter of a second by what the jobs before took, in
CPU seconds of their worker, so that a busy machine does not change it; of a long run a hundredth of what was done, up
to a second, because to hand over a batch takes some ten milliseconds here and no end of such a run waits for it.
Limits: what a job gives must not depend on its batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from di_advisor.execution.jobs import Job

__all__ = ["BatchSize", "batched"]

_MOST_BYTES = 2**21
"""Of one batch: what Dask's scheduler takes without a second thought."""

_OF_ALL = 0.01
"""Share of what was done that the next batch may take, where that is more."""

_LONGER = 4.0
"""By how much at most."""

_LATEST = 0.3
"""How much the latest batch says about the next one's jobs."""


class BatchSize:
    """How many jobs travel together.

    Parameters
    ----------
    seconds : float
        CPU time that a batch is to take; in a long run up to four times as much.
    most : int
        Jobs at most.
    """

    def __init__(self, seconds: float, most: int) -> None:
        self.seconds, self.most = seconds, most
        self._each: float | None = None
        self._done = 0.0

    def __call__(self) -> int:
        """Jobs of the next batch; one until something is known."""
        if not self._each:
            return 1
        seconds = min(max(self.seconds, _OF_ALL * self._done), _LONGER * self.seconds)
        return min(max(int(seconds / self._each), 1), self.most)

    def took(self, cpu_seconds: float, jobs: int) -> None:
        """Note what a batch took."""
        self._done += cpu_seconds
        each = max(cpu_seconds / max(jobs, 1), 1e-6)
        self._each = each if self._each is None else self._each + _LATEST * (each - self._each)


def batched(jobs: Iterable[Job], size: Callable[[], int]) -> Iterator[list[Job]]:
    """Lists of so many jobs or fewer, cut earlier where their bytes add up to two megabytes."""
    batch: list[Job] = []
    total, most = 0, size()
    for job in jobs:
        batch.append(job)
        total += len(job.body)
        if len(batch) >= most or total >= _MOST_BYTES:
            yield batch
            batch, total, most = [], 0, size()
    if batch:
        yield batch
