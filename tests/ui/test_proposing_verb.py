"""What the child answers to "propose": all that is shown, little to carry, nothing that the kernel would solve with."""

import json
from typing import Any

import pytest

from di_advisor.runs import RunSpec, SampleSource
from di_advisor.ui.desk import Desk
from di_advisor.ui.plain import plain, restored
from di_advisor.ui.serving import answer
from di_advisor.units import BPS_PER_UNIT

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
    size = len(json.dumps(content, default=list))
    assert size < 2 * MEGABYTE  # lots and risk of the account would be more than that alone
    found = restored(content)
    assert found["proposal"].workspace is None
    assert len(found["proposal"].trade_list) > 200


def test_first_figures_come_before_rounding_and_say_so(asked: tuple[Any, Told]) -> None:
    content, told = asked
    (first,) = told.parts
    assert first["text/plain"].startswith("First figures, before rounding to whole shares; orders follow.")
    assert "no plan is better by more than $" in first["text/plain"]
    assert "<script" not in first["text/html"]
    assert set(restored(content)["bundle"]) == {"text/html", "text/markdown", "text/plain"}


def test_first_figures_are_those_of_the_orders_but_for_rounding() -> None:
    desk, told = Desk(), Told()
    figures = told.parts
    proposal = desk.propose(SPEC, told, first=True)
    said = figures[0]["text/plain"]
    before, after = (
        f"{t * BPS_PER_UNIT:,.1f}" for t in (proposal.before.tracking_error, proposal.after.tracking_error)
    )
    assert f"Tracking error {before} to " in said
    assert float(said.partition(f"Tracking error {before} to ")[2].partition(" bps")[0]) == pytest.approx(
        float(after), abs=1.0
    )
    assert desk.propose(SPEC, told, first=True) is proposal
    assert len(figures) == 1  # a plan that is remembered is there at once
