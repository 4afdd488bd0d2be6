"""A job beside the app's questions: its end, its words, Stop, and a process that is gone afterwards."""

import asyncio
from typing import Any

import pytest

from di_advisor.ui.aside import Aside
from di_advisor.ui.worker import Worker
from tests.ui import targets


def aside() -> Aside:
    return Aside(Worker(targets.serves, targets.PRELOADED))


def test_a_job_tells_in_words_and_its_process_is_gone_afterwards() -> None:
    async def scenario() -> tuple[Any, list[str]]:
        told: list[str] = []
        made = aside()
        ended = await made.work("echo", told.append, a=1)
        assert not made.running
        assert not made._worker.alive
        return ended, told

    ended, told = asyncio.run(scenario())
    assert ended[0] == "result"
    assert told == ["Question 1"]


def test_stop_ends_the_job_and_another_one_can_start() -> None:
    async def scenario() -> None:
        made = aside()
        working = asyncio.create_task(made.work("wait", lambda _: None))
        while not made.running:
            await asyncio.sleep(0.01)
        assert await made.work("echo", lambda _: None) == ("busy", "")
        made.stop()
        assert await working == ("stopped", "")
        assert (await made.work("echo", lambda _: None))[0] == "result"

    asyncio.run(scenario())


@pytest.mark.parametrize("verb", ["die"])
def test_a_process_that_dies_is_said(verb: str) -> None:
    kind, words = asyncio.run(aside().work(verb, lambda _: None))
    assert kind == "failed"
    assert "exit code" in words
