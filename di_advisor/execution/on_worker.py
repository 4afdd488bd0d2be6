"""What runs in a worker of a cluster: the facts that all jobs share, kept once, and a batch of jobs done.

Decision: the facts come as a plug-in of Dask's, which the scheduler hands to every worker as it starts, so a job
names them by a token. Linear algebra is held to one thread as long as any are there. Workers of other versions would
give other results, if they gave any: they take no jobs. Limits: this module must be importable in the workers;
importing it needs Dask.
"""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Final

from distributed import WorkerPlugin
from threadpoolctl import threadpool_limits

from di_advisor.compiled import is_compiled
from di_advisor.errors import ClusterError
from di_advisor.execution.jobs import BatchTimes, Failure, Job, Work, attempted_together
from di_advisor.execution.watch import Watch

__all__ = ["SAME_VERSIONS", "SharedFacts", "done_batch", "held", "refused", "versions"]

_COUNTED: Final = ("di-advisor", "numpy", "scipy")
"""Packages that figures depend on."""

SAME_VERSIONS: Final = "Install the same versions on every worker: results must not depend on who does them."


@dataclass
class _Held:
    shared: object
    watch: Watch
    workers: int = 1  # several may live in one process


_HELD: dict[str, _Held] = {}
_REFUSED: dict[str, str] = {}
_LIMITS: list[Any] = []


def versions() -> dict[str, str]:
    """Versions in this process of what figures depend on."""
    return {name: version(name) for name in _COUNTED} | {"loops": "compiled" if is_compiled() else "plain"}


def refused(token: str) -> str:
    """Why this process does no jobs of a run; empty where it does."""
    return _REFUSED.get(token, "")


def held(token: str) -> Any:  # noqa: ANN401 - whatever the jobs share
    """What is shared under a token in this process."""
    return _HELD[token].shared


def done_batch(
    token: str, work: Work, batch: Sequence[tuple[str, bytes]]
) -> tuple[list[tuple[str, bytes | None, Failure | None]], BatchTimes]:
    """Do the jobs of a batch, and give what came of each and the time that they took.

    Raises
    ------
    ClusterError
        If this worker is of another version.
    """
    if token in _REFUSED:
        raise ClusterError(_REFUSED[token], hint=SAME_VERSIONS)
    began, cpu = time.monotonic(), time.thread_time()
    mine = _HELD[token]
    with mine.watch.over(work) as watched:
        outcomes = attempted_together(watched, mine.shared, [Job(key, body) for key, body in batch])
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
    job_seconds_max : float
        Longest that one job may take.
    """

    def __init__(self, token: str, shared: object, job_seconds_max: float) -> None:
        self.token, self.shared, self.job_seconds_max = token, shared, job_seconds_max
        self.versions: Mapping[str, str] = versions()

    def setup(self, worker: Any) -> None:  # noqa: ANN401
        """Keep them, and hold linear algebra to one thread; a worker of another version notes so (`refused`)."""
        here = versions()
        differs = sorted(k for k in {*here, *self.versions} if here.get(k) != self.versions.get(k))
        if differs:
            said = ", ".join(f"{k} {here.get(k, 'none')} and not {self.versions.get(k, 'none')}" for k in differs)
            _REFUSED[self.token] = f"The worker {getattr(worker, 'address', 'here')} has {said}."
            return
        if self.token in _HELD:
            _HELD[self.token].workers += 1
            return
        _HELD[self.token] = _Held(self.shared, Watch(self.job_seconds_max))
        import scipy.linalg  # noqa: F401 - brings a BLAS of its own, and only what is loaded is limited

        if not _LIMITS:
            _LIMITS.append(threadpool_limits(limits=1))
        gc.freeze()  # facts and modules stay: to look for garbage in them now and then takes as long as some jobs

    def teardown(self, worker: Any) -> None:  # noqa: ANN401, ARG002
        """Let go of both; linear algebra gets its threads back when no run is left."""
        _REFUSED.pop(self.token, None)
        mine = _HELD.get(self.token)
        if mine is not None:
            mine.workers -= 1
            if mine.workers == 0:
                _HELD.pop(self.token).watch.close()
        if not _HELD:
            gc.unfreeze()
            while _LIMITS:
                _LIMITS.pop().restore_original_limits()
