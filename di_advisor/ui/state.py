"""What the panel knows: a plain dataclass whose every change is a method, testable without a kernel.

The last good result stays until a better one comes; whether it still answers what the controls say
is `stale_because`. One job at a time: `start` refuses while one runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from di_advisor.propose.proposal import Proposal
from di_advisor.ui.choices import Choices

__all__ = ["PanelState", "Phase"]


class Phase(Enum):
    """What the panel is doing."""

    READY = "ready"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass
class PanelState:
    """The panel's state.

    Attributes
    ----------
    choices : Choices
        What the controls say now.
    phase : Phase
        What the panel is doing.
    status : str
        One line for the reader.
    error : str
        What went wrong last, with its hint; empty when nothing did.
    asked : Choices or None
        What the running or last job was asked.
    answered : Choices or None
        What the shown result answers.
    proposal : Proposal or None
        The shown result.
    estimates : dict
        Plain ``risk`` and ``costs`` of an earlier answer, for the next job.
    """

    choices: Choices
    phase: Phase = Phase.READY
    status: str = "Ready"
    error: str = ""
    asked: Choices | None = None
    answered: Choices | None = None
    proposal: Proposal | None = None
    estimates: dict[str, Any] | None = None

    @property
    def running(self) -> bool:
        """Whether a job runs."""
        return self.phase is Phase.RUNNING

    def edit(self, choices: Choices) -> None:
        """Take what the controls say now."""
        self.choices = choices

    def start(self) -> bool:
        """Mark a job as running; False when one runs already."""
        if self.running:
            return False
        self.phase, self.status, self.error = Phase.RUNNING, "Starting", ""
        return True

    def freeze(self, choices: Choices) -> None:
        """Keep what the job is asked."""
        self.choices = self.asked = choices

    def progress(self, text: str) -> None:
        """Take the name of the job's present step."""
        if self.running:
            self.status = text

    def finish(self, proposal: Proposal, estimates: dict[str, Any]) -> None:
        """Take the job's result."""
        self.phase, self.status, self.error = Phase.DONE, "Done", ""
        self.proposal, self.answered, self.estimates = proposal, self.asked, estimates

    def cancel(self) -> None:
        """The job was ended by the reader."""
        self.phase, self.status = Phase.CANCELLED, "Cancelled"

    def refuse(self, what: str, hint: str) -> None:
        """The job met a typed error: there is no plan, and the reader can do something about it."""
        self.phase, self.status = Phase.REFUSED, "No proposal"
        self.error = f"{what} {hint}".strip()

    def fail(self, what: str) -> None:
        """The job broke."""
        self.phase, self.status, self.error = Phase.FAILED, "Failed", what

    @property
    def stale_because(self) -> list[str]:
        """How the controls differ from what the shown result answers; empty when they do not."""
        return [] if self.answered is None else self.answered.changes_to(self.choices)

    @property
    def tried_in_vain(self) -> bool:
        """Whether the last job was asked what the controls say now and ended without a result."""
        ended = self.phase in (Phase.CANCELLED, Phase.REFUSED, Phase.FAILED)
        return ended and self.asked == self.choices
