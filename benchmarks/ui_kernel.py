"""How long the app holds up the kernel: CPU seconds of its loop's longest step, and its echo as any client hears it.

Problem: a kernel whose loop is busy answers nobody, neither a cell nor Cancel. Decision: a real kernel shows the app
and proposes for the sample's largest account, with its loop's steps timed by the CPU clock of their thread; beside
that, `Echo` asks a running kernel through its own ports, so that what a page draws meanwhile does not count. Limits:
steps are timed in the main thread only; other threads of the kernel hold the interpreter for milliseconds.
"""

from __future__ import annotations

import ast
import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any, Self

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

from benchmarks import Bar

__all__ = ["AREA", "Echo", "bars"]

AREA = "ui"

_SOLVES = 5
_WITHIN_SECONDS = 120.0
_PAUSE_SECONDS = 0.005

_TIMED = """
import asyncio, threading, time
busy = []
def _timed(handle, run=asyncio.events.Handle._run):
    begun = time.thread_time()
    run(handle)
    if threading.current_thread() is threading.main_thread():
        busy.append(time.thread_time() - begun)
asyncio.events.Handle._run = _timed
import di_advisor
app = di_advisor.app()
"""
_WISHED = """
busy.clear()
app.edit(app.state.spec.with_changes(account="concentrated").with_wishes(tracking_error_max={cap}))
app.turn_to("Trades")
app.start(app.propose)
"""


def bars() -> list[Bar]:
    """Measure the longest step of a kernel's loop while it opens, proposes and shows hundreds of trades."""
    with _kernel() as asked:
        asked(_TIMED)
        asked("display(app)")
        _until(asked, "app.state.opened is not None and not app.state.running")
        longest = []
        for turn in range(_SOLVES):
            asked(_WISHED.format(cap=0.009 - 1e-4 * turn))
            time.sleep(1.0)  # past the pause in which controls settle
            _until(asked, "app.state.answer is not None and not app.state.stale and not app.state.running")
            longest.append(float(asked("", "max(busy)")))
        trades = int(asked("", "len(app.proposal.trade_list)"))
    note = f"target; longest step of the loop, median of {_SOLVES} proposals of {trades} trades, rows and card shown"
    return [Bar.at_most("ui.kernel_loop", median(longest), 0.05, unit="CPU s", compared_to=note)]


class _Asked:
    """Runs code in a kernel and gives what an expression is there."""

    def __init__(self, client: BlockingKernelClient) -> None:
        self._client = client

    def __call__(self, code: str, expression: str = "None") -> str:
        """Run code, wait for it, and return an expression's text."""
        answer = self._client.execute(
            code, store_history=False, user_expressions={"x": expression}, reply=True, timeout=_WITHIN_SECONDS
        )
        content: dict[str, Any] = answer["content"]
        found = content.get("user_expressions", {}).get("x", content)
        if found["status"] != "ok":
            raise RuntimeError(f"{found['ename']}: {found['evalue']}")
        return str(found["data"]["text/plain"])


@contextlib.contextmanager
def _kernel() -> Iterator[_Asked]:
    """Start a kernel of this interpreter; it ends with the block."""
    manager = KernelManager()
    manager.start_kernel()
    client = manager.client()
    try:
        client.start_channels()
        client.wait_for_ready(timeout=_WITHIN_SECONDS)
        yield _Asked(client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def _until(asked: _Asked, condition: str) -> None:
    ends = time.monotonic() + _WITHIN_SECONDS
    while not ast.literal_eval(asked("", f"bool({condition})")):
        if time.monotonic() > ends:
            raise RuntimeError(f"Not within {_WITHIN_SECONDS:g} s: {condition}")
        time.sleep(0.1)


class Echo:
    """Asks a running kernel again and again, from a thread of its own and not from a page.

    Parameters
    ----------
    connection : Path
        The kernel's connection file.

    Attributes
    ----------
    seconds : list of float
        From each request to its reply.
    """

    def __init__(self, connection: Path) -> None:
        self.seconds: list[float] = []
        self._client = BlockingKernelClient(connection_file=str(connection))
        self._client.load_connection_file()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)

    def __enter__(self) -> Self:
        self._client.start_channels(stdin=False, hb=False, control=False)
        self._client.wait_for_ready(timeout=_WITHIN_SECONDS)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self._client.stop_channels()

    def _ask(self) -> None:
        while not self._ended.is_set():
            begun = time.perf_counter()
            self._client.execute("", silent=True, reply=True, timeout=_WITHIN_SECONDS)
            self.seconds.append(time.perf_counter() - begun)
            time.sleep(_PAUSE_SECONDS)
