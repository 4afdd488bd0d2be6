"""A job that takes too long ends its process, whether it holds Python's lock or not; others are left alone."""

import subprocess
import sys
from pathlib import Path

import pytest

from di_advisor.execution.watch import TOO_LONG, Watch

PROGRAM = """
import ctypes, time
from di_advisor.execution.watch import Watch

def work(shared, body):
    {does}
    return body

watch = Watch(0.4)
with watch.over(work) as watched:
    for _ in range(3):
        watched(None, b"")
watch.close()
time.sleep(1.0)
print("done", flush=True)
"""


@pytest.mark.parametrize(
    ("does", "status", "says"),
    [
        ("time.sleep(60)", TOO_LONG, "in work"),
        ("ctypes.PyDLL(None).sleep(60)", 1, "in work"),  # nothing else of Python runs meanwhile
        ("time.sleep(0.25)", 0, ""),  # together longer than one may take
    ],
)
def test_only_one_job_that_takes_longer_than_the_limit_ends_the_process(
    root: Path, does: str, status: int, says: str
) -> None:
    program = [sys.executable, "-c", PROGRAM.format(does=does)]
    found = subprocess.run(program, capture_output=True, text=True, cwd=root, check=False, timeout=50)
    assert found.returncode == status
    assert says in found.stderr
    assert found.stdout == ("" if status else "done\n")


def test_each_job_begins_anew_and_nothing_is_watched_between_batches() -> None:
    ended: list[bool] = []
    watch = Watch(1e6, lambda: ended.append(True))
    with watch.over(lambda _, body: body) as watched:
        first = dict(watch._since)
        assert watched(None, b"x") == b"x"
        assert list(watch._since) == list(first)
        assert list(watch._since.values()) > list(first.values())
    assert watch._since == {}
    watch.close()
    assert not ended
