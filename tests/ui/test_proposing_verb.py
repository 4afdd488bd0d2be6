"""What the child answers to "propose": all that is shown, little to carry, and nothing the kernel would have to solve."""

import pickle
from typing import Any

import pytest

from di_advisor.runs import RunSpec, SampleSource
from di_advisor.ui.desk import Desk
from di_advisor.ui.plain import plain, restored
from di_advisor.ui.serving import answer

SPEC = RunSpec(SampleSource(), "concentrated")
MEGABYTE = 2**20


class Told:
    def __init__(self) -> None:
        self.parts: list[Any] = []

    def phase(self, text: str) -> None: ...

    def progress(self, fraction: float, text: str) -> None: ...

    def partial(self, content: Any) -> None:
        self.parts.append(content)


@pytest.fixture(scope="module")
def asked() -> tuple[Any, Told]:
    told = Told()
    kind, content = answer(Desk(), "propose", plain({"spec": SPEC}), told)
    assert kind == "result", content
    return content, told


def test_what_the_child_sends_is_small_and_comes_back_without_its_workspace(asked: tuple[Any, Told]) -> None:
    content, _ = asked
    assert len(pickle.dumps(content)) < MEGABYTE  # lots and risk of the account would be more than that alone
    found = restored(content)
    assert found["proposal"].workspace is None
    assert len(found["proposal"].trade_list) > 200
