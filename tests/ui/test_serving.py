"""The child's loop: what is imported before it, and what it does while nobody asks."""

import multiprocessing
import threading
from typing import Any

from di_advisor.runs import RunSpec, SampleSource
from di_advisor.runs.spec import Models
from di_advisor.ui import serving
from di_advisor.ui.desk import Desk
from di_advisor.ui.plain import plain
from di_advisor.ui.serving_modules import FIRST_MODELS, preloaded


def test_the_models_that_are_asked_first_are_imported_before_the_first_child_and_no_others() -> None:
    first = Models()
    assert tuple(name for _, name in FIRST_MODELS) == (first.risk, first.cost)
    models = [name for name in preloaded() if name.startswith("di_models")]
    assert models == ["di_models.cost", "di_models.risk"]


def test_after_opening_and_while_nobody_asks_the_child_estimates(monkeypatch: Any) -> None:
    desk, ready = Desk(), threading.Event()
    estimate = serving.get_ready

    def told(given: Desk) -> None:
        estimate(given)
        ready.set()

    monkeypatch.setattr(serving, "Desk", lambda: desk)
    monkeypatch.setattr(serving, "get_ready", told)
    mine, its = multiprocessing.Pipe()
    loop = threading.Thread(target=serving.serve, args=(its,), daemon=True)
    loop.start()
    mine.send(("open", plain({"source": SampleSource()})))
    while mine.recv()[0] != "result":
        pass
    assert ready.wait(60)
    mine.close()
    loop.join(20)
    known = desk.estimated(RunSpec(SampleSource(), "young"), serving._Silent())
    assert list(desk._estimated.values()) == [known]
    assert known.risk is not None
    assert known.costs is not None


def test_what_cannot_be_estimated_is_left_to_who_asks() -> None:
    serving.get_ready(Desk())
