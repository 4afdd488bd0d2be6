"""A job in a child process: its phases and its answer, its end on request, and its sudden end."""

import asyncio

import pytest

from di_advisor.ui.job import Job
from tests.ui import targets


async def run(job: Job, request: object = None) -> tuple[tuple[str, object], list[str]]:
    phases: list[str] = []
    answer = await job.run(request, phases.append, lambda: None)
    return answer, phases


def test_a_job_tells_its_phases_and_answers_with_its_result() -> None:
    answer, phases = asyncio.run(run(Job(targets.echo), {"a": [1, "two"]}))
    assert answer == ("result", {"a": [1, "two"]})
    assert phases == ["Thinking"]


def test_the_loop_goes_on_while_a_job_runs_and_cancel_ends_it() -> None:
    async def scenario() -> tuple[str, object]:
        job = Job(targets.never_ends)
        begun = asyncio.Event()
        task = asyncio.create_task(job.run(None, lambda _: begun.set(), lambda: None))
        await begun.wait()
        job.cancel()
        return await task

    assert asyncio.run(scenario()) == ("cancelled", "")


def test_a_job_cancelled_before_it_begins_never_answers() -> None:
    async def scenario() -> tuple[str, object]:
        job = Job(targets.echo)
        job.cancel()
        return await job.run("x", lambda _: None, lambda: None)

    assert asyncio.run(scenario()) == ("cancelled", "")


def test_a_child_that_dies_without_an_answer_is_told_with_its_exit_code() -> None:
    assert asyncio.run(run(Job(targets.dies)))[0] == ("died", 3)


def test_no_child_is_left_behind() -> None:
    async def scenario() -> bool:
        job = Job(targets.never_ends)
        task = asyncio.create_task(job.run(None, lambda _: task.cancel(), lambda: None))
        with pytest.raises(asyncio.CancelledError):
            await task
        assert job._process is not None
        return job._process.is_alive()

    assert asyncio.run(scenario()) is False
