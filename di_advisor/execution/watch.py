"""A limit of time on one job in a worker: who exceeds it ends the worker, as a job does that runs out of memory.

Problem: an account whose own rule never ends would hold a night's run for ever, and nothing can stop a thread of
Python, least of all one that is inside a solver. Decision: a thread beside the work looks every moment how long the
job at work has taken, and ends the process where it is too long; what happens to a worker that is lost is settled
elsewhere. Where the work holds Python's lock, so that the watching thread cannot look either, an alarm of
`faulthandler` ends the process, which that thread puts off as long as it runs. Limits: the limit is of the clock and
therefore far above what any job takes; where the thread is locked out, a job may have up to a limit and a half.
"""

from __future__ import annotations

import faulthandler
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

from di_advisor.execution.jobs import Work

__all__ = ["TOO_LONG", "Watch"]

TOO_LONG: Final = 75
"""Exit status of a process that was ended."""

_LOOKS: Final = 8
"""How often a job is looked at within its limit."""


def _log() -> IO[Any]:
    """Where it is said what the process was at: faulthandler needs a file of the system."""
    try:
        sys.stderr.fileno()
    except (AttributeError, OSError, ValueError):
        return Path(os.devnull).open("w", encoding="utf-8")
    return sys.stderr


def _end() -> None:
    faulthandler.dump_traceback(_log())
    os._exit(TOO_LONG)


class Watch:
    """Looks how long jobs take.

    Parameters
    ----------
    seconds : float
        Limit of one job, by the clock.
    end : callable
        What happens to one that takes longer.
    """

    def __init__(self, seconds: float, end: Callable[[], None] = _end) -> None:
        self.seconds, self._every, self._end_of = seconds, seconds / _LOOKS, end
        self._since: dict[int, float] = {}
        self._over = threading.Event()
        self._log = _log()
        self._alarmed()
        self._thread = threading.Thread(target=self._look, name="di-advisor-watch", daemon=True)
        self._thread.start()

    @contextmanager
    def over(self, work: Work) -> Iterator[Work]:
        """The work, each job of which begins anew; watched from here until the context ends."""
        me = threading.get_ident()

        def watched(shared: object, body: bytes) -> bytes:
            self._since[me] = time.monotonic()
            return work(shared, body)

        self._since[me] = time.monotonic()
        try:
            yield watched
        finally:
            del self._since[me]

    def close(self) -> None:
        """Look no more."""
        self._over.set()
        self._thread.join()

    def _alarmed(self) -> None:
        """Put off the alarm, which rings without Python's lock."""
        faulthandler.dump_traceback_later(self.seconds + 4 * self._every, exit=True, file=self._log)

    def _look(self) -> None:
        while not self._over.wait(self._every):
            self._alarmed()
            now = time.monotonic()
            if any(now - since > self.seconds for since in list(self._since.values())):
                self._end_of()
        faulthandler.cancel_dump_traceback_later()
