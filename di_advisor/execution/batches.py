"""Jobs in small batches, drawn as they are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from di_advisor.execution.jobs import Job

__all__ = ["batched"]

_MOST_BYTES = 2**21
"""Of one batch: what Dask's scheduler takes without a second thought."""


def batched(jobs: Iterable[Job], size: int) -> Iterator[list[Job]]:
    """Lists of so many jobs or fewer, cut earlier where their bytes add up to two megabytes."""
    batch: list[Job] = []
    total = 0
    for job in jobs:
        batch.append(job)
        total += len(job.body)
        if len(batch) >= size or total >= _MOST_BYTES:
            yield batch
            batch, total = [], 0
    if batch:
        yield batch
