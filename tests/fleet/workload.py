"""What jobs do in tests of workers: fail, end their process, tell who opened what. Must be importable in a worker."""

import os
import signal
from pathlib import Path

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
