"""A child process that is asked again and again: its answers, its end on request, and its sudden end."""

import asyncio
from typing import Any

import pytest

from di_advisor.ui.worker import Worker
from tests.ui import targets


async def ask(worker: Worker, verb: str, request: Any = None) -> tuple[tuple[str, Any], list[Any]]:
    told: list[Any] = []
    return await worker.ask(verb, request, lambda kind, content: told.append((kind, content)), lambda: None), told


def test_one_child_answers_several_questions_and_tells_what_it_does() -> None:
    async def scenario() -> None:
        worker = Worker(targets.serves, targets.PRELOADED)
        first, told = await ask(worker, "echo", {"a": [1, "two"]})
        assert first == ("result", {"a": [1, "two"]})
        assert told == [("phase", "Question 1")]
        assert (await ask(worker, "echo", 2))[1] == [("phase", "Question 2")]
        assert worker.generation == 1
        await worker.close()
        assert not worker.alive

    asyncio.run(scenario())


@pytest.mark.parametrize("wait_seconds", [0.0, 0.3])
def test_cancel_ends_the_child_and_the_next_question_has_a_new_one(wait_seconds: float) -> None:
    async def scenario() -> None:
        worker = Worker(targets.serves, targets.PRELOADED)
        await ask(worker, "echo")
        waiting = asyncio.create_task(ask(worker, "wait"))
        await asyncio.sleep(wait_seconds)
        await asyncio.sleep(0)
        worker.cancel()
        assert (await waiting)[0] == ("cancelled", "")
        assert (await ask(worker, "echo", 5))[0] == ("result", 5)
        assert worker.generation == 2
        await worker.close()

    asyncio.run(scenario())


def test_a_child_that_dies_is_told_with_its_exit_code_and_the_next_question_is_answered() -> None:
    async def scenario() -> None:
        worker = Worker(targets.serves, targets.PRELOADED)
        assert (await ask(worker, "die"))[0] == ("died", 3)
        assert (await ask(worker, "echo", 1))[0] == ("result", 1)
        await worker.close()

    asyncio.run(scenario())


def test_no_child_and_no_answer_is_left_behind_by_an_interrupted_question() -> None:
    async def scenario() -> None:
        worker = Worker(targets.serves, targets.PRELOADED)
        await ask(worker, "echo")
        waiting = asyncio.create_task(ask(worker, "wait"))
        await asyncio.sleep(0.1)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert not worker.alive
        assert (await ask(worker, "echo", "fresh"))[0] == ("result", "fresh")
        await worker.close()

    asyncio.run(scenario())
