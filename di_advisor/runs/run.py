"""A run: a spec and its facts in, a proposal and what it rested on out.

Problem: a figure without the inputs that made it cannot be repeated. Decision: the result carries the
spec, the hashes of its inputs and the versions of what computed it; the same spec on the same bytes gives
the same proposal. Limits: estimates are made once a workspace, so a panel keeps its workspace.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from di_advisor.advisor import Advisor
from di_advisor.propose.planned import Progress, never, silent
from di_advisor.propose.proposal import Proposal
from di_advisor.registry import risk_model
from di_advisor.runs.facts import Facts, facts_of
from di_advisor.runs.harvest_models import harvesting_of
from di_advisor.runs.spec import Models, RunSpec
from di_advisor.runs.trained_costs import chosen_cost_model
from di_advisor.workspace import Workspace

__all__ = ["RunResult", "advisor_of", "run", "versions", "workspace_of"]

_NAMED = ("di-advisor", "numpy", "scipy", "cvxpy", "clarabel", "piqp", "lightgbm", "scikit-learn")


@dataclass(frozen=True)
class RunResult:
    """A proposal with what it rests on.

    Attributes
    ----------
    spec : RunSpec
        What was asked.
    proposal : Proposal
        The answer.
    fingerprint : Mapping of str to str
        Hashes of the inputs by role.
    versions : Mapping of str to str
        Of Python and of the packages that computed.
    """

    spec: RunSpec
    proposal: Proposal
    fingerprint: Mapping[str, str]
    versions: Mapping[str, str]


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that compute."""
    found = {"python": ".".join(map(str, sys.version_info[:3]))}
    for name in _NAMED:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # an optional one, or a checkout that is not installed
            continue
    return found


def advisor_of(models: Models) -> Advisor:
    """An advisor with the models that are named.

    Raises
    ------
    PluginError
        If one is not installed.
    InputError, StoreError
        If a trained cost model does not beat the prior, is not there, or was changed.
    """
    return Advisor(risk_model(models.risk), chosen_cost_model(models.cost))


def workspace_of(spec: RunSpec, facts: Facts, *, progress: Progress = silent) -> Workspace:
    """The account of a spec, estimated once, under the spec's wishes and with its locked trades kept.

    Raises
    ------
    DiAdvisorError
        As `Advisor.workspace`.
    """
    portfolio, account_id = facts.account(spec.account)
    workspace = advisor_of(spec.models).workspace(
        portfolio,
        account_id=account_id,
        market=facts.market,
        target=facts.target,
        mandate=spec.wishes,
        tax=spec.tax,
        returns=facts.returns,
        exposures=facts.exposures,
        risk=facts.risk,
        costs=facts.costs,
        esg=facts.esg,
        terms=spec.own.terms,
        rules=spec.own.rules,
        harvest=harvesting_of(spec.models, spec.tax, facts.market.as_of),
        progress=progress,
    )
    return workspace.keeping(spec.decisions.locked) if spec.decisions.locked else workspace


def run(
    spec: RunSpec,
    facts: Facts | None = None,
    *,
    progress: Progress = silent,
    cancel: Callable[[], bool] = never,
) -> RunResult:
    """Propose what a spec asks for.

    Parameters
    ----------
    spec : RunSpec
        What is asked.
    facts : Facts, optional
        Already opened; needed for values of a kernel.
    progress, cancel : callable
        Told each stage; asked whether to stop.

    Raises
    ------
    DiAdvisorError
        As `Advisor.propose`, and for files that cannot be used. Nothing is proposed then.
    """
    known = facts if facts is not None else facts_of(spec.source)
    proposal = workspace_of(spec, known, progress=progress).propose(progress=progress, cancel=cancel)
    return RunResult(spec, proposal, known.fingerprint, versions())
