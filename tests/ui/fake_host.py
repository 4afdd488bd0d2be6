"""An app that pages think is there: takes edits, answers questions from a list, keeps what is shown."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from di_advisor.runs.spec import RunSpec
from di_advisor.ui.app_state import AppState
from di_advisor.ui.equivalents import python_of_question
from di_advisor.ui.pages.page import Bundle, Page


class FakeHost:
    """Runs work at once; `asked` holds the questions, `shown` the bundles."""

    def __init__(self, spec: RunSpec, answers: dict[str, Any] | None = None) -> None:
        self.state = AppState(spec)
        self.answers = answers or {}
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.shown: list[Bundle] = []
        self.page: Page | None = None
        self.turned: list[str] = []

    def edit(self, spec: RunSpec) -> None:
        self.state.edit(spec)
        self.refresh()

    def start(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        asyncio.run(work())

    async def ask(self, verb: str, *, doing: str, **request: Any) -> Any | None:
        assert doing
        self.asked.append((verb, request))
        self.state.repeat(doing, python_of_question(verb, request))
        return self.answers.get(verb)

    async def propose(self) -> None:
        self.asked.append(("propose", {}))

    async def follow(self) -> None:
        self.asked.append(("follow", {}))

    def to_scenario(self, scenario: str) -> None:
        self.state.turn_to(scenario)
        self.refresh()

    def turn_to(self, title: str) -> None:
        self.turned.append(title)

    def show(self, page: Page) -> None:
        bundle = page.result(self.state)
        assert bundle is not None
        self.shown.append(bundle)

    def repeat(self, doing: str, code: str) -> None:
        self.state.repeat(doing, code)

    def refresh(self) -> None:
        if self.page is not None:
            self.page.show(self.state)
