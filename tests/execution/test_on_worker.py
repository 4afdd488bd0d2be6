"""What a worker holds of a run: the facts from its beginning to its end, and nothing of it afterwards."""

import gc
import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest
import scipy.linalg
from threadpoolctl import threadpool_limits

from di_advisor.errors import ClusterError
from di_advisor.execution import on_worker
from di_advisor.execution.on_worker import SharedFacts, done_batch, held, refused
from tests.execution.linear_algebra import threads_of_linear_algebra


@pytest.fixture
def unfrozen() -> Iterator[None]:
    gc.unfreeze()
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("unfrozen")
def test_facts_are_not_searched_for_garbage_until_the_last_run_is_over() -> None:
    one, other = SharedFacts("one", ["facts"], 60.0), SharedFacts("other", ["others"], 60.0)
    one.setup(None)
    other.setup(None)
    assert held("one") == ["facts"]
    assert gc.get_freeze_count() > 0
    one.teardown(None)
    assert gc.get_freeze_count() > 0  # the other run is not over
    with pytest.raises(KeyError):
        held("one")
    other.teardown(None)
    assert gc.get_freeze_count() == 0


@pytest.mark.usefixtures("unfrozen")
def test_a_run_that_ends_leaves_linear_algebra_of_the_others_on_one_thread() -> None:
    solved = scipy.linalg.solve(np.eye(2), np.ones(2))  # loaded before the limits are set
    assert solved.sum() == 2
    with threadpool_limits(limits=2, user_api="blas"):
        one, other = SharedFacts("one", 1, 60.0), SharedFacts("other", 2, 60.0)
        one.setup(None)
        other.setup(None)
        one.teardown(None)
        assert set(threads_of_linear_algebra()) == {1}
        other.teardown(None)
        assert set(threads_of_linear_algebra()) == {2}


@pytest.mark.usefixtures("unfrozen")
def test_facts_stay_until_the_last_of_several_workers_in_one_process_has_gone() -> None:
    facts = SharedFacts("one", 1, 60.0)
    facts.setup(None)
    facts.setup(None)
    facts.teardown(None)
    assert held("one") == 1
    facts.teardown(None)
    with pytest.raises(KeyError):
        held("one")


def test_a_worker_of_another_version_says_so_and_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = SharedFacts("one", 1, 60.0)
    monkeypatch.setattr(on_worker, "versions", lambda: {**facts.versions, "numpy": "1.0"})
    facts.setup(None)
    assert "The worker here has numpy 1.0 and not" in refused("one")
    with pytest.raises(ClusterError, match=r"numpy 1\.0"):
        done_batch("one", lambda _, body: body, [("k", b"1")])
    facts.teardown(None)
    assert refused("one") == ""
    with pytest.raises(KeyError):
        done_batch("one", lambda _, body: body, [("k", b"1")])


def test_every_linear_algebra_that_solves_use_is_limited_also_one_that_was_not_loaded_yet() -> None:
    program = """
from di_advisor.execution.on_worker import SharedFacts
SharedFacts("one", 1, 60.0).setup(None)
import scipy.linalg
from threadpoolctl import threadpool_info
found = [one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"]
print(len(found) >= 2, set(found))
"""
    environment = {"PATH": "/usr/bin:/bin", "OPENBLAS_NUM_THREADS": "2"}
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment)
    assert said.stdout.split() == ["True", "{1}"]
