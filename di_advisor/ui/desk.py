"""What a child process remembers between questions: opened facts, estimates, and workspaces.

Problem: the second question about an account must not pay for the first one's estimates. Decision: facts by
source, risk and costs by source and models, one workspace by account and taxpayer; a changed wish is a
`Workspace.what_if`, which gives what a new proposal would. Limits: the newest source only, and the newest
few workspaces, and of each the newest few sets of locked trades: memory stays bounded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from di_advisor.propose.proposal import Proposal
from di_advisor.propose.unrounded import Unrounded
from di_advisor.report.unrounded_view import unrounded_bundle
from di_advisor.runs.facts import Facts, facts_of
from di_advisor.runs.harvest_models import harvesting_of
from di_advisor.runs.run import advisor_of
from di_advisor.runs.spec import Models, RunSpec, Source
from di_advisor.workspace import Workspace

if TYPE_CHECKING:
    from di_advisor.fleet.worklist import Worklist

__all__ = ["Desk", "Say", "stages_to"]

_KEPT = 4

_IN_WORDS = {
    "risk": "Estimating risk",
    "trading cost": "Estimating trading costs",
    "signals": "Valuing lots",
    "formulate": "Writing the problem",
    "solve": "Solving",
    "settle": "Rounding to shares",
    "explain": "Explaining",
}


class Say(Protocol):
    """How a verb tells what it is doing."""

    def phase(self, text: str) -> None:
        """Name the present step."""
        ...

    def progress(self, fraction: float, text: str) -> None:
        """Say how far it is, honestly: only where steps are counted."""
        ...

    def partial(self, content: Any) -> None:  # noqa: ANN401 any value that can be made plain
        """Give a part of the answer."""
        ...


@dataclass(eq=False)
class _Opened:
    source: Source
    facts: Facts


class Desk:
    """The memory of a child process."""

    def __init__(self) -> None:
        self._opened: _Opened | None = None
        self._estimated: dict[Models, Facts] = {}
        self._workspaces: dict[tuple[Any, ...], Workspace] = {}
        self._keeping: dict[tuple[Any, ...], Workspace] = {}
        self._worklist: Worklist | None = None

    def worklist(self, folder: Path) -> Worklist:
        """The list of a fleet's run as it stands now; of the newest folder only what is new is read.

        Raises
        ------
        InputError, DamagedStoreError
            As `di_advisor.fleet.worklist.Worklist.open`.
        """
        from di_advisor.fleet.worklist import Worklist

        known = self._worklist
        same = known is not None and known.folder == folder
        self._worklist = known.refreshed() if known is not None and same else Worklist.open(folder)
        return self._worklist

    def give(self, source: Source, facts: Facts) -> None:
        """Take facts that only the kernel has."""
        self._opened = _Opened(source, facts)
        self._estimated.clear()
        self._workspaces.clear()
        self._keeping.clear()

    def facts(self, source: Source, say: Say) -> Facts:
        """Facts of a source, opened where they are not.

        Raises
        ------
        InputError
            As `di_advisor.runs.facts.facts_of`.
        """
        if self._opened is None or self._opened.source != source:
            say.phase("Loading")
            self.give(source, facts_of(source))
        if self._opened is None:  # for the reader and the type checker: `give` has set it
            raise AssertionError
        return self._opened.facts

    def estimated(self, spec: RunSpec, say: Say) -> Facts:
        """Facts with risk and costs in them."""
        facts = self.facts(spec.source, say)
        if spec.models not in self._estimated:
            advisor = advisor_of(spec.models)
            alike = [known for models, known in self._estimated.items() if models.risk == spec.models.risk]
            if facts.risk is None and alike:  # another cost model does not change the risk
                facts = replace(facts, risk=alike[0].risk)
            if facts.risk is None:
                say.phase(_IN_WORDS["risk"])
                facts = replace(facts, risk=advisor.estimate_risk(facts.market, facts.returns, facts.exposures))
            if facts.costs is None:
                say.phase(_IN_WORDS["trading cost"])
                facts = replace(facts, costs=advisor.estimate_costs(facts.market))
            self._estimated[spec.models] = facts
        return self._estimated[spec.models]

    def get_ready(self, say: Say) -> None:
        """Estimate the opened facts by the models that are asked first.

        Raises
        ------
        DiAdvisorError
            As `Advisor.workspace`.
        """
        if self._opened is not None:
            self.estimated(RunSpec(self._opened.source, next(iter(self._opened.facts.accounts))), say)

    def workspace(self, spec: RunSpec, say: Say) -> Workspace:
        """A workspace of the account, under the wishes it was first asked with, keeping what is locked.

        Raises
        ------
        DiAdvisorError
            As `Advisor.workspace`.
        """
        key = (repr(spec.source), spec.account, repr(spec.tax), spec.models, spec.own)
        if key not in self._workspaces:
            facts = self.estimated(spec, say)
            portfolio, account_id = facts.account(spec.account)
            while len(self._workspaces) >= _KEPT:
                self._workspaces.pop(next(iter(self._workspaces)))
            self._workspaces[key] = advisor_of(spec.models).workspace(
                portfolio,
                account_id=account_id,
                market=facts.market,
                target=facts.target,
                mandate=spec.wishes,
                tax=spec.tax,
                risk=facts.risk,
                costs=facts.costs,
                esg=facts.esg,
                terms=spec.own.terms,
                rules=spec.own.rules,
                harvest=harvesting_of(spec.models, spec.tax, facts.market.as_of),
                progress=stages_to(say),
            )
        locked = spec.decisions.locked
        if not locked:
            return self._workspaces[key]
        keeping = (*key, repr(sorted(locked.items())))
        if keeping not in self._keeping:
            while len(self._keeping) >= _KEPT:
                self._keeping.pop(next(iter(self._keeping)))
            self._keeping[keeping] = self._workspaces[key].keeping(locked)
        return self._keeping[keeping]

    def propose(self, spec: RunSpec, say: Say, *, first: bool = False) -> Proposal:
        """What a new proposal under the spec would give, from what is known already.

        Where ``first`` is asked for, the figures before rounding are said on the way, ready to show.

        Raises
        ------
        DiAdvisorError
            As `Advisor.propose`.
        """
        workspace = self.workspace(spec, say)
        progress = _FirstFigures(say) if first else stages_to(say)
        return workspace.what_if(progress=progress, **self.changes(spec, workspace))

    def changes(self, spec: RunSpec, workspace: Workspace) -> dict[str, Any]:
        """Wishes of a spec that differ from those a workspace started from."""
        asked, standing = spec.wishes, workspace.mandate
        names = [f.name for f in fields(asked)]
        return {n: getattr(asked, n) for n in names if getattr(asked, n) != getattr(standing, n)}


def stages_to(say: Say) -> Callable[[str], None]:
    """Stages of a proposal as phases in words."""

    def told(stage: str) -> None:
        if stage:
            say.phase(_IN_WORDS.get(stage, stage.capitalize()))

    return told


class _FirstFigures:
    """Stages in words, and the figures before rounding as a part of the answer."""

    def __init__(self, say: Say) -> None:
        self._say, self._stage = say, stages_to(say)

    def __call__(self, stage: str) -> None:
        self._stage(stage)

    def unrounded(self, figures: Unrounded) -> None:
        self._say.partial(unrounded_bundle(figures))
