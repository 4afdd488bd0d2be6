"""Where jobs run, from one word: in this process, in local processes, or on the scheduler of an address."""

from __future__ import annotations

import os
from typing import Final

from di_advisor.errors import InputError
from di_advisor.execution.jobs import InProcess, Runner

__all__ = ["IN_PROCESS", "runner_of"]

IN_PROCESS: Final = "in-process"
"""The word for this process."""

_MOST = 256


def runner_of(scheduler: str | Runner | None = None, workers: int | None = None) -> Runner:
    """The runner that a word names.

    Parameters
    ----------
    scheduler : str or Runner, optional
        "in-process", or the address of a Dask scheduler; left out, local processes are started for each run. A runner
        is taken as it is.
    workers : int, optional
        How many local processes; as many as this process may use cores.

    Raises
    ------
    InputError
        If it is no address, the number is none, or Dask is not installed.
    """
    if scheduler == IN_PROCESS:
        return InProcess()
    if scheduler is not None and not isinstance(scheduler, str):
        return scheduler
    if scheduler is not None and "://" not in scheduler:
        raise InputError(
            f"{scheduler!r} is no scheduler.", hint="Give its address (tcp://10.0.0.5:8786), or 'in-process'."
        )
    number = workers if workers is not None else len(os.sched_getaffinity(0)) if _COUNTED else os.cpu_count() or 1
    if not 1 <= number <= _MOST:
        raise InputError(f"{number} workers were asked for.", hint=f"Give 1 to {_MOST}.")
    try:
        from di_advisor.execution.dask_jobs import DaskJobs
    except ImportError as e:
        raise InputError(
            "Dask is not installed.",
            hint="Install the extra: pip install 'di-advisor[fleet]'; or run in this process: scheduler='in-process' "
            "(--scheduler in-process).",
        ) from e
    return DaskJobs(scheduler or "", number)


_COUNTED = hasattr(os, "sched_getaffinity")
