"""Where child processes come from: a fork server with the heavy imports done, deaf to the cell's interrupts.

Problem: a new interpreter needs seconds for its imports, and Ctrl-C in a cell reaches every child. Decision:
the fork server imports once, in the background, and its children start in milliseconds; they inherit a
blocked SIGINT, for a child is ended by Cancel. Limits: on Windows each child is a new interpreter.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import sys
from collections.abc import Iterator, Sequence
from multiprocessing.process import BaseProcess
from typing import Any

__all__ = ["child_context", "start_deaf", "warm_up"]


def child_context(preload: Sequence[str]) -> Any:  # noqa: ANN401 the two contexts share no public type
    """Where children come from: a fork server that has imported ``preload``, or new interpreters on Windows."""
    if sys.platform == "win32":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(preload))
    return context


@contextlib.contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Let processes started here inherit a blocked SIGINT: it is for the running cell, a job has Cancel."""
    if sys.platform == "win32":
        yield
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # before blocking: starting it ends with SIGINT unblocked
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def start_deaf(process: BaseProcess) -> None:
    """Start a process that does not hear the interrupts of a running cell."""
    with _deaf_to_interrupts():
        process.start()


def warm_up(preload: Sequence[str]) -> None:
    """Start the fork server in the background, so that its imports are done before the first job."""
    if sys.platform != "win32":
        child_context(preload)
        from multiprocessing.forkserver import ensure_running

        with _deaf_to_interrupts():
            ensure_running()
