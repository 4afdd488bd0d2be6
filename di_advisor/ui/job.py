"""One piece of work in a child process, watched without blocking the kernel.

Problem: a solve must not hold up the kernel's messages, and Cancel must work at any moment.
Decision: a child of the fork server, which has the heavy imports done (a new interpreter on
Windows); an asyncio task looks at its pipe twenty times a second; cancelling ends the process. A
child that dies without an answer is an answer too. Limits: one job at a time, by the caller's
choice; the target must be a function of an importable module.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

__all__ = ["Job", "child_context", "start_deaf", "warm_up"]

_LOOK_EVERY_SECONDS = 0.05
_END_WITHIN_SECONDS = 2.0


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


class Job:
    """A call of ``target(request, pipe)`` in a child process.

    Parameters
    ----------
    target : callable
        Importable; sends ``(kind, content)`` messages into the pipe, the last one being its answer.
    preload : sequence of str
        Modules the fork server imports once.
    """

    def __init__(self, target: Callable[[Any, Connection], None], preload: Sequence[str] = ()) -> None:
        self._target = target
        self._preload = preload
        self._process: BaseProcess | None = None
        self._cancelled = False

    def cancel(self) -> None:
        """End the child at once; `run` then answers ``("cancelled", "")``."""
        self._cancelled = True
        if self._process is not None and self._process.is_alive():
            self._process.terminate()

    async def run(self, request: Any, on_phase: Callable[[str], None], on_tick: Callable[[], None]) -> tuple[str, Any]:  # noqa: ANN401 plain data
        """Run the child to its end.

        Parameters
        ----------
        request : plain data
            For the target.
        on_phase : callable
            Told each phase.
        on_tick : callable
            Called at each look, about twenty times a second.

        Returns
        -------
        tuple of str and content
            The child's last message, ``("cancelled", "")``, or ``("died", exit code)``.
        """
        context = child_context(self._preload)
        mine, its = context.Pipe(duplex=False)
        self._process = process = context.Process(target=self._target, args=(request, its), daemon=True)
        try:
            # Starting waits for the fork server's imports the first time: not in the kernel's loop.
            await asyncio.to_thread(start_deaf, process)
            its.close()
            return await self._watch(mine, process, on_phase, on_tick)
        finally:
            its.close()
            mine.close()
            await self._end(process)

    async def _watch(
        self, pipe: Connection, process: BaseProcess, on_phase: Callable[[str], None], on_tick: Callable[[], None]
    ) -> tuple[str, Any]:
        while not self._cancelled:
            on_tick()
            if not pipe.poll():
                await asyncio.sleep(_LOOK_EVERY_SECONDS)
                continue
            try:
                kind, content = pipe.recv()
            except (EOFError, ConnectionError):
                break  # the child is gone and left no answer
            if kind != "phase":
                return kind, content
            on_phase(content)
        if self._cancelled:
            return "cancelled", ""
        await asyncio.to_thread(process.join, _END_WITHIN_SECONDS)
        return "died", process.exitcode

    async def _end(self, process: BaseProcess) -> None:
        if process.pid is None:
            return
        process.terminate()  # it has answered, was cancelled, or has died: nothing is lost
        await asyncio.to_thread(process.join, _END_WITHIN_SECONDS)
        if process.is_alive():
            process.kill()
            await asyncio.to_thread(process.join, _END_WITHIN_SECONDS)
