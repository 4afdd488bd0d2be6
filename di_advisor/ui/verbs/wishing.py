"""Wishes: what can be wished, and what a wish would cost before it is set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from di_advisor.errors import InfeasibleError
from di_advisor.propose.proposal import Proposal
from di_advisor.report.wish_views import (
    coverage_bundle,
    price_bundle,
    refused_bundle,
    refused_in_words,
    wish_costs_bundle,
)
from di_advisor.signals.measure_coverage import measure_coverage
from di_advisor.ui.desk import Desk, Say, stages_to
from di_advisor.workspace import Workspace

__all__ = ["price_all", "price_wish", "wishable"]


def wishable(desk: Desk, request: Mapping[str, Any], say: Say) -> dict[str, Any]:
    """What can be wished of the account.

    Parameters
    ----------
    desk : Desk
        The child's memory.
    request : Mapping
        ``spec``.
    say : Say
        Told each phase.

    Returns
    -------
    dict
        ``measures`` (tuple of `MeasureCoverage`), ``factors``, ``industries`` (names), ``bundle``.

    Raises
    ------
    DiAdvisorError
        If the account cannot be estimated.
    """
    spec = request["spec"]
    facts = desk.estimated(spec, say)
    portfolio, account_id = facts.account(spec.account)
    measures = measure_coverage(facts.esg, facts.market, facts.target, portfolio, account_id)
    securities = facts.market.universe.securities
    return {
        "measures": measures,
        "factors": () if facts.risk is None else tuple(facts.risk.factors),
        "industries": tuple(sorted({s.industry for s in securities if s.industry})),
        "bundle": coverage_bundle(measures),
    }


def price_wish(desk: Desk, request: Mapping[str, Any], say: Say) -> dict[str, Any]:
    """What a wish would cost: solved with it and without, nothing is set.

    Parameters
    ----------
    desk : Desk
        The child's memory.
    request : Mapping
        ``spec``, as things stand; ``mandate``, with the wish; ``wish``, what to call it.
    say : Say
        Told each phase.

    Returns
    -------
    dict
        ``feasible``; then ``cost_usd`` and ``tracking_error`` (a fraction per year, with the wish minus
        without); ``sentence``; ``bundle``.

    Raises
    ------
    DiAdvisorError
        If there is no proposal without the wish, or it cannot be asked at all.
    """
    spec, wish = request["spec"], str(request["wish"])
    say.phase("Solving without the wish")
    without = desk.propose(spec, say)
    asked = spec.with_changes(mandate=request["mandate"])
    say.phase("Solving with the wish")
    workspace = desk.workspace(spec, say)
    try:
        with_wish = workspace.what_if(progress=stages_to(say), **desk.changes(asked, workspace))
    except InfeasibleError as error:
        said = " ".join(refused_in_words(wish, error))
        return {"feasible": False, "sentence": said, "bundle": refused_bundle(wish, error)}
    cost = _workspace_of(without).price_of_change(wish, asked.wishes)
    return {
        "feasible": True,
        "cost_usd": cost.cost_usd,
        "tracking_error": cost.tracking_error,
        "sentence": cost.sentence,
        "bundle": price_bundle(cost, without, with_wish),
    }


def price_all(desk: Desk, request: Mapping[str, Any], say: Say) -> dict[str, str]:
    """What every wish that is set costs, each against the plan without it.

    Parameters
    ----------
    desk : Desk
        The child's memory.
    request : Mapping
        ``spec``.
    say : Say
        Told how many are done.

    Raises
    ------
    DiAdvisorError
        As a proposal.
    """
    without = desk.propose(request["spec"], say)

    def told(done: int, of: int) -> None:
        say.progress(done / of, f"Priced {done} of {of} wishes")

    return wish_costs_bundle(_workspace_of(without).prices_of_wishes(progress=told))


def _workspace_of(proposal: Proposal) -> Workspace:
    """The workspace that made a proposal in this process."""
    if not isinstance(proposal.workspace, Workspace):
        raise TypeError(proposal.workspace)
    return proposal.workspace
