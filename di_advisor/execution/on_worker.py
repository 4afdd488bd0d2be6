"""What runs in a worker of a cluster: the facts that all jobs share, kept once, and a batch of jobs done.

Decision: the facts come as a plug-in of Dask's, which the scheduler hands to every worker as it starts, so a job
names them by a token. Linear algebra is held to one thread as long as they are there. Limits: this module must be
importable in the workers; importing it needs Dask.
"""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Sequence
from typing import Any

from distributed import WorkerPlugin
from threadpoolctl import threadpool_limits

from di_advisor.execution.jobs import BatchTimes, Failure, Job, Work, attempted_together

__all__ = ["SharedFacts", "done_batch", "held"]

_HELD: dict[str, Any] = {}


def held(token: str) -> Any:  # noqa: ANN401 - whatever the jobs share
    """What is shared under a token in this process."""
    return _HELD[token]


def done_batch(
    token: str, work: Work, batch: Sequence[tuple[str, bytes]]
) -> tuple[list[tuple[str, bytes | None, Failure | None]], BatchTimes]:
    """Do the jobs of a batch, and give what came of each and the time that they took."""
    began, cpu = time.monotonic(), time.thread_time()
    outcomes = attempted_together(work, held(token), [Job(key, body) for key, body in batch])
    times = BatchTimes(os.getpid(), len(batch), began, time.monotonic(), time.thread_time() - cpu)
    return [(o.key, o.value, o.failure) for o in outcomes], times


class SharedFacts(WorkerPlugin):
    """Facts of one run in a worker, from its start on.

    Parameters
    ----------
    token : str
        Their name.
    shared : object
        What every job of the run needs.
    """

    def __init__(self, token: str, shared: object) -> None:
        self.token, self.shared = token, shared
        self._limits: Any = None

    def setup(self, worker: Any) -> None:  # noqa: ANN401, ARG002
        """Keep them, and hold linear algebra to one thread."""
        _HELD[self.token] = self.shared
        self._limits = threadpool_limits(limits=1)
        gc.freeze()  # facts and modules stay: to look for garbage in them now and then takes as long as some jobs

    def teardown(self, worker: Any) -> None:  # noqa: ANN401, ARG002
        """Let go of both."""
        _HELD.pop(self.token, None)
        if not _HELD:
            gc.unfreeze()
        if self._limits is not None:
            self._limits.restore_original_limits()
