"""Jobs on this machine's processes: results by key, kept once; workers that die; a run that was killed and goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import pytest

from di_advisor.errors import InputError
from di_advisor.execution import local
from di_advisor.execution.jobs import InProcess, Job
from di_advisor.execution.local import LocalProcesses, ResultFiles, run_into


def _doubled(shared: object, body: bytes) -> bytes:
    if body == b"poison":
        raise InputError("Poison.", hint="None.")
    if body == b"kill":
        os.kill(os.getpid(), signal.SIGKILL)
    return body * int(str(shared))


def _slow(shared: object, body: bytes) -> bytes:
    time.sleep(float(str(shared)))
    return body


JOBS = [Job(f"job-{i}", str(i).encode()) for i in range(6)]
WANTED = {job.key: job.body * 2 for job in JOBS}


@pytest.mark.parametrize("workers", [1, 2])
def test_every_job_has_its_outcome_whatever_the_number_of_workers(workers: int) -> None:
    outcomes = {o.key: o.value for o in LocalProcesses(workers).run(JOBS, _doubled, 2)}
    assert outcomes == WANTED == {o.key: o.value for o in InProcess().run(JOBS, _doubled, 2)}


def test_a_worker_that_dies_takes_no_other_job_with_it() -> None:
    jobs = [JOBS[0], Job("killer", b"kill"), *JOBS[1:], Job("poisoned", b"poison")]
    outcomes = {o.key: o for o in LocalProcesses(2).run(jobs, _doubled, 2)}
    assert {key: o.value for key, o in outcomes.items() if o.value is not None} == WANTED
    assert outcomes["killer"].failure is not None
    assert outcomes["killer"].failure.kind == "WorkerLost"
    assert outcomes["poisoned"].failure is not None
    assert outcomes["poisoned"].failure.what == "Poison."


class _BreaksAtTheSecond:
    """A pool that is found broken when the second job is handed over; the next one works."""

    made = 0

    def __init__(self, _workers: int, *, mp_context: object, initializer: Any, initargs: tuple[Any, ...]) -> None:
        del mp_context
        type(self).made += 1
        self.given, self.breaks = 0, type(self).made == 1
        initializer(*initargs)

    def submit(self, do: Any, work: Any, job: Job) -> Future[Any]:
        self.given += 1
        if self.breaks and self.given == 2:
            raise BrokenProcessPool("A process in the process pool was terminated abruptly.")
        future: Future[Any] = Future()
        future.set_result(do(work, job))
        return future

    def shutdown(self, **_: object) -> None:
        """Nothing runs."""


def test_a_job_that_a_broken_pool_refuses_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "ProcessPoolExecutor", _BreaksAtTheSecond)
    assert {o.key: o.value for o in LocalProcesses(2).run(JOBS, _doubled, 2)} == WANTED
    assert _BreaksAtTheSecond.made > 1


def test_a_cancelled_run_keeps_what_is_done_and_goes_on_later(tmp_path: Path) -> None:
    files = ResultFiles(tmp_path)
    done: list[int] = []
    first = run_into(
        files, JOBS, _doubled, 2, progress=lambda n, _: done.append(n), cancel=lambda: bool(done) and done[-1] >= 2
    )
    assert first.cancelled
    assert len(first.keys) == 2
    second = run_into(files, JOBS, _doubled, 2)
    assert (second.before, second.cancelled) == (2, False)
    assert {key: files.read(key) for key in second.keys} == WANTED


def test_a_result_that_is_not_what_was_written_is_none(tmp_path: Path) -> None:
    files = ResultFiles(tmp_path)
    files.write("a", b"content")
    assert files.read("a") == b"content"
    files.path("a").write_bytes(files.path("a").read_bytes() + b"!")
    assert files.read("a") is None
    assert files.read("b") is None


@pytest.mark.parametrize("key", ["", "../a", "a/b", ".hidden", "a" * 200])
def test_a_key_is_the_name_of_a_file(tmp_path: Path, key: str) -> None:
    with pytest.raises(InputError, match="no name of a result"):
        ResultFiles(tmp_path).path(key)


def test_doubles_and_no_workers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="share a key"):
        run_into(ResultFiles(tmp_path), [JOBS[0], JOBS[0]], _doubled, 2)
    with pytest.raises(InputError, match="0 workers"):
        LocalProcesses(0)


def test_a_run_that_was_killed_goes_on_where_it_stopped(tmp_path: Path, root: Path) -> None:
    program = (
        "from pathlib import Path\n"
        "from di_advisor.execution.jobs import Job\n"
        "from di_advisor.execution.local import ResultFiles, run_into\n"
        "import time\n"
        "def work(shared, body):\n"
        "    time.sleep(0.0 if body == b'0' else 60.0)\n"
        "    return body\n"
        f"run_into(ResultFiles(Path({str(tmp_path)!r})), [Job(str(i), str(i).encode()) for i in range(3)], work, 0)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program], cwd=root)
    files = ResultFiles(tmp_path)
    for _ in range(600):
        if files.read("0") is not None:
            break
        time.sleep(0.1)
    process.kill()
    process.wait()
    jobs = [Job(str(i), str(i).encode()) for i in range(3)]
    done = run_into(files, jobs, _slow, 0)
    assert (done.before, done.keys) == (1, ("0", "1", "2"))
    assert [files.read(key) for key in done.keys] == [b"0", b"1", b"2"]
