"""What the app knows: a plain dataclass whose every change is a method, testable without a kernel.

Problem: eight pages, a footer and two views of them must never contradict each other. Decision: one state;
controls change `spec` and nothing else, answers are kept with the spec they answer, and whether one still
answers what the controls say is computed, never stored. The last good answer stays until a better one
comes. One question at a time: `start` refuses while one runs. Limits: one account at a time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from di_advisor.domain.kept_trades import kept_of
from di_advisor.propose.proposal import Proposal
from di_advisor.runs.spec import RunSpec
from di_advisor.ui.formatters import proposal_bundle

__all__ = ["LOG_LINES", "SCENARIOS", "Answer", "AppState", "Phase"]

LOG_LINES: Final = 200
SCENARIOS: Final = ("A", "B", "C")


class Phase(Enum):
    """What the app is doing."""

    READY = "ready"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True)
class Answer:
    """A proposal with what it answers.

    Attributes
    ----------
    spec : RunSpec
        What was asked.
    proposal : Proposal
        The answer.
    fingerprint, versions : Mapping of str to str
        What it rested on.
    bundle : Mapping of str to str
        The proposal as it is shown, made where it was proposed; empty where it is to be made.
    """

    spec: RunSpec
    proposal: Proposal
    fingerprint: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    bundle: Mapping[str, str] = field(default_factory=dict)

    @property
    def shown(self) -> Mapping[str, str]:
        """The proposal in every form a notebook may want."""
        return self.bundle or proposal_bundle(self.proposal)

    def answers(self, spec: RunSpec) -> bool:
        """Whether it answers a spec: the one it was asked with, or that with some of its own trades locked too."""
        mine, asked = self.spec.solved, spec.solved
        if mine == asked:
            return True
        before, now = mine.decisions.locked, asked.decisions.locked
        if mine.without_locks != asked.without_locks or any(now.get(k) != kept for k, kept in before.items()):
            return False
        added = {k: kept for k, kept in now.items() if k not in before}
        return kept_of(t for t in self.proposal.trade_list if t.security_id in added) == added


@dataclass
class AppState:
    """The app's state.

    Attributes
    ----------
    spec : RunSpec
        What the controls say now.
    opened : Mapping of str to any, or None
        What the source holds (`di_advisor.ui.verbs.opening`); None before it was opened.
    phase : Phase
        What the app is doing.
    doing : str
        What the running question is, in words: "Proposing".
    status : str
        One line for the reader.
    fraction : float or None
        How far the running question is, where its steps are counted.
    error, hint : str
        What went wrong last and what to do; empty when nothing did.
    facts : Mapping
        Facts of the last typed error, such as the relaxations of an infeasibility.
    asked : RunSpec or None
        What the running or last question was asked with.
    scenario : str
        Which of A, B, C the controls belong to.
    answers : dict of str to Answer
        By scenario.
    specs : dict of str to RunSpec
        What the controls of the other scenarios say.
    repeated : str
        Python that asks the running or last question; empty where there is none.
    repeating : str
        What that question is, in words.
    first : Mapping of str to str or None
        Figures of the running question before rounding, ready to show; None where there are none yet.
    notice : str
        What the reader should know though nothing went wrong: what was saved where, what changed since.
    log : deque of str
        The last lines of what happened.
    """

    spec: RunSpec
    opened: Mapping[str, Any] | None = None
    phase: Phase = Phase.READY
    doing: str = ""
    status: str = "Ready"
    fraction: float | None = None
    error: str = ""
    hint: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    asked: RunSpec | None = None
    scenario: str = SCENARIOS[0]
    answers: dict[str, Answer] = field(default_factory=dict)
    specs: dict[str, RunSpec] = field(default_factory=dict)
    repeated: str = ""
    repeating: str = ""
    first: Mapping[str, str] | None = None
    notice: str = ""
    log: deque[str] = field(default_factory=lambda: deque(maxlen=LOG_LINES))

    @property
    def running(self) -> bool:
        """Whether a question waits for its answer."""
        return self.phase is Phase.RUNNING

    @property
    def answer(self) -> Answer | None:
        """The answer of the scenario at hand."""
        return self.answers.get(self.scenario)

    @property
    def stale(self) -> bool:
        """Whether the controls ask something else than what the shown answer answers."""
        return self.answer is not None and not self.answer.answers(self.spec)

    def spec_of(self, scenario: str) -> RunSpec:
        """What the controls of a scenario say."""
        return self.spec if scenario == self.scenario else self.specs.get(scenario, self.spec)

    def edit(self, spec: RunSpec) -> None:
        """Take what the controls say now; answers of another account go."""
        if (spec.source, spec.account) != (self.spec.source, self.spec.account):
            self.answers.clear()
            self.specs.clear()
        if spec.source != self.spec.source:
            self.opened = None
        self.spec = spec

    def turn_to(self, scenario: str) -> None:
        """Go to another scenario: its controls come back, or start as a copy of the present ones."""
        if scenario not in SCENARIOS:
            raise KeyError(scenario)
        self.specs[self.scenario] = self.spec
        self.scenario = scenario
        self.spec = self.specs.get(scenario, self.spec)

    def repeat(self, doing: str, code: str) -> None:
        """Take the Python of what was asked last."""
        self.repeating, self.repeated = doing, code

    def start(self, doing: str, code: str = "") -> bool:
        """Mark a question as running, with its Python; False when one runs already."""
        if self.running:
            return False
        self.repeat(doing, code)
        self.phase, self.doing, self.status = Phase.RUNNING, doing, doing
        self.error, self.hint, self.facts, self.fraction = "", "", {}, None
        self.asked, self.first = self.spec, None
        self.note(doing)
        return True

    def told(self, kind: str, content: Any) -> None:  # noqa: ANN401 what a verb said on the way
        """Take what came on the way."""
        if not self.running:
            return
        if kind == "phase":
            self.status = str(content)
        elif kind == "progress":
            self.fraction, self.status = float(content[0]), str(content[1])
        elif kind == "partial":
            self.first = content

    def finish(self) -> None:
        """The question was answered."""
        self._end(Phase.DONE, "Done")

    def keep(self, answer: Answer, scenario: str = "") -> None:
        """Keep a proposal as the answer of a scenario, of the one at hand where none is named."""
        self.answers[scenario or self.scenario] = answer

    def cancel(self) -> None:
        """The question was ended by the reader."""
        self._end(Phase.CANCELLED, "Cancelled")

    def refuse(self, what: str, hint: str, facts: Mapping[str, Any] | None = None) -> None:
        """The question met a typed error: the reader can do something about it."""
        self._end(Phase.REFUSED, "Not possible as asked")
        self.error, self.hint, self.facts = what, hint, facts or {}
        self.note(f"{what} {hint}".strip())

    def fail(self, what: str) -> None:
        """The question broke."""
        self._end(Phase.FAILED, "Failed")
        self.error = what
        self.note(what)

    def tell(self, notice: str) -> None:
        """Say something to the reader, and keep it in the log."""
        self.notice = notice
        self.note(notice)

    def note(self, line: str) -> None:
        """Add a line to the log."""
        self.log.append(line)

    def _end(self, phase: Phase, status: str) -> None:
        self.phase, self.status, self.fraction, self.first = phase, status, None, None
