"""One child process that remembers: asked again and again, cancellable at any moment.

Problem: a moved dial must show new figures in half a second, so risk, costs and lots may not be estimated
for each; a solve must not hold up the kernel's messages; and Cancel must work at once. Decision: a child of
the fork server (a new interpreter on Windows) keeps what it opened between questions; an asyncio task looks
at its pipe; cancelling ends the child, and the next question starts another. A child that dies without an
answer is an answer too. Limits: one question at a time; what the child remembered is gone with it, which
`generation` shows, so every question carries all that is needed to answer it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from di_advisor.ui.processes import child_context, start_deaf

__all__ = ["Worker"]

_LOOK_EVERY_SECONDS = 0.02
_END_WITHIN_SECONDS = 2.0
_ON_THE_WAY = ("phase", "progress", "partial")


class Worker:
    """A child process that answers questions.

    Parameters
    ----------
    target : callable
        Importable; called in the child with its end of the pipe, answers until the pipe closes.
    preload : sequence of str
        Modules the fork server imports once.

    Attributes
    ----------
    generation : int
        How many children there were; 0 before the first.
    """

    def __init__(self, target: Callable[[Connection], None], preload: Sequence[str] = ()) -> None:
        self._target = target
        self._preload = preload
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None
        self._cancelled = False
        self.generation = 0

    @property
    def alive(self) -> bool:
        """Whether there is a child, and what it opened is still open."""
        return self._process is not None and self._process.is_alive()

    def cancel(self) -> None:
        """End the child at once; a question that waits is answered ``("cancelled", "")``."""
        self._cancelled = True
        if self._process is not None and self._process.is_alive():
            self._process.terminate()

    async def ask(
        self,
        verb: str,
        request: Any,  # noqa: ANN401 plain data
        told: Callable[[str, Any], None],
        on_tick: Callable[[], None],
    ) -> tuple[str, Any]:
        """Put a question and wait for its answer.

        Parameters
        ----------
        verb : str
            What is asked.
        request : plain data
            All that is needed to answer.
        told : callable
            Told what comes on the way: ``("phase", text)``, ``("progress", (fraction, text))``,
            ``("partial", content)``.
        on_tick : callable
            Called at each look, about fifty times a second.

        Returns
        -------
        tuple of str and content
            The child's answer, ``("cancelled", "")``, or ``("died", exit code)``.
        """
        self._cancelled = False
        try:
            if not self.alive:
                await self._start()
            process, pipe = self._process, self._pipe
            if process is None or pipe is None:
                return "cancelled", ""
            await asyncio.to_thread(pipe.send, (verb, request))
            return await self._watch(process, pipe, told, on_tick)
        except (BrokenPipeError, ConnectionError):
            return await self._gone()
        except asyncio.CancelledError:
            self.cancel()  # nobody waits for the answer any more: it must not meet the next question
            await self._end()
            raise

    async def close(self) -> None:
        """End the child."""
        self.cancel()
        await self._end()

    async def _start(self) -> None:
        await self._end()
        context = child_context(self._preload)
        mine, its = context.Pipe(duplex=True)
        self._process = process = context.Process(target=self._target, args=(its,), daemon=True)
        self._pipe = mine
        self.generation += 1
        # Starting waits for the fork server's imports the first time: not in the kernel's loop.
        await asyncio.to_thread(start_deaf, process)
        its.close()

    async def _watch(
        self, process: BaseProcess, pipe: Connection, told: Callable[[str, Any], None], on_tick: Callable[[], None]
    ) -> tuple[str, Any]:
        while not self._cancelled:
            on_tick()
            if not pipe.poll():
                if not process.is_alive() and not pipe.poll():
                    break
                await asyncio.sleep(_LOOK_EVERY_SECONDS)
                continue
            try:
                kind, content = await asyncio.to_thread(pipe.recv)
            except (EOFError, ConnectionError):
                break
            if kind not in _ON_THE_WAY:
                return kind, content
            told(kind, content)
        return await self._gone()

    async def _gone(self) -> tuple[str, Any]:
        """The child was ended, or ended by itself: say which, and leave nothing of it behind."""
        cancelled, process = self._cancelled, self._process
        if not cancelled and process is not None and process.pid is not None:
            await asyncio.to_thread(process.join, _END_WITHIN_SECONDS)
        code = None if process is None else process.exitcode
        await self._end()
        return ("cancelled", "") if cancelled else ("died", code)

    async def _end(self) -> None:
        process, pipe = self._process, self._pipe
        self._process = self._pipe = None
        if pipe is not None:
            pipe.close()
        if process is None or process.pid is None:
            return
        process.terminate()
        await asyncio.to_thread(process.join, _END_WITHIN_SECONDS)
        if process.is_alive():
            process.kill()
            await asyncio.to_thread(process.join, _END_WITHIN_SECONDS)
