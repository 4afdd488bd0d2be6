"""Processes that write to a store until they are told to stop, or are killed; and the count of what arrived.

Problem: to show that a kill loses nothing, processes must really be killed, often, and starting Python takes longer
than all they do. Decision: one process imports everything once and forks a writer on demand (``python -m
benchmarks.store_writers`` reads orders as lines of JSON). A writer appends batches of its own, and now and then a batch
that every writer appends, and notes each one in a file once it is acknowledged. `tally` compares that with what the
journal holds. Limits: Unix only.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Self

from di_advisor.domain.events import Deposit
from di_advisor.ledger.journal import Journal
from di_advisor.ledger.store import Store

__all__ = ["TAXPAYER", "Tally", "Writer", "Writers", "batch_of", "tally"]

TAXPAYER = "ann"
_START = datetime(2026, 1, 5, tzinfo=UTC)
_LARGEST_BATCH = 12
_SHARED_EVERY = 5
_FOREVER_SECONDS = 1e9


def batch_of(writer: str, number: int) -> tuple[str, list[Deposit]]:
    """Return the label and the events of a writer's batch; every fifth is the same for all writers."""
    name = f"shared {number}" if number % _SHARED_EVERY == 0 else f"{writer} {number}"
    size = random.Random(name).randint(1, _LARGEST_BATCH)  # noqa: S311  (sizes, not secrets)
    return name, [
        Deposit(event_id=f"{name}, {i} of {size}", on=date(2025, 1, 2), account_id="A", amount_usd=Decimal(i))
        for i in range(1, size + 1)
    ]


@dataclass(frozen=True)
class Tally:
    """What was acknowledged, and what a journal holds of it.

    Attributes
    ----------
    acknowledged, found : int
        Batches acknowledged to any writer (shared ones once), and batches in the journal.
    lost : int
        Acknowledged batches of which an event is missing.
    half_written : int
        Batches in the journal of which an event is missing.
    doubled : int
        Events that the journal holds more than once.
    events : int
        Events in the journal.
    """

    acknowledged: int
    found: int
    lost: int
    half_written: int
    doubled: int
    events: int

    @property
    def whole(self) -> bool:
        """Whether nothing is lost, half-written or doubled."""
        return self.lost == self.half_written == self.doubled == 0


def tally(journal: Journal, acknowledged: Iterable[str]) -> Tally:
    """Compare a journal with what its writers were told."""
    ids = Counter(entry.event.event_id for entry in journal.entries)
    there = Counter(event_id.rpartition(", ")[0] for event_id in ids)
    size = {event_id.rpartition(", ")[0]: int(event_id.rpartition(" of ")[2]) for event_id in ids}
    promised = set(acknowledged)
    return Tally(
        acknowledged=len(promised),
        found=len(there),
        lost=sum(there[name] != size.get(name, -1) for name in promised),
        half_written=sum(there[name] != size[name] for name in there),
        doubled=sum(count - 1 for count in ids.values()),
        events=len(journal),
    )


@dataclass(frozen=True)
class Writer:
    """A process that writes.

    Attributes
    ----------
    pid : int
        Its process.
    notes : Path
        Where it notes the labels of acknowledged batches, one a line.
    """

    pid: int
    notes: Path

    @property
    def acknowledged(self) -> list[str]:
        """Labels of the batches that were acknowledged so far."""
        lines = self.notes.read_text(encoding="utf-8").splitlines(keepends=True) if self.notes.exists() else []
        return [line.removesuffix("\n") for line in lines if line.endswith("\n")]

    @property
    def alive(self) -> bool:
        """Whether the process is there."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def kill(self) -> None:
        """Kill it with SIGKILL, and return when it is gone."""
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        while self.alive:
            time.sleep(0.001)


class Writers:
    """The process that forks writers; a context manager.

    Parameters
    ----------
    folder : Path
        Where writers keep their notes.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.store_writers"],
            cwd=Path(__file__).resolve().parents[1],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, where: str, name: str, *, first: int = 1, seconds: float = _FOREVER_SECONDS) -> Writer:
        """Start a writer that appends its batches from number ``first`` on, for a while or until it is killed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._count += 1
        notes = self._folder / f"acknowledged-{self._count}"
        order = {"where": where, "name": name, "first": first, "seconds": seconds, "notes": str(notes)}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return Writer(int(self._process.stdout.readline()), notes)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()


def _write(where: str, name: str, first: int, seconds: float, notes: str) -> None:
    end = time.monotonic() + seconds
    # Written without a buffer: what is noted survives the writer.
    with Path(notes).open("ab", buffering=0) as noted, Store.open(where) as store:
        for number in _numbers(first, end):
            label, events = batch_of(name, number)
            store.append(TAXPAYER, events, recorded_at=_START + timedelta(seconds=number), batch=label)
            noted.write(f"{label}\n".encode())


def _numbers(first: int, end: float) -> Iterator[int]:
    number = first
    while time.monotonic() < end:
        yield number
        number += 1


def main() -> None:
    """Fork a writer for each line of orders, and say its process id."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # who is gone is gone: nobody waits for the writers
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            failed = 1
            try:
                _write(**order)
                failed = 0
            finally:
                if failed:
                    sys.excepthook(*sys.exc_info())
                os._exit(failed)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
