"""What a page is, and what it may ask of the app that holds it.

Problem: pages must not know each other, and none may block the kernel. Decision: a page builds its
controls once, tells the app what the reader changed, and is told to show the state; long work goes through
`Host.ask`, which runs a verb in the child process. Results are bundles for a display handle, so that they
are saved with the notebook; widgets are controls only.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from di_advisor.ui.app_state import AppState

if TYPE_CHECKING:
    import ipywidgets as widgets

    from di_advisor.runs.spec import RunSpec

__all__ = ["Asked", "Bundle", "Host", "Page"]

Bundle = Mapping[str, str]
"""What is shown, by media type: ``text/html``, ``text/markdown``, ``text/plain``."""


@dataclass(frozen=True)
class Asked:
    """What a result was asked with: it stands above the result, with what the controls say differently since.

    Attributes
    ----------
    spec : RunSpec
        What was asked.
    did : str
        What came of it, in a word: "Measured".
    again : str
        What to do where the controls say something else by now.
    code : str
        Python that repeats it; where empty, that of a proposal under the spec.
    under_wishes : bool
        Whether wishes and decisions on trades count for it.
    other : str
        What the controls say differently by now that the spec does not hold, in words; empty where nothing.
    """

    spec: RunSpec
    did: str = "Proposed"
    again: str = "Propose again."
    code: str = ""
    under_wishes: bool = True
    other: str = ""


class Host(Protocol):
    """What pages may ask of the app."""

    @property
    def state(self) -> AppState:
        """What the app knows; pages read it, and change it through the methods here."""
        ...

    def edit(self, spec: RunSpec) -> None:
        """Take what the controls say now."""
        ...

    def start(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run work in the kernel's loop, after the controls have settled; never blocks."""
        ...

    async def ask(self, verb: str, *, doing: str, **request: Any) -> Any | None:  # noqa: ANN401 a verb's answer
        """Ask the child process; None where it was cancelled, refused or failed, which the footer then says."""
        ...

    async def propose(self) -> None:
        """Ask for a proposal under the present spec and keep it."""
        ...

    async def follow(self) -> None:
        """Ask for a proposal as soon as the dials rest, the last move counts."""
        ...

    def to_scenario(self, scenario: str) -> None:
        """Go to another scenario, A, B or C; not while something runs."""
        ...

    def turn_to(self, title: str) -> None:
        """Open another page by its title."""
        ...

    def show(self, page: Page) -> None:
        """A page has another result: it stands below the controls, and is saved there, while that page is open."""
        ...

    def repeat(self, doing: str, code: str) -> None:
        """Show the Python of what was done without `ask`."""
        ...

    def refresh(self) -> None:
        """Let every page show the state anew."""
        ...


class Page(ABC):
    """One page.

    Parameters
    ----------
    host : Host
        The app.
    """

    title: ClassVar[str]
    """A word or two: the label of its tab."""
    empty: ClassVar[str]
    """What stands below before there is a result of its own: what will, and what to press for it."""
    of_answer: ClassVar[bool] = False
    """Whether it shows the proposal of the scenario at hand, and figures of the one being solved."""

    def __init__(self, host: Host) -> None:
        self.host = host

    @property
    @abstractmethod
    def box(self) -> widgets.Widget:
        """Its controls, made once."""

    @abstractmethod
    def show(self, state: AppState) -> None:
        """Show the state; called after every change, so it must be quick and change nothing."""

    def result(self, state: AppState) -> Bundle | None:
        """Its own last result, which stands below while it is open; None where it has none."""
        del state
        return None

    def asked(self, state: AppState) -> Asked | None:
        """What its result was asked with; None where nothing of the spec counts for it."""
        answer = state.answer if self.of_answer else None
        return None if answer is None else Asked(answer.spec)

    def explains(self, state: AppState) -> bool:
        """Whether it says itself what was refused last: the footer does not say it again."""
        del state
        return False

    def opened(self) -> None:  # noqa: B027 a hook: most pages have nothing to do then
        """The reader turned to this page."""
