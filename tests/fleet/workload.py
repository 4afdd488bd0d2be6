"""What jobs do in tests of workers: fail, end their process, tell who opened what. Must be importable in a worker."""

import os
import signal
import time
from pathlib import Path
from typing import NoReturn

from di_advisor.errors import InputError
from di_advisor.fleet.account import account_from_bytes
from di_advisor.fleet.solving import FleetWork, solved

OPENED = 0


class Shared:
    """Counts in each process how often it arrived there."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def __reduce__(self) -> tuple[object, ...]:
        return (arrived, (self.body,))


def arrived(body: bytes) -> Shared:
    global OPENED  # noqa: PLW0603 - one count a process is what is asked
    OPENED += 1
    return Shared(body)


def who_opened(shared: Shared, body: bytes) -> bytes:
    return f"{os.getpid()} {OPENED}".encode()


def sometimes(shared: int, body: bytes) -> bytes:
    number = int(body)
    if number == 7:
        raise InputError("Seven is not taken.", hint="Take another.")
    if number == 8:
        return {}[number]
    if number == 9:
        return str(int("nine")).encode()
    return str(number * shared).encode()


def deadly(shared: int, body: bytes) -> bytes:
    if int(body) == 13:
        os.kill(os.getpid(), signal.SIGKILL)
    return str(int(body) * shared).encode()


def killed_once(shared: str, body: bytes) -> bytes:
    note = Path(shared)
    if int(body) >= 5 and not note.exists():
        note.write_text(str(os.getpid()), encoding="utf-8")
        os.kill(os.getpid(), signal.SIGKILL)
    return body


def killed_twice(shared: str, body: bytes) -> bytes:
    """The fifth job ends its worker the first two times, as one may that is lost to what was done there before."""
    first, second = Path(shared), Path(f"{shared}-again")
    note = second if first.exists() else first
    if int(body) == 5 and not note.exists():
        note.write_text(str(os.getpid()), encoding="utf-8")
        os.kill(os.getpid(), signal.SIGKILL)
    return body


def deadly_account(work: FleetWork, body: bytes) -> bytes:
    if account_from_bytes(body).label == "A000004":
        os.kill(os.getpid(), signal.SIGKILL)
    return solved(work, body)


class OwnError(Exception):
    """Of somebody's own rule, which the programs know nothing of; its words cannot even be read."""

    def __init__(self, one: int, other: int) -> None:
        super().__init__(one)
        self.kept = lambda: other

    def __str__(self) -> str:
        return {}["words"]


def stubborn(shared: int, body: bytes) -> object:
    """What nobody expects of a job, by its number."""
    found = {
        3: lambda: raised(OSError(5, "The feed of the rule is gone")),
        4: lambda: raised(OwnError(1, 2)),
        5: lambda: raised(SystemExit(3)),
        6: lambda: raised(MemoryError()),
        7: lambda: (i for i in range(3)),
        8: lambda: None,
    }
    return found.get(int(body), lambda: body)()


def raised(error: BaseException) -> NoReturn:
    raise error


def endless(shared: int, body: bytes) -> bytes:
    if int(body) == 5:
        time.sleep(10_000)
    return body


def slow(shared: float, body: bytes) -> bytes:
    time.sleep(shared)
    return body


class Begun:
    """What is shared, which cannot begin several jobs together."""

    def begun(self, bodies: object) -> NoReturn:
        raise OwnError(len(str(bodies)), 2)


def whatever(shared: Begun, body: bytes) -> bytes:
    return body
